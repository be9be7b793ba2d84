//! HTTP as an action sees it: [`Request`] and [`Params`] in, [`Response`] out, or [`Sse`] for a stream of events; and
//! [`fetch`], by which a component asks others.

mod body;
mod body_error;
mod body_writer;
pub mod fetch;
mod headers;
mod method;
mod params;
mod query;
mod request;
mod response;
pub(crate) mod sse;
mod streamed;

pub use body::Body;
pub use body_error::BodyError;
pub use body_writer::BodyWriter;
pub use headers::Headers;
pub use method::Method;
pub use params::Params;
pub use query::Query;
pub use request::Request;
pub use response::Response;
pub use sse::{Event, InvalidField, Recorded, Sse};
