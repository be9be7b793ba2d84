//! What the test speaks to: it asks the keeper, and spawns the unruly.

use std::time::Duration;

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::process::{self, Spawn, monitor, receive_timeout};
use rusm_rs::{Mail, send_bytes, whereis};

#[rusm_rs::handlers]
pub mod front {
    use super::*;

    /// Asks the keeper. What it does not answer is an error, at once if it is dead.
    pub fn ask(request: Request, _params: Params) -> Response {
        match ask_keeper(request.body()) {
            Ok(answer) => Response::text(answer),
            Err(why) => Response::text(why).status(503),
        }
    }

    /// Spawns a process for each word of the body, all at once, and tells the reasons of their ends, a line each.
    pub fn spawn(request: Request, _params: Params) -> Result<Response, process::SpawnError> {
        let text = String::from_utf8_lossy(request.body()).into_owned();
        let mut ends: Vec<_> = Vec::new();
        for end in text.split_whitespace() {
            let spawned = Spawn::new("unruly").argument(end).monitor().start()?;
            ends.push((spawned.pid, end, String::new()));
        }
        let mut left = ends.len();
        while left > 0 {
            if let Mail::Down(down) = rusm_rs::receive()
                && let Some((_, _, reason)) = ends.iter_mut().find(|(pid, ..)| *pid == down.pid)
            {
                *reason = down.reason.to_string();
                left -= 1;
            }
        }
        let lines: Vec<_> = ends.iter().map(|(_, end, reason)| format!("{end}: {reason}\n")).collect();
        Ok(Response::text(lines.concat()))
    }

    /// Has a process count: so many milliseconds of CPU time in one message, or in each of so many messages.
    pub fn count(request: Request, params: Params) -> Result<Response, String> {
        let number = |name| params.get(name).and_then(|text| text.parse::<u64>().ok()).ok_or("a number is missing");
        let (component, millis, messages) =
            (String::from_utf8_lossy(request.body()), number("millis")?, number("messages")?);
        let (pid, watch) = match whereis(&component) {
            Some(resident) => (resident, monitor(resident).map_err(|error| error.to_string())?),
            None => {
                let spawned = Spawn::new(&component).monitor().start().map_err(|error| error.to_string())?;
                (spawned.pid, spawned.monitor.ok_or("it is not monitored")?)
            }
        };
        for message in 1..=messages {
            let _ = rusm_rs::send(pid, &millis);
            match rusm_rs::receive() {
                Mail::Message(_) => {}
                Mail::Down(down) if down.monitor == watch => {
                    return Ok(Response::text(format!("message {message}: {}", down.reason)));
                }
                _ => return Err("an unexpected mail".to_owned()),
            }
        }
        Ok(Response::text("alive"))
    }
}

fn ask_keeper(question: &[u8]) -> Result<String, String> {
    let keeper = whereis("keeper").ok_or("there is no keeper")?;
    let watch = monitor(keeper).map_err(|error| error.to_string())?;
    send_bytes(keeper, question).map_err(|error| error.to_string())?;
    match receive_timeout(Duration::from_secs(20)) {
        Some(Mail::Message(answer)) => answer.decode::<u64>().map(|n| n.to_string()).map_err(|error| error.to_string()),
        Some(Mail::Down(down)) if down.monitor == watch => Err(format!("the keeper ended: {}", down.reason)),
        Some(_) => Err("an unexpected mail".to_owned()),
        None => Err("silence".to_owned()),
    }
}
