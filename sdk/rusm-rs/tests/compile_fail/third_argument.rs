use rusm_rs::http::{Params, Request, Response, Sse};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn bytes(_request: Request, _params: Params, _body: Vec<u8>) -> Response {
        Response::new(200)
    }

    pub fn by_reference(_request: Request, _params: Params, _sse: &Sse) {}

    pub fn in_second_place(_request: Request, _sse: Sse) -> Response {
        Response::new(200)
    }
}

fn main() {}
