//! The app's HTTP handlers. `[serve.routes]` in rusm.toml says which request each of them answers.

use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    /// `GET /`
    pub fn home(_request: Request, _params: Params) -> Response {
        Response::text("It runs.\n")
    }

    /// `GET /users/:id`
    pub fn show(_request: Request, params: Params) -> Response {
        Response::text(format!("user {}\n", params.get("id").unwrap_or("?")))
    }
}
