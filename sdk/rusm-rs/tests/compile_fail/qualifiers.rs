use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub async fn waits(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }

    pub unsafe fn dares(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }

    pub const fn computes(_request: Request, _params: Params) -> Response {
        loop {}
    }

    pub extern "C" fn exports(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }
}

fn main() {}
