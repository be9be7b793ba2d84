//! Requests to other servers, for components whose profile has `allow-network`.
//!
//! ```no_run
//! use rusm_rs::http::fetch;
//!
//! #[derive(serde::Deserialize)]
//! struct Rate {
//!     euro: f64,
//! }
//!
//! let rate: Rate = fetch::get("https://rates.example.com/today").header("accept", "application/json").send()?.json()?;
//!
//! let receipt = fetch::post("https://billing.example.com/charges").json(&["one", "two"]).send()?;
//! assert_eq!(receipt.status(), 201);
//! # Ok::<_, fetch::FetchError>(())
//! ```
//!
//! Bodies may be longer than memory: see [`RequestBuilder::upload`] and [`Response::read_chunk`].
//!
//! A response of any status is a response, a redirect and a 404 included: nothing is followed, nothing is an error that
//! was answered. A request is made once, never again by itself. While it waits, other processes run.

mod error;
mod request;
mod response;
mod upload;
mod url;
mod wait;

pub use error::FetchError;
pub use request::{CONNECT_TIMEOUT, MAX_BODY, RequestBuilder, TIMEOUT};
pub use response::Response;
pub use upload::Upload;

use super::Method;

/// A `GET` request to this URL, to be sent by [`send`](RequestBuilder::send).
pub fn get(url: &str) -> RequestBuilder {
    request(Method::Get, url)
}

/// A `POST` request to this URL.
pub fn post(url: &str) -> RequestBuilder {
    request(Method::Post, url)
}

/// A `PUT` request to this URL.
pub fn put(url: &str) -> RequestBuilder {
    request(Method::Put, url)
}

/// A `DELETE` request to this URL.
pub fn delete(url: &str) -> RequestBuilder {
    request(Method::Delete, url)
}

/// A request of any method to this URL: `https://host[:port]/path?query`, or `http`. What RFC 3986 does not allow in a
/// URL stands there percent-encoded; a fragment is not sent.
pub fn request(method: Method, url: &str) -> RequestBuilder {
    RequestBuilder::new(method, url)
}
