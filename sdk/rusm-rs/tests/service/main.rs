//! Services and their clients, as two processes of a node without Wasm: see `sim`.

#[path = "../sim/mod.rs"]
mod sim;

mod calls;
mod mail;
mod streams;

use std::time::Duration;

use rusm_rs::Mail;
use rusm_rs::service::{CallError, Callback, CallbackError, Error};
use rusm_rs::wire::Bytes;
use rusm_rs::{Pid, receive_timeout};
use serde::{Deserialize, Serialize};

use sim::Sim;

/// What a test sends there and back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    id: u64,
    owner: Pid,
    data: Bytes,
}

#[rusm_rs::service(shared)]
pub mod calculator {
    #![allow(missing_docs, reason = "the names say it")]

    use super::*;

    #[derive(Default)]
    pub struct State {
        total: i64,
        kept: Option<Callback<u32>>,
        mail: Vec<String>,
    }

    fn init() -> State {
        State::default()
    }

    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    pub fn accumulate(state: &mut State, amount: i64) -> i64 {
        state.total += amount;
        state.total
    }

    pub fn total(state: &State) -> i64 {
        state.total
    }

    pub fn divide(a: i64, b: i64) -> Result<i64, Error> {
        a.checked_div(b).ok_or_else(|| Error::new("division-by-zero", format!("{a} by 0")))
    }

    pub fn parse(text: String) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }

    pub fn nothing() {}

    pub fn echo(entry: Entry) -> Entry {
        entry
    }

    pub fn r#type(_: u8, _unused: Option<String>) -> String {
        "type".into()
    }

    pub fn caller() -> Pid {
        rusm_rs::service::caller()
    }

    pub fn count(from: u32) -> impl Iterator<Item = u32> {
        from..
    }

    pub fn digits(state: &mut State, text: String) -> impl Iterator<Item = Result<u32, String>> {
        state.total += 1;
        text.chars()
            .map(|c| c.to_digit(10).ok_or_else(|| format!("{c} is no digit")))
            .collect::<Vec<_>>()
            .into_iter()
    }

    pub fn primes(below: u32) -> Result<impl Iterator<Item = u32>, String> {
        if below > 100 {
            return Err("that many are not known".into());
        }
        Ok((2..below).filter(|n| (2..*n).all(|d| n % d != 0)))
    }

    pub fn report(state: &mut State, steps: u32, progress: Callback<u32>) -> u32 {
        for step in 0..steps {
            let _ = progress.call(&step);
        }
        state.kept = Some(progress);
        steps
    }

    pub fn kept(state: &mut State) -> Option<String> {
        state.kept.as_ref().map(|kept| match kept.call(&1) {
            Ok(()) => "called".to_owned(),
            Err(CallbackError::Over) => "over".to_owned(),
            Err(other) => other.to_string(),
        })
    }

    pub fn long(bytes: usize) -> String {
        "x".repeat(bytes)
    }

    pub fn crash() {
        panic::resume_unwind(Box::new("on purpose"));
    }

    pub fn mail(state: &mut State) -> Vec<String> {
        std::mem::take(&mut state.mail)
    }

    /// Calls another service while its own caller waits.
    pub fn relay(_state: &mut State, name: String, a: i64) -> Result<i64, CallError> {
        Client::connect(&name)?.accumulate(a)
    }

    pub fn call_self() -> Result<i64, CallError> {
        Client::of(Pid::own()).add(1, 1)
    }

    fn handle_info(state: &mut State, mail: Mail) {
        state.mail.push(match mail {
            Mail::Message(message) => String::from_utf8_lossy(&message.body).into_owned(),
            other => format!("{other:?}"),
        });
    }

    use std::panic;
}

#[rusm_rs::service(shared)]
pub mod stateless {
    #![allow(missing_docs, reason = "the names say it")]

    pub fn twice(n: u32) -> u32 {
        2 * n
    }
}

#[rusm_rs::client]
pub mod declared {
    #![allow(missing_docs, reason = "the names say it")]

    /// Adds.
    pub fn add(a: i64, b: i64) -> i64;
    pub fn nothing();
    pub fn count(from: u32) -> impl Iterator<Item = u32>;
    pub fn report(steps: u32, progress: Callback<u32>) -> u32;
    pub fn subtract(a: i64, b: i64) -> i64;
    pub fn parse(number: i64) -> i64;
    pub fn total() -> String;
    pub fn echo() -> impl Iterator<Item = u32>;

    use rusm_rs::service::Callback;
}

fn with_calculator<T>(test: impl FnOnce(&Sim, calculator::Client) -> T) -> T {
    let sim = Sim::default();
    let pid = sim.start("calculator", calculator::__run);
    let result = sim.run(|| test(&sim, calculator::Client::connect("calculator").unwrap()));
    sim.kill(pid);
    result
}

fn no_mail() {
    assert!(receive_timeout(Duration::ZERO).is_none());
}
