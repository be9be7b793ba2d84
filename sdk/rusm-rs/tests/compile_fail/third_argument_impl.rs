use rusm_rs::http::{Params, Request};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn unnamed(_request: Request, _params: Params, _sse: impl Sized) {}
}

fn main() {}
