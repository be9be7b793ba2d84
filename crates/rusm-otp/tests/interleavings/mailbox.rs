//! Mail and the one who waits for it.

use rusm_otp::{ExitReason, Mail, Payload};

use crate::{Begun, assert_empty, check, in_thread, join};

#[test]
fn each_mail_wakes_a_receiver_that_waits_and_each_senders_order_holds() {
    check(|runtime| {
        let receiver = Begun::new(runtime, |mut ctx| async move {
            let mut numbers = [Vec::new(), Vec::new()];
            for _ in 0..6 {
                let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
                let (sender, n): (usize, u32) = payload.downcast().unwrap();
                numbers[sender].push(n);
            }
            Ok(numbers)
        });
        let to = receiver.pid;
        let receiver = receiver.go();
        let senders = [0_usize, 1].map(|sender| {
            in_thread(runtime, move |runtime| {
                for n in 0..3_u32 {
                    runtime.send(to, Payload::new((sender, n)));
                }
            })
        });
        senders.into_iter().for_each(join);
        assert_eq!(join(receiver).unwrap(), [[0, 1, 2], [0, 1, 2]]);
        assert_empty(runtime);
    });
}

#[test]
fn a_selective_receive_wakes_for_what_it_wants_and_keeps_the_rest() {
    check(|runtime| {
        let receiver = Begun::new(runtime, |mut ctx| async move {
            let is_wanted = |mail: &Mail| matches!(mail, Mail::Message { payload, .. } if payload.as_bytes() == Some(b"wanted"));
            for _ in 0..2 {
                ctx.receive_match(is_wanted).await;
            }
            let mut rest = Vec::new();
            for _ in 0..2 {
                let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
                rest.push(payload.into_bytes().unwrap());
            }
            Ok(rest)
        });
        let to = receiver.pid;
        let receiver = receiver.go();
        let senders = [["first", "wanted", "second"], ["wanted", "", ""]].map(|texts| {
            in_thread(runtime, move |runtime| {
                texts.into_iter().filter(|text| !text.is_empty()).for_each(|text| runtime.send(to, text));
            })
        });
        senders.into_iter().for_each(join);
        assert_eq!(join(receiver).unwrap(), ["first", "second"]);
    });
}

#[test]
fn a_kill_wakes_a_process_that_waits() {
    check(|runtime| {
        let victim = Begun::new(runtime, |mut ctx| async move {
            loop {
                ctx.receive().await;
            }
            #[allow(unreachable_code, reason = "it gives the body its type")]
            Ok(())
        });
        let pid = victim.pid;
        let victim = victim.go();
        runtime.send(pid, "x");
        runtime.kill(pid);
        assert!(!runtime.is_alive(pid));
        assert_eq!(join(victim), Err(ExitReason::Killed));
        assert_empty(runtime);
    });
}
