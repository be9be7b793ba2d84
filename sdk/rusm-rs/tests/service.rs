//! Services and their clients, as two processes of a node without Wasm: see `sim`.

mod sim;

use std::time::Duration;

use rusm_rs::process::{self, ExitReason, Mail, SendError};
use rusm_rs::service::{CallError, Callback, CallbackError, Connection, Error};
use rusm_rs::wire::Bytes;
use rusm_rs::{Pid, receive_timeout, send};
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
    assert_eq!(receive_timeout(Duration::ZERO), None);
}

#[test]
fn calls_are_answered() {
    with_calculator(|sim, calculator| {
        assert_eq!(calculator.add(2, 3), Ok(5));
        for (a, b) in &[(2, -3), (-1, 0)] {
            assert_eq!(calculator.add(a, b), Ok(-1));
        }
        assert_eq!(calculator.nothing(), Ok(()));
        assert_eq!(calculator.r#type(1, Some("x")), Ok("type".into()));
        let entry = Entry { id: u64::MAX, owner: Pid::own(), data: Bytes::from("\0\u{ff}") };
        assert_eq!(calculator.echo(&entry), Ok(entry.clone()));
        assert_eq!(calculator.caller(), Ok(Pid::own()));
        assert_eq!(sim.monitors(), 0);
        no_mail();
    });
}

#[test]
fn the_state_lasts_from_call_to_call() {
    with_calculator(|_, calculator| {
        assert_eq!(calculator.accumulate(2), Ok(2));
        calculator.cast().accumulate(40).unwrap();
        assert_eq!(calculator.clone().total(), Ok(42));
    });
}

#[test]
fn a_service_needs_no_state() {
    let sim = Sim::default();
    let pid = sim.start("stateless", stateless::__run);
    sim.run(|| assert_eq!(stateless::Client::of(pid).twice(21), Ok(42)));
    sim.kill(pid);
}

#[test]
fn errors_arrive_as_errors() {
    with_calculator(|_, calculator| {
        assert_eq!(calculator.divide(6, 3), Ok(2));
        let error = calculator.divide(6, 0).unwrap_err();
        assert_eq!(error, CallError::Failed(Error::new("division-by-zero", "6 by 0")));
        assert_eq!(error.code(), Some("division-by-zero"));
        let error = calculator.parse("six").unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (None, "invalid digit found in string"));
    });
}

#[test]
fn a_call_that_does_not_fit_is_told_why() {
    with_calculator(|_, calculator| {
        let wrong = declared::Client::of(calculator.pid());
        let error = wrong.subtract(1, 2).unwrap_err();
        assert_eq!(error.code(), Some("no-such-function"));
        assert!(
            error.to_string().starts_with("no function `subtract`; there is add, accumulate,"),
            "{error}"
        );

        let error = wrong.parse(7).unwrap_err();
        assert_eq!(error.code(), Some("bad-arguments"));
        assert_eq!(error.to_string(), "argument 1 (`text`): invalid type: integer `7`, expected a string");

        let connection = Connection::to_pid(calculator.pid());
        let error = connection.call::<i64>("add", &(1,)).unwrap_err();
        assert_eq!(error.to_string(), "argument 2 (`b`): it is missing");
        let error = connection.call::<i64>("add", &(1, 2, 3)).unwrap_err();
        assert_eq!(error.to_string(), "argument 3 is too many: there are 2 to give");
        let error = connection.call::<i64>("add", &(1, "two")).unwrap_err();
        assert!(error.to_string().starts_with("argument 2 (`b`): invalid type: string"), "{error}");

        assert!(matches!(wrong.total(), Err(CallError::BadAnswer(_))));
        let error = connection.call::<u32>("count", &(1,)).unwrap_err();
        assert_eq!(error.code(), Some("wrong-kind"));
        let error = wrong.echo().unwrap().next().unwrap().unwrap_err();
        assert_eq!(error.code(), Some("wrong-kind"));
        assert!(matches!(calculator.long(sim::MESSAGE), Err(CallError::BadAnswer(_))));
        assert_eq!(
            calculator.parse("x".repeat(sim::MESSAGE)),
            Err(CallError::Unsent(SendError::TooLong(sim::MESSAGE as u64)))
        );
        assert_eq!(wrong.add(1, 2), Ok(3));
        no_mail();
    });
}

