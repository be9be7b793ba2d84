use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn nothing(_request: Request, _params: Params) {}

    pub fn unnamed(_request: Request, _params: Params) -> Result<Response, impl std::fmt::Display> {
        Ok::<_, String>(Response::new(200))
    }
}

fn main() {}
