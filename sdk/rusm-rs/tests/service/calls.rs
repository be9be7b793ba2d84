//! Calls, and how they end.

use std::time::Duration;

use rusm_rs::Pid;
use rusm_rs::process::{ExitReason, SendError};
use rusm_rs::service::{CallError, Connection, Error};
use rusm_rs::wire::Bytes;

use crate::sim::Sim;
use crate::{Entry, calculator, declared, no_mail, sim, stateless, with_calculator};

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
