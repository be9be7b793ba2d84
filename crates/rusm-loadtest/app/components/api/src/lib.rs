//! What native-http and native-sse do.

use rusm_rs::http::{Params, Request, Response, Sse};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn hello(_request: Request, params: Params) -> Response {
        Response::text(format!("hello, {}\n", params.get("name").unwrap_or("world")))
    }

    /// Events without end, as fast as the client takes them.
    pub fn events(_request: Request, _params: Params, sse: Sse) {
        for n in 0u64.. {
            if !sse.data(format!("tick {n}").as_bytes()) {
                break;
            }
        }
    }
}
