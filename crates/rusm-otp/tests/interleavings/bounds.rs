//! A mailbox's places against those who wait for them and those who end.

use std::pin::pin;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use rusm_otp::{
    CallError, Context, ExitReason, Mail, MailboxPolicy, Payload, Pid, Runtime, SendError, SpawnOptions,
};
use shuttle::future::block_on;
use shuttle::thread::{self, JoinHandle};

use crate::{Begun, assert_empty, check, collect, in_thread, join};

fn suspending() -> SpawnOptions {
    SpawnOptions::default().mailbox(1, MailboxPolicy::SuspendSender)
}

/// Two senders of two messages each; the results of their sends.
fn senders(runtime: &Runtime, to: Pid) -> [JoinHandle<[bool; 2]>; 2] {
    [0_usize, 1].map(|sender| {
        in_thread(runtime, move |runtime| {
            [0_u32, 1].map(|n| match block_on(runtime.send_wait(to, Payload::new((sender, n)))) {
                Ok(()) => true,
                Err(SendError::NoProcess(_)) => false,
                Err(other) => panic!("{other}"),
            })
        })
    })
}

/// Takes so many messages, and never finds more than there may be.
async fn take(ctx: &mut Context, count: usize) -> [Vec<u32>; 2] {
    let mut numbers = [Vec::new(), Vec::new()];
    for _ in 0..count {
        assert!(ctx.runtime().info(ctx.pid()).unwrap().mailbox <= 1);
        let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
        let (sender, n): (usize, u32) = payload.downcast().unwrap();
        numbers[sender].push(n);
    }
    numbers
}

#[test]
fn suspended_senders_all_get_their_turn() {
    check(|runtime| {
        let receiver = Begun::with(runtime, suspending(), |mut ctx| async move {
            let numbers = take(&mut ctx, 4).await;
            // The place is there again.
            assert!(ctx.try_send(ctx.pid(), "one").is_ok());
            assert!(ctx.try_send(ctx.pid(), "two").is_err());
            Ok(numbers)
        });
        let to = receiver.pid;
        let receiver = receiver.go();
        for sender in senders(runtime, to) {
            assert_eq!(join(sender), [true, true]);
        }
        assert_eq!(join(receiver).unwrap(), [[0, 1], [0, 1]]);
        assert_empty(runtime);
    });
}

#[test]
fn the_receivers_end_frees_all_suspended_senders() {
    check(|runtime| {
        let receiver = Begun::with(runtime, suspending(), |mut ctx| async move {
            take(&mut ctx, 1).await;
            Ok(())
        });
        let to = receiver.pid;
        let receiver = receiver.go();
        let sent = senders(runtime, to).map(join);
        assert!(sent.iter().flatten().any(|sent| *sent));
        assert_eq!(join(receiver), Ok(()));

        let receiver = Begun::with(runtime, suspending(), |mut ctx| async move {
            take(&mut ctx, 4).await;
            Ok(())
        });
        let to = receiver.pid;
        let receiver = receiver.go();
        let sent = senders(runtime, to);
        runtime.kill(to);
        let sent = sent.map(join);
        // Who has taken all four has sent them all.
        let end = join(receiver);
        assert!(end == Err(ExitReason::Killed) || sent == [[true; 2]; 2], "{end:?}, {sent:?}");
        assert_empty(runtime);
    });
}

#[test]
fn a_send_that_is_dropped_while_it_gets_its_place_keeps_none() {
    check(|runtime| {
        let receiver = Begun::with(runtime, suspending(), |mut ctx| async move {
            let mails = collect(&mut ctx).await;
            assert!(ctx.try_send(ctx.pid(), "one").is_ok());
            assert!(ctx.try_send(ctx.pid(), "two").is_err());
            Ok(mails.len())
        });
        let to = receiver.pid;
        runtime.try_send(to, "filler").unwrap();
        let receiver = receiver.go();
        let dropper = in_thread(runtime, move |runtime| {
            let mut send = pin!(runtime.send_wait(to, "dropped"));
            (0..2).any(|_| {
                thread::yield_now();
                send.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_ready()
            })
        });
        let waiter = in_thread(runtime, move |runtime| block_on(runtime.send_wait(to, "waits")).is_ok());
        let sent = join(dropper);
        assert!(join(waiter));
        assert!(block_on(runtime.send_wait(to, "over")).is_ok());
        assert_eq!(join(receiver).unwrap(), 2 + usize::from(sent));
        assert_empty(runtime);
    });
}

#[test]
fn a_suspended_call_ends_whatever_becomes_of_the_callee() {
    check(|runtime| {
        let callee = Begun::with(runtime, suspending(), |mut ctx| async move {
            loop {
                match ctx.receive().await {
                    Mail::Request { from, payload } => ctx.reply(from, payload),
                    Mail::Message { payload, .. } if payload.as_bytes() == Some(b"end") => return Ok(()),
                    _ => {}
                }
            }
        });
        let to = callee.pid;
        runtime.try_send(to, "filler").unwrap();
        let callee = callee.go();
        let callers = [(); 2].map(|()| {
            let caller = Begun::new(runtime, move |mut ctx| async move {
                Ok(ctx.call_within(Duration::MAX, to, "hello").await.map(|_| ()))
            });
            caller.go()
        });
        let ender = in_thread(runtime, move |runtime| block_on(runtime.send_wait(to, "end")).is_ok());
        for caller in callers {
            match join(caller).unwrap() {
                Ok(()) | Err(CallError::Down(ExitReason::Normal | ExitReason::NoProcess)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert!(join(ender));
        assert_eq!(join(callee), Ok(()));
        assert_empty(runtime);
    });
}
