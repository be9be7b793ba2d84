//! Speaks to residents over HTTP.

use std::time::Duration;

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{self, Mail};

#[rusm_rs::handlers]
pub mod ctl {
    use super::*;

    /// Sends the word, and answers by the pid that it was sent to.
    pub fn tell(_request: Request, params: Params) -> Response {
        let Some(pid) = params.get("name").and_then(process::whereis) else {
            return Response::text("nobody").status(404);
        };
        process::send_bytes(pid, params.get("word").unwrap().as_bytes()).unwrap();
        Response::text(pid.to_string())
    }

    /// The pid of a resident that answers.
    pub fn ask(_request: Request, params: Params) -> Response {
        let Some(pid) = params.get("name").and_then(process::whereis) else {
            return Response::text("nobody").status(404);
        };
        process::send_bytes(pid, b"who?").unwrap();
        match process::receive_timeout(Duration::from_secs(5)) {
            Some(Mail::Message(message)) if message.from == pid => Response::text(pid.to_string()),
            other => Response::text(format!("{other:?}")).status(500),
        }
    }
}
