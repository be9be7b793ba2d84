//! The page, which travels in the component.

use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod page {
    use super::*;

    pub fn home(_request: Request, _params: Params) -> Response {
        Response::html(include_str!("chat.html"))
    }
}
