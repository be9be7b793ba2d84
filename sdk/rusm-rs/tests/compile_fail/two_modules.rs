use rusm_rs::http::{Params, Request, Response};

#[rusm_rs::handlers]
pub mod users {
    use super::*;

    pub fn show(_request: Request, _params: Params) -> Response {
        Response::new(200)
    }
}

pub mod shop {
    use super::*;

    #[rusm_rs::handlers]
    pub mod orders {
        use super::*;

        pub fn show(_request: Request, _params: Params) -> Response {
            Response::new(200)
        }
    }
}

fn main() {}
