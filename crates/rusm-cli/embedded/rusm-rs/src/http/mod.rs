//! HTTP as an action sees it: [`Request`] and [`Params`] in, [`Response`] out; and [`fetch`], by which a component asks
//! others.

pub mod fetch;
mod headers;
mod method;
mod params;
mod query;
mod request;
mod response;

pub use headers::Headers;
pub use method::Method;
pub use params::Params;
pub use query::Query;
pub use request::{BodyError, Request};
pub use response::Response;
