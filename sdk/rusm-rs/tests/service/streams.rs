//! Streams and callbacks.

use rusm_rs::process::{ExitReason, Mail};
use rusm_rs::service::{CallError, Error};
use rusm_rs::{Pid, send};

use crate::sim::Sim;
use crate::{calculator, no_mail, with_calculator};

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
