//! The chat over HTTP.

use std::time::Duration;

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{self, Mail};
use rusm_rs::service::CallError;

/// What this component knows of the hub.
#[rusm_rs::client]
mod hub {
    pub fn join(room: String) -> Result<bool, rusm_rs::service::Error>;
    pub fn say(room: String, text: String) -> Result<usize, rusm_rs::service::Error>;
    pub fn history(room: String, most: u32) -> Result<Vec<String>, rusm_rs::service::Error>;
    pub fn members(room: String) -> usize;
}

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    /// The last hundred messages.
    pub fn history(_request: Request, params: Params) -> Result<Response, CallError> {
        Ok(Response::json(&hub::Client::connect("hub")?.history(room(&params), 100)?))
    }

    pub fn say(request: Request, params: Params) -> Result<Response, CallError> {
        let text = match request.text() {
            Ok("") => return Ok(Response::text("say something\n").status(400)),
            Ok(text) => text.to_owned(),
            Err(error) => return Ok(Response::text(format!("{error}\n")).status(400)),
        };
        let heard = hub::Client::connect("hub")?.say(room(&params), text)?;
        Ok(Response::text(format!("{heard}\n")))
    }

    /// Waits for the next message. Whoever gives up is no member any more: its process ended, and the hub was told.
    pub fn next(_request: Request, params: Params) -> Result<Response, CallError> {
        hub::Client::connect("hub")?.join(room(&params))?;
        Ok(match process::receive_timeout(Duration::from_secs(25)) {
            Some(Mail::Message(message)) => Response::text(message.decode::<String>().unwrap_or_default()),
            _ => Response::new(204),
        })
    }

    /// How many wait.
    pub fn members(_request: Request, params: Params) -> Result<Response, CallError> {
        let members = hub::Client::connect("hub")?.members(room(&params))?;
        Ok(Response::text(format!("{members}\n")))
    }

    fn room(params: &Params) -> String {
        params.get("room").unwrap_or_default().to_owned()
    }
}
