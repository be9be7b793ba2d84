use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers(prefix = "/v1")]
pub mod api {
    use super::*;

    pub fn show(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }
}

fn main() {
    // The module is there, whatever its attribute says.
    let _ = api::show;
}
