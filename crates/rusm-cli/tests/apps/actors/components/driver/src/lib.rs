//! Acts out one case for each request and says what came of it.

mod groups;
mod mail;
mod names;
mod processes;
mod streams;
mod supervisors;
mod timers;

use std::time::Duration;

use job::Job;
use rusm_rs::http::{Method, Params, Request, Response};
use rusm_rs::process::{self, Down, Monitor, Spawn};
use rusm_rs::{Mail, Pid};

#[rusm_rs::handlers]
pub mod driver {
    use super::*;

    pub fn run(_request: Request, params: Params) -> Response {
        let case = params.get("case").unwrap();
        Response::text(match params.get("theme").unwrap() {
            "processes" => processes::run(case),
            "names" => names::run(case),
            "mail" => mail::run(case),
            "timers" => timers::run(case),
            "groups" => groups::run(case),
            "streams" => streams::run(case),
            "supervisors" => supervisors::run(case),
            theme => panic!("no such theme: {theme}"),
        })
    }

    /// For `call`.
    pub fn target(request: Request, params: Params) -> Response {
        if *request.method() == Method::Delete {
            panic!("as asked");
        }
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let word = request.headers().get("x-word").unwrap_or("-").to_owned();
        let to = request.query().get("to").unwrap_or("-").to_owned();
        let id = params.get("id");
        let text = format!("{} {} to={to} {id:?} {word} {body}", request.method(), request.path());
        Response::text(text).status(201)
    }
}

/// Longer than anything takes that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);

fn worker(job: &Job) -> Pid {
    Spawn::new("worker").argument(job).start().unwrap().pid
}

fn monitored(job: &Job) -> (Pid, Monitor) {
    let spawned = Spawn::new("worker").argument(job).monitor().start().unwrap();
    (spawned.pid, spawned.monitor.unwrap())
}

fn next() -> Mail {
    rusm_rs::receive_timeout(PATIENCE).expect("mail comes")
}

/// The next text that this process sent.
fn text_from(from: Pid) -> String {
    let wanted = |mail: &Mail| matches!(mail, Mail::Message(message) if message.from == from);
    match process::receive_match_timeout(PATIENCE, wanted) {
        Some(Mail::Message(message)) => message.decode().unwrap(),
        other => panic!("no text came: {other:?}"),
    }
}

fn down(monitor: Monitor) -> Down {
    let wanted = |mail: &Mail| matches!(mail, Mail::Down(down) if down.monitor == monitor);
    match process::receive_match_timeout(PATIENCE, wanted) {
        Some(Mail::Down(down)) => down,
        other => panic!("no down came: {other:?}"),
    }
}

/// Why a process ends that does this.
fn end_of(job: &Job) -> String {
    let (_, monitor) = monitored(job);
    down(monitor).reason.to_string()
}

/// Waits until something is so.
fn until(mut holds: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + PATIENCE;
    while !holds() {
        assert!(std::time::Instant::now() < end, "it never came to be");
        std::thread::sleep(Duration::from_millis(1));
    }
}
