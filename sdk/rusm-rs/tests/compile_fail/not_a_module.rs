use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub fn show(_request: Request, _params: Params) -> Response {
    Response::new(200)
}

fn main() {}
