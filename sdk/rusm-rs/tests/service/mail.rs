//! Mail beside calls: what keeps its order, what is dropped, and what nobody can forge.

use std::time::Duration;

use rusm_rs::process::{self, Mail};
use rusm_rs::service::CallError;
use rusm_rs::{Pid, receive_timeout, send};

use crate::sim::Sim;
use crate::{calculator, declared, no_mail, with_calculator};

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
