#[rusm_rs::handlers]
pub mod empty {}

#[rusm_rs::handlers]
pub mod private {
    use rusm_rs::http::{Params, Request, Response};

    pub(crate) fn show(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }
}

fn main() {}
