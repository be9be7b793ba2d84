use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn home(_request: Request, _params: Params) -> Response {
        Response::html("<h1>It works</h1>\n<p>Try <a href=\"/users/42\">/users/42</a>.</p>\n")
    }

    pub fn hello(_request: Request, params: Params) -> Response {
        Response::text(format!("hello, {}\n", params.get("name").unwrap_or("world")))
    }

    pub fn show(_request: Request, params: Params) -> Response {
        Response::text(format!("user {}\n", params.get("id").unwrap_or("?")))
    }
}
