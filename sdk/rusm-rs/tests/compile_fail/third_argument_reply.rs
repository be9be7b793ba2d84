use rusm_rs::http::{Body, Params, Request, Response, Sse};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub struct NotShown;

    pub fn events_and_a_response(_request: Request, _params: Params, _sse: Sse) -> Response {
        Response::new(200)
    }

    pub fn error_without_text(_request: Request, _params: Params, _sse: Sse) -> Result<(), NotShown> {
        Err(NotShown)
    }

    pub fn no_response(_request: Request, _params: Params, _body: Body) {}

    pub fn text(_request: Request, _params: Params, _body: Body) -> String {
        String::new()
    }
}

fn main() {}
