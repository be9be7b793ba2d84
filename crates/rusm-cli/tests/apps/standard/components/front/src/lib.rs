//! Spawns commands, and tells how they ended.

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{self, Mail, Spawn};

#[rusm_rs::handlers]
pub mod front {
    use super::*;

    pub fn end_of(_request: Request, params: Params) -> Response {
        if let Err(error) = Spawn::new(params.get("name").unwrap()).monitor().start() {
            return Response::text(error.to_string()).status(500);
        }
        match process::receive() {
            Mail::Down(down) => Response::text(down.reason.to_string()),
            other => Response::text(format!("{other:?}")).status(500),
        }
    }
}
