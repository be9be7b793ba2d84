//! What no profile lets others spawn or call.

use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod hidden {
    use super::*;

    pub fn run(_request: Request, _params: Params) -> Response {
        Response::text("found")
    }
}
