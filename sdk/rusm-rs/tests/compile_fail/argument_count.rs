use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn none() -> Response {
        Response::new(200)
    }

    pub fn one(_request: Request) -> Response {
        Response::new(200)
    }

    pub fn three(_request: Request, _params: Params, _body: Vec<u8>) -> Response {
        Response::new(200)
    }
}

fn main() {}
