use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn pairs(_request: Request, _params: Vec<(String, String)>) -> Response {
        Response::new(200)
    }

    pub fn by_reference(_request: Request, _params: &Params) -> Response {
        Response::new(200)
    }
}

fn main() {}
