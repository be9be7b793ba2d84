//! The feed over HTTP.

use std::collections::BTreeMap;

use rusm_rs::Mail;
use rusm_rs::http::{Event, Params, Request, Response, Sse};
use rusm_rs::service::CallError;

/// What this component knows of the hub.
#[rusm_rs::client]
mod hub {
    use super::BTreeMap;

    pub fn follow(topic: String) -> Result<bool, rusm_rs::service::Error>;
    pub fn publish(topic: String, text: String) -> usize;
    pub fn topics() -> BTreeMap<String, usize>;
}

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    /// Sends what is published, until the client leaves. This process is the request's own, so it may wait.
    pub fn follow(_request: Request, params: Params, sse: Sse) -> Result<(), CallError> {
        hub::Client::connect("hub")?.follow(topic(&params))?;
        sse.run(15_000, |mail| match mail {
            Mail::Message(published) => Some(Event::from(published.body)),
            _ => None,
        });
        Ok(())
    }

    /// Answers how many heard it.
    pub fn publish(request: Request, params: Params) -> Result<Response, CallError> {
        let text = match request.text() {
            Ok("") => return Ok(Response::text("publish something\n").status(400)),
            Ok(text) => text.to_owned(),
            Err(error) => return Ok(Response::text(format!("{error}\n")).status(400)),
        };
        let heard = hub::Client::connect("hub")?.publish(topic(&params), text)?;
        Ok(Response::text(format!("{heard}\n")))
    }

    pub fn topics(_request: Request, _params: Params) -> Result<Response, CallError> {
        Ok(Response::json(&hub::Client::connect("hub")?.topics()?))
    }

    fn topic(params: &Params) -> String {
        params.get("topic").unwrap_or_default().to_owned()
    }
}