#[test]
fn a_dead_service_is_told_at_once() {
    with_calculator(|sim, calculator| {
        let calculator = calculator::Client::of(calculator.pid()).with_timeout(Duration::MAX);
        assert_eq!(calculator.crash(), Err(CallError::Down(ExitReason::Crashed("it panicked".into()))));
        assert_eq!(calculator.add(1, 2), Err(CallError::Down(ExitReason::NoProcess)));
        let mut items = calculator.count(1).unwrap();
        assert_eq!(items.next(), Some(Err(CallError::Down(ExitReason::NoProcess))));
        assert_eq!(items.next(), None);
        assert_eq!(sim.monitors(), 0);
        no_mail();
    });
}

#[test]
fn a_client_finds_the_next_process_of_a_name() {
    with_calculator(|sim, calculator| {
        sim.kill(calculator.pid());
        assert_eq!(calculator.add(1, 2), Err(CallError::Down(ExitReason::NoProcess)));
        assert_eq!(calculator.cast().add(1, 2), Err(CallError::NotRunning("calculator".into())));
        let next = sim.start("calculator", calculator::__run);
        assert_eq!(calculator.add(1, 2), Ok(3));
        assert_eq!(calculator.pid(), next);
        sim.kill(next);
        let next = sim.start("calculator", calculator::__run);
        assert_eq!(calculator.count(1).unwrap().next(), Some(Ok(1)));
        sim.kill(next);
        let next = sim.start("calculator", calculator::__run);
        calculator.cast().accumulate(7).unwrap();
        assert_eq!(calculator.total(), Ok(7));
        // What may have been done is not done again.
        assert!(matches!(calculator.crash(), Err(CallError::Down(ExitReason::Crashed(_)))));
        assert_eq!(sim.count_sent(next, "crash"), 1);
        assert_eq!(calculator::Client::connect("abacus").unwrap_err().code(), Some("not-running"));
    });
}

/// Answers nothing but what the test has it answer.
fn silent() -> Result<(), String> {
    loop {
        let Mail::Message(asked) = rusm_rs::receive() else { continue };
        // Told to answer, it sends what it was told.
        if let Ok((to, body)) = asked.decode::<(Pid, String)>() {
            process::send_bytes(to, body.as_bytes()).unwrap();
            send(asked.from, "sent").unwrap();
        }
    }
}

