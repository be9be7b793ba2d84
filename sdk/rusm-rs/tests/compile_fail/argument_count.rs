use rusm_rs::http::{Body, Params, Request, Response, Sse};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn none() -> Response {
        Response::new(200)
    }

    pub fn one(_request: Request) -> Response {
        Response::new(200)
    }

    pub fn four(_request: Request, _params: Params, _body: Body, _sse: Sse) -> Response {
        Response::new(200)
    }
}

fn main() {}
