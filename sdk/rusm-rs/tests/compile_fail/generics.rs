use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn of_a_type<T: Default>(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }

    pub fn of_a_lifetime<'a>(_request: Request, _params: Params) -> Result<Response, &'a str> {
        Ok(Response::new(200))
    }

    pub fn of_an_argument(_request: impl Into<Request>, _params: Params) -> Response {
        Response::new(200)
    }
}

fn main() {}
