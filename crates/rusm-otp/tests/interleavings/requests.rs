//! Requests against answers, ends and second thoughts.

use std::time::Duration;

use rusm_otp::{CallError, ExitReason, Mail, Runtime};
use shuttle::sync::mpsc::channel;
use shuttle::thread;

use crate::{Begun, Observer, assert_empty, check, collect, in_thread, join};

/// The mail of one who asked a process, which answers `answers` and comes to its end at once.
fn ask(runtime: &Runtime, answers: bool, give_up: bool) -> Vec<Mail> {
    let callee = Begun::new(runtime, move |mut ctx| async move {
        let Mail::Request { from, .. } = ctx.receive().await else { panic!("no request") };
        if answers {
            ctx.reply(from, "answer");
        }
        Ok(())
    });
    let to = callee.pid;
    let callee = callee.go();
    let caller = Observer::start(runtime, move |ctx| {
        let request = ctx.send_request(to, "question").unwrap();
        thread::yield_now();
        if give_up {
            ctx.demonitor_flush(request);
        }
    });
    assert_eq!(join(callee), Ok(()));
    let ((), mails) = caller.over(runtime);
    assert_empty(runtime);
    mails
}

#[test]
fn a_request_is_answered_once_by_a_reply_or_a_down() {
    check(|runtime| {
        let mails = ask(runtime, true, false);
        assert!(matches!(mails[..], [Mail::Reply { .. }]), "{mails:?}");
        let mails = ask(runtime, false, false);
        assert!(matches!(mails[..], [Mail::Down { reason: ExitReason::Normal, .. }]), "{mails:?}");
    });
}

#[test]
fn a_request_that_is_given_up_leaves_no_mail() {
    check(|runtime| {
        for answers in [true, false] {
            let mails = ask(runtime, answers, true);
            assert!(mails.is_empty(), "{mails:?}");
        }
    });
}

#[test]
fn of_several_answers_and_an_end_one_arrives() {
    check(|runtime| {
        let (sender, callers) = channel();
        let callee = Begun::new(runtime, |mut ctx| async move {
            let Mail::Request { from, .. } = ctx.receive().await else { panic!("no request") };
            sender.send(from).unwrap();
            ctx.receive().await;
            Ok(())
        });
        let to = callee.pid;
        let callee = callee.go();
        let caller = Observer::start(runtime, move |ctx| ctx.send_request(to, "question").is_ok());
        let from = callers.recv().unwrap();
        let answers = [(); 2].map(|()| in_thread(runtime, move |runtime| runtime.reply(from, "answer")));
        runtime.kill(to);
        answers.into_iter().for_each(join);
        assert_eq!(join(callee), Err(ExitReason::Killed));
        let (sent, mails) = caller.over(runtime);
        assert!(sent);
        assert!(matches!(mails[..], [Mail::Reply { .. } | Mail::Down { .. }]), "{mails:?}");
        assert_empty(runtime);
    });
}

#[test]
fn a_call_ends_whatever_becomes_of_the_callee() {
    check(|runtime| {
        let callee = Begun::new(runtime, |mut ctx| async move {
            while let Mail::Request { from, payload } = ctx.receive().await {
                ctx.reply(from, payload);
            }
            Ok(())
        });
        let to = callee.pid;
        let callee = callee.go();
        let caller = Begun::new(runtime, move |mut ctx| async move {
            let answer = ctx.call_within(Duration::MAX, to, "hello").await;
            assert!(collect(&mut ctx).await.is_empty());
            Ok(answer.map(|payload| payload.into_bytes().unwrap()))
        });
        let own = caller.pid;
        let caller = caller.go();
        runtime.kill(to);
        assert_eq!(join(callee), Err(ExitReason::Killed));
        runtime.send(own, "over");
        match join(caller).unwrap() {
            Ok(answer) => assert_eq!(answer, "hello"),
            Err(CallError::Down(ExitReason::Killed | ExitReason::NoProcess)) => {}
            Err(other) => panic!("{other}"),
        }
        assert_empty(runtime);
    });
}
