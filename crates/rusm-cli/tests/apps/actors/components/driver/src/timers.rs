//! Messages that come later.

use std::time::Duration;

use job::Job;
use rusm_rs::bindings::rusm::runtime::timer as host;
use rusm_rs::process::Pid;
use rusm_rs::timer::{cancel, read, send_after, send_interval};
use rusm_rs::{Mail, receive_timeout, send};

use crate::{down, monitored, next, text_from, worker};

const LATER: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(1);

pub(crate) fn run(case: &str) -> String {
    let own = Pid::own();
    match case {
        "after" => {
            send_after(2 * SOON, own, "second").unwrap();
            send_after(Duration::ZERO, own, "first").unwrap();
            format!("{} {}", text_from(own), text_from(own))
        }
        "cancel" => {
            let timer = send_after(LATER, own, "never").unwrap();
            let left = read(timer).unwrap();
            let cancelled = cancel(timer).unwrap();
            // It counts to the millisecond that the timer waits for.
            assert!(left <= LATER + 2 * SOON && cancelled <= left);
            format!("{:?} {:?} {:?}", read(timer), cancel(timer), receive_timeout(Duration::ZERO))
        }
        "fired" => {
            let timer = send_after(Duration::ZERO, own, "now").unwrap();
            text_from(own);
            format!("{:?} {:?}", read(timer), cancel(timer))
        }
        "interval" => {
            let timer = send_interval(SOON, own, "tick").unwrap();
            let ticks = [text_from(own), text_from(own), text_from(own)];
            let cancelled = cancel(timer).is_some();
            while receive_timeout(Duration::ZERO).is_some() {}
            format!("{} {cancelled} {:?}", ticks.join(" "), receive_timeout(5 * SOON))
        }
        "anothers" => {
            worker(&Job::Timer { tell: own });
            let (_, number) = rusm_rs::receive_message::<u64>().unwrap();
            format!("{:?} {:?}", host::read(number), host::cancel(number))
        }
        "of-the-dead" => {
            let (ticker, monitor) = monitored(&Job::Ticker { to: own });
            let tick = text_from(ticker);
            send(ticker, "enough").unwrap();
            down(monitor);
            while receive_timeout(Duration::ZERO).is_some() {}
            format!("{tick} {:?}", receive_timeout(5 * SOON))
        }
        "errors" => {
            let long = "x".repeat(16 << 20);
            [
                send_after(SOON, own, &long).unwrap_err().to_string(),
                send_interval(Duration::ZERO, own, "").unwrap_err().to_string(),
            ]
            .join("\n")
        }
        "too-many" => {
            let first = send_after(LATER, own, "").unwrap();
            let more = (0..).take_while(|_| send_after(LATER, own, "").is_ok()).count();
            let error = send_after(LATER, own, "").unwrap_err();
            cancel(first);
            format!("{}: {error}; {}", more + 1, send_after(LATER, own, "").is_ok())
        }
        "too-much" => {
            let long = "x".repeat(15 << 20);
            let count = (0..).take_while(|_| send_after(LATER, own, &long).is_ok()).count();
            format!("{count}: {}", send_after(LATER, own, &long).unwrap_err())
        }
        // An interval's messages share one body.
        "long-interval" => {
            let long = "x".repeat(15 << 20);
            let timer = send_interval(SOON, own, &long).unwrap();
            let lengths: Vec<_> = (0..8)
                .map(|_| match next() {
                    Mail::Message(message) => message.body.len() - 2,
                    other => panic!("{other:?}"),
                })
                .collect();
            cancel(timer);
            format!("{}", lengths.iter().all(|length| *length == long.len()))
        }
        case => panic!("no such case: {case}"),
    }
}
