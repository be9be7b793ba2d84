use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn show(&self, _request: Request, _params: Params) -> Response {
        Response::new(200)
    }

    // Correct, and so not spoken of.
    pub fn list(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }
}

fn main() {}
