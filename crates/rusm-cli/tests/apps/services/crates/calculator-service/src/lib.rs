//! A service of every kind of function, for whoever depends on it to call, and for two components to be.

use rusm_rs::Pid;
use rusm_rs::wire::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: u64,
    pub owner: Pid,
    pub data: Bytes,
}

#[rusm_rs::service(shared)]
pub mod calculator {
    use super::*;
    use rusm_rs::Mail;
    use rusm_rs::process::Denied;
    use rusm_rs::pubsub::Topics;
    use rusm_rs::service::{CallError, Callback, Error, caller};

    #[derive(Default)]
    pub struct State {
        total: i64,
        watchers: Topics<String>,
    }

    fn init() -> State {
        rusm_rs::log::init();
        tracing::info!(total = 0, "ready");
        State::default()
    }

    pub fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    pub fn accumulate(state: &mut State, amount: i64) -> i64 {
        state.total += amount;
        let _ = state.watchers.publish("total", &state.total);
        state.total
    }

    pub fn divide(a: i64, b: i64) -> Result<i64, Error> {
        a.checked_div(b).ok_or_else(|| Error::new("division-by-zero", format!("{a} by {b}")))
    }

    pub fn count(from: u32) -> impl Iterator<Item = u32> {
        from..
    }

    pub fn report(steps: u32, progress: Callback<u32>) -> u32 {
        for step in 0..steps {
            let _ = progress.call(&step);
        }
        steps
    }

    /// Calls another service while its own caller waits.
    pub fn relay(name: String, amount: i64) -> Result<i64, CallError> {
        Client::connect(&name)?.accumulate(amount)
    }

    pub fn itself() -> Result<i64, CallError> {
        Client::of(Pid::own()).add(1, 1)
    }

    pub fn echo(entry: Entry) -> Entry {
        entry
    }

    pub fn watch(state: &mut State, topic: String) -> Result<bool, Denied> {
        state.watchers.subscribe(topic, caller())
    }

    pub fn watchers(state: &State) -> usize {
        state.watchers.count("total")
    }

    pub fn crash() {
        panic!("told to");
    }

    pub fn slow() {
        std::thread::sleep(std::time::Duration::from_millis(300));
    }

    fn handle_info(state: &mut State, mail: Mail) {
        state.watchers.handle(&mail);
    }
}
