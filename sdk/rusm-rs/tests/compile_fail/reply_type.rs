use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub struct NotShown;

    pub fn text(_request: Request, _params: Params) -> String {
        String::new()
    }

    pub fn optional(_request: Request, _params: Params) -> Option<Response> {
        None
    }

    pub fn fallible_text(_request: Request, _params: Params) -> Result<String, String> {
        Ok(String::new())
    }

    pub fn error_without_text(_request: Request, _params: Params) -> Result<Response, NotShown> {
        Err(NotShown)
    }
}

fn main() {}
