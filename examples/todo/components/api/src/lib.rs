//! The list over HTTP, and its changes as server-sent events.

use std::error::Error;
use std::time::Duration;

use rusm_rs::http::{BodyError, Event, Params, Request, Response, Sse};
use rusm_rs::service::CallError;
use rusm_rs::{Mail, group, wire};
use serde::{Deserialize, Serialize};
use todo_list::{Change, FOLLOWERS, Kind, News, list};

#[derive(Deserialize)]
struct New {
    text: String,
}

#[derive(Deserialize)]
struct Patch {
    done: bool,
}

#[derive(Serialize)]
struct Refusal {
    error: String,
}

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn all(_request: Request, _params: Params) -> Result<Response, CallError> {
        Ok(Response::json(&list()?.all()?))
    }

    pub fn add(request: Request, _params: Params) -> Result<Response, CallError> {
        match request.json::<New>() {
            Ok(new) => answer(201, list()?.add(new.text)),
            Err(error) => Ok(unreadable(&error)),
        }
    }

    pub fn set_done(request: Request, params: Params) -> Result<Response, CallError> {
        match request.json::<Patch>() {
            Ok(patch) => answer(200, list()?.set_done(id(&params), patch.done)),
            Err(error) => Ok(unreadable(&error)),
        }
    }

    pub fn remove(_request: Request, params: Params) -> Result<Response, CallError> {
        answer(200, list()?.remove(id(&params)))
    }

    /// First what the client has not seen, then what happens. A client that connects anew says what it saw last: its
    /// browser keeps the id of the last event.
    pub fn changes(request: Request, _params: Params, sse: Sse) -> Result<(), Box<dyn Error>> {
        // Before anything is read, so that nothing is missed in between.
        group::join(FOLLOWERS)?;
        let seen = request.last_event_id().and_then(|id| id.parse().ok());
        let mut last = seen.unwrap_or(0);
        match list()?.since(seen)? {
            News::List { number, todos } => {
                let again = Duration::from_secs(1);
                let list = Event::new().id(number.to_string()).name("list").retry(again);
                sse.event(&list.data(wire::to_vec(&todos)?));
                last = number;
            }
            News::Changes(changes) => {
                for change in changes {
                    sse.event(&event(&change));
                    last = change.number;
                }
            }
        }
        sse.run(15_000, |mail| {
            let Mail::Message(message) = mail else { return None };
            let change: Change = message.decode().ok()?;
            if change.number > last + 1 {
                // The client was so slow that this process's mailbox ran over. It connects anew, and is told all.
                sse.close();
                return None;
            }
            let new = change.number == last + 1;
            last = last.max(change.number);
            new.then(|| event(&change))
        });
        Ok(())
    }

    fn event(change: &Change) -> Event {
        let name = match change.kind {
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Removed => "removed",
        };
        let todo = wire::to_vec(&change.todo).expect("numbers and text are JSON");
        Event::new().id(change.number.to_string()).name(name).data(todo)
    }

    fn list() -> Result<list::Client, CallError> {
        list::Client::connect("list")
    }

    /// What is no number is nobody's, as 0 is.
    fn id(params: &Params) -> u64 {
        params.get("id").and_then(|id| id.parse().ok()).unwrap_or(0)
    }

    fn answer(status: u16, answered: Result<impl Serialize, CallError>) -> Result<Response, CallError> {
        let error = match answered {
            Ok(value) => return Ok(Response::json(&value).status(status)),
            Err(CallError::Failed(error)) => error,
            Err(error) => return Err(error),
        };
        let status = match error.code() {
            Some("no-such-todo") => 404,
            Some(_) => 400,
            None => return Err(error.into()),
        };
        Ok(refusal(status, error.to_string()))
    }

    fn unreadable(error: &BodyError) -> Response {
        refusal(400, error.to_string())
    }

    fn refusal(status: u16, error: String) -> Response {
        Response::json(&Refusal { error }).status(status)
    }
}