#[test]
fn an_answer_that_comes_too_late_is_never_seen() {
    let sim = Sim::default();
    let pid = sim.start("silent", silent);
    sim.run(|| {
        let client = declared::Client::of(pid).with_timeout(Duration::from_millis(1));
        assert_eq!(client.add(1, 2), Err(CallError::Timeout));
        let reference = 1;
        let mut seen = Vec::new();
        assert_eq!(client.report(1, |step| seen.push(step)), Err(CallError::Timeout));
        assert_eq!(client.count(1).unwrap().next(), Some(Err(CallError::Timeout)));
        // Number 2 is the closure's, 3 its call's, 4 the stream's.
        for late in [
            format!(r#"{{"ref":{reference},"ok":3}}"#),
            r#"{"cb":2,"args":[0]}"#.into(),
            r#"{"ref":3,"err":{"message":"late"}}"#.into(),
            r#"{"ref":4,"item":1}"#.into(),
            r#"{"ref":4,"end":true}"#.into(),
        ] {
            send(pid, &(Pid::own(), late)).unwrap();
            let Mail::Message(next) = rusm_rs::receive() else { panic!("only messages are sent here") };
            assert_eq!(next.decode::<String>().unwrap(), "sent");
        }
        assert_eq!(seen, Vec::<u32>::new());
        assert_eq!(sim.monitors(), 0);
        no_mail();
    });
    sim.kill(pid);
}

#[test]
fn mail_that_is_no_answer_keeps_its_order() {
    let sim = Sim::default();
    let pid = sim.start("silent", silent);
    sim.run(|| {
        let me = Pid::own();
        let calls = r#"{"op":"add","args":[],"ref":1}"#;
        for body in [
            "\"first\"",
            calls,
            r#"{"ref":1,"credit":5}"#,
            r#"{"ref":99,"ok":1}"#,
            r#"{"ref":1,"ok":3}"#,
            "\"last\"",
        ] {
            send(pid, &(me, body)).unwrap();
        }
        send(me, "from me").unwrap();
        // Its answers wait in the mailbox when the call begins, among them the one to its number.
        sim.sent(me, "sent", 6);
        assert_eq!(declared::Client::of(pid).add(1, 2), Ok(3));
        let mut order = Vec::new();
        while let Some(Mail::Message(message)) = receive_timeout(Duration::ZERO) {
            order.push(String::from_utf8(message.body).unwrap());
        }
        order.retain(|body| body != "\"sent\"" && body != "\"from me\"");
        assert_eq!(
            order,
            ["\"first\"", calls, r#"{"ref":1,"credit":5}"#, r#"{"ref":99,"ok":1}"#, "\"last\""]
        );
    });
    sim.kill(pid);
}

#[test]
fn another_process_cannot_answer() {
    let sim = Sim::default();
    let (callee, forger) = (sim.start("callee", silent), sim.start("forger", silent));
    sim.run(|| {
        send(forger, &(Pid::own(), r#"{"ref":1,"ok":666}"#)).unwrap();
        sim.sent(Pid::own(), "sent", 1);
        let client = declared::Client::of(callee).with_timeout(Duration::from_millis(1));
        assert_eq!(client.add(1, 2), Err(CallError::Timeout));
    });
    sim.kill(callee);
    sim.kill(forger);
}

#[test]
fn streams_give_their_items_in_order_until_their_end() {
    with_calculator(|sim, calculator| {
        let primes: Result<Vec<_>, _> = calculator.primes(20).unwrap().collect();
        assert_eq!(primes, Ok(vec![2, 3, 5, 7, 11, 13, 17, 19]));
        let many: Result<Vec<_>, _> = calculator.count(0).unwrap().take(1000).collect();
        assert_eq!(many.unwrap(), (0..1000).collect::<Vec<_>>());
        let items: Vec<_> = calculator.digits("12x4").unwrap().collect();
        let error = CallError::Failed(Error::message_only("x is no digit"));
        assert_eq!(items, [Ok(1), Ok(2), Err(error)]);
        let items: Vec<_> = calculator.primes(101).unwrap().collect();
        assert_eq!(items, [Err(CallError::Failed(Error::message_only("that many are not known")))]);
        // The service hears of the cancelled stream before it hears of this.
        calculator.nothing().unwrap();
        assert_eq!(sim.monitors(), 0);
        no_mail();
    });
}

#[test]
fn a_stream_is_made_as_it_is_taken() {
    with_calculator(|sim, calculator| {
        let me = Pid::own();
        let mut items = calculator.count(0).unwrap();
        assert_eq!(items.next(), Some(Ok(0)));
        // A window of items, and other calls between them.
        sim.sent(me, "\"item\"", 16);
        assert_eq!(calculator.add(1, 1), Ok(2));
        assert_eq!(calculator.add(1, 1), Ok(2));
        assert_eq!(sim.count_sent(me, "\"item\""), 16);
        for number in 1..9 {
            assert_eq!(items.next(), Some(Ok(number)));
        }
        assert_eq!(sim.count_sent(me, "\"item\""), 16);
        assert_eq!(items.next(), Some(Ok(9)));
        sim.sent(me, "\"item\"", 25);
        assert_eq!(calculator.add(1, 1), Ok(2));
        assert_eq!(sim.count_sent(me, "\"item\""), 25);
    });
}

#[test]
fn streams_take_turns() {
    with_calculator(|_, calculator| {
        let (mut low, mut high) = (calculator.count(0).unwrap(), calculator.count(1000).unwrap());
        for number in 0..100 {
            assert_eq!(high.next(), Some(Ok(1000 + number)));
            assert_eq!(low.next(), Some(Ok(number)));
        }
        drop(low);
        assert_eq!(high.nth(50), Some(Ok(1150)));
        drop(high);
        no_mail();
    });
}

#[test]
fn other_mail_passes_between_the_items_of_a_stream() {
    with_calculator(|sim, calculator| {
        let mut items = calculator.count(0).unwrap();
        assert_eq!(items.next(), Some(Ok(0)));
        sim.sent(Pid::own(), "\"item\"", 16);
        send(Pid::own(), "a word").unwrap();
        let Mail::Message(message) = rusm_rs::receive() else { panic!("a message was sent") };
        assert_eq!(message.decode::<String>().unwrap(), "a word");
        no_mail();
        assert_eq!(items.next(), Some(Ok(1)));
        sim.kill(calculator.pid());
        no_mail();
        assert_eq!(items.by_ref().take(14).filter_map(Result::ok).last(), Some(15));
        assert_eq!(items.next(), Some(Err(CallError::Down(ExitReason::Killed))));
        no_mail();
    });
}

#[test]
fn a_stream_ends_with_its_caller() {
    let sim = Sim::default();
    let pid = sim.start("calculator", calculator::__run);
    let caller = sim.start("caller", move || {
        let mut items = calculator::Client::of(pid).count(0).map_err(|error| error.to_string())?;
        items.next();
        drop(rusm_rs::receive());
        drop(items);
        Ok(())
    });
    sim.sent(caller, "\"item\"", 16);
    // Its stream's monitor, and the one of the stream itself.
    sim.wait_for_monitors(2);
    sim.kill(caller);
    sim.wait_for_monitors(0);
    sim.run(|| assert_eq!(calculator::Client::of(pid).add(1, 2), Ok(3)));
    sim.kill(pid);
}

#[test]
fn callbacks_run_before_the_answer_and_not_after_it() {
    with_calculator(|_, calculator| {
        let mut seen = Vec::new();
        assert_eq!(calculator.report(3, |step| seen.push(step)), Ok(3));
        assert_eq!(seen, [0, 1, 2]);
        assert_eq!(calculator.kept(), Ok(Some("over".into())));
        no_mail();
    });
}

#[test]
fn a_callback_may_itself_call() {
    with_calculator(|sim, calculator| {
        let other = sim.start("other", calculator::__run);
        let others = calculator::Client::of(other);
        let mut sums = Vec::new();
        let answer = calculator.report(5, |step| sums.push(others.accumulate(i64::from(step)).unwrap()));
        assert_eq!((answer, sums), (Ok(5), vec![0, 1, 3, 6, 10]));
        no_mail();
        sim.kill(other);
    });
}

#[test]
fn a_service_may_call_while_it_serves() {
    with_calculator(|sim, calculator| {
        let other = sim.start("other", calculator::__run);
        // While it waits for the other, it is sent what it is not to lose.
        for number in 0..10 {
            calculator.cast().relay("other", number).unwrap();
            send(calculator.pid(), &number).unwrap();
        }
        assert_eq!(calculator.relay("other", 55), Ok(100));
        assert_eq!(calculator.mail().unwrap(), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
        sim.kill(other);
        let error = calculator.relay("other", 1).unwrap_err();
        assert_eq!(error.to_string(), "no process is named `other`");
        // The service in the middle is neither down nor late.
        assert_eq!(error.code(), None);
    });
}

#[test]
fn a_call_to_itself_is_an_error_at_once() {
    with_calculator(|_, calculator| {
        let error = calculator.call_self().unwrap_err();
        assert!(error.to_string().contains("called itself"), "{error}");
        let error = calculator::Client::of(Pid::own()).add(1, 1).unwrap_err();
        assert_eq!(error, CallError::CallsItself(Pid::own()));
    });
}

#[test]
fn what_is_no_frame_harms_nobody() {
    with_calculator(|sim, calculator| {
        let pid = calculator.pid();
        for body in [
            r#"{"op":1,"args":[]}"#,
            r#"{"op":"add"}"#,
            r#"{"op":"add","args":{}}"#,
            r#"{"op":"add","args":[],"ref":"1"}"#,
            r#"{"op":"add","args":[],"ok":1}"#,
            r#"{"cb":1}"#,
            r#"{"ref":-1,"credit":1}"#,
            r#"{"ref":1,"end":false}"#,
            r#"{"ref":1,"err":"text"}"#,
        ] {
            process::send_bytes(pid, body.as_bytes()).unwrap();
            let line = sim.logged(body);
            assert!(line.starts_with("Warn rusm_rs::service: dropped a message from process"), "{line}");
        }
        calculator.cast().divide(1, 0).unwrap();
        assert!(sim.logged("1 by 0").contains("a cast of `divide`"));
        for body in [&b"\xff\0"[..], b"", b"{", b"[1]", b"{\"kind\":\"other\"}", b"{\"ok\":1}"] {
            process::send_bytes(pid, body).unwrap();
        }
        let mail = calculator.mail().unwrap();
        assert_eq!(mail, ["\u{fffd}\0", "", "{", "[1]", "{\"kind\":\"other\"}", "{\"ok\":1}"]);
    });
}

#[test]
fn a_declared_client_is_a_client() {
    with_calculator(|_, calculator| {
        let declared = declared::Client::connect("calculator").unwrap();
        assert_eq!(declared.add(1, 2), Ok(3));
        assert_eq!(declared.nothing(), Ok(()));
        assert_eq!(declared.count(5).unwrap().next(), Some(Ok(5)));
        let mut last = None;
        assert_eq!(declared.report(2, |step| last = Some(step)), Ok(2));
        assert_eq!(last, Some(1));
        drop(calculator);
    });
}
