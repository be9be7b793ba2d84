//! What the counter is over HTTP.

use std::collections::BTreeMap;

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::service::CallError;

/// What this component knows of the counter.
#[rusm_rs::client]
mod counter {
    use super::BTreeMap;

    pub fn add(name: String, by: i64) -> Result<i64, rusm_rs::service::Error>;
    pub fn total(name: String) -> Option<i64>;
    pub fn all() -> BTreeMap<String, i64>;
}

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn all(_request: Request, _params: Params) -> Result<Response, CallError> {
        let counts = counter::Client::connect("counter")?.all()?;
        Ok(Response::json(&counts))
    }

    pub fn total(_request: Request, params: Params) -> Result<Response, CallError> {
        let name = params.get("name").unwrap_or_default();
        Ok(match counter::Client::connect("counter")?.total(name.to_owned())? {
            Some(total) => Response::text(format!("{total}\n")),
            None => Response::text(format!("nothing is counted as {name}\n")).status(404),
        })
    }

    /// Adds what the body says, or 1.
    pub fn add(request: Request, params: Params) -> Result<Response, CallError> {
        let by = match request.text() {
            Ok("") => 1,
            Ok(text) => match text.trim().parse() {
                Ok(by) => by,
                Err(_) => return Ok(Response::text("the body is a whole number, or empty\n").status(400)),
            },
            Err(error) => return Ok(Response::text(format!("{error}\n")).status(400)),
        };
        let name = params.get("name").unwrap_or_default();
        match counter::Client::connect("counter")?.add(name.to_owned(), by) {
            Ok(total) => Ok(Response::text(format!("{total}\n"))),
            // The store takes no such name, or the sum is too large.
            Err(CallError::Failed(error)) => Ok(Response::text(format!("{error}\n")).status(400)),
            Err(error) => Err(error),
        }
    }
}
