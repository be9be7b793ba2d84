//! What the tests share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use rusm_otp::{
    Context, ExitReason, Mail, MonitorRef, Pid, Runtime, SpawnOptions, StreamReader, StreamWriter,
};

/// Runs a test as a process. The limit is for a test that would hang, never for one that passes.
pub(crate) async fn as_process<F: Future<Output = ()>>(test: impl FnOnce(Context) -> F) {
    let runtime = Runtime::new();
    let run = runtime.run(SpawnOptions::default(), |ctx| {
        let test = test(ctx);
        async {
            test.await;
            Ok(())
        }
    });
    tokio::time::timeout(Duration::from_mins(1), run).await.expect("the test hangs").unwrap();
}

/// A body that takes mail and does nothing.
pub(crate) async fn idle(mut ctx: Context) {
    loop {
        ctx.receive().await;
    }
}

/// The same, trapping exits.
pub(crate) async fn idle_trapping(ctx: Context) {
    ctx.trap_exit(true);
    idle(ctx).await;
}

/// Waits until a process is gone and tells why.
pub(crate) async fn reason_of(ctx: &mut Context, pid: Pid) -> ExitReason {
    let monitor = ctx.monitor(pid);
    down(ctx, monitor).await
}

/// Waits for the down of a monitor.
pub(crate) async fn down(ctx: &mut Context, monitor: MonitorRef) -> ExitReason {
    let mail =
        ctx.receive_match(|mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor)).await;
    let Mail::Down { reason, .. } = mail else { unreachable!() };
    reason
}

/// Waits for an exit signal as mail.
pub(crate) async fn exit(ctx: &mut Context) -> (Pid, ExitReason) {
    let mail = ctx.receive_match(|mail| matches!(mail, Mail::Exit { .. })).await;
    let Mail::Exit { from, reason } = mail else { unreachable!() };
    (from, reason)
}

/// The next message's text.
pub(crate) async fn text(ctx: &mut Context) -> String {
    let mail = ctx.receive_match(|mail| matches!(mail, Mail::Message { .. })).await;
    let Mail::Message { payload, .. } = mail else { unreachable!() };
    String::from_utf8(payload.into_bytes().unwrap().into()).unwrap()
}

/// The stream that comes next.
pub(crate) async fn stream(ctx: &mut Context) -> (Pid, StreamReader) {
    let mail = ctx.receive_match(|mail| matches!(mail, Mail::Stream { .. })).await;
    let Mail::Stream { from, stream } = mail else { unreachable!() };
    (from, stream)
}

/// Both ends of a stream of this process to itself.
pub(crate) async fn both_ends(ctx: &mut Context) -> (StreamWriter, StreamReader) {
    let writer = ctx.open_stream(ctx.pid());
    (writer, stream(ctx).await.1)
}

/// Whether the mailbox is empty.
pub(crate) async fn no_mail(ctx: &mut Context) -> bool {
    ctx.receive_timeout(Duration::ZERO).await.is_none()
}

/// Spawns a process that does something with its context and says so before it goes on to idle.
pub(crate) async fn spawn_after(ctx: &mut Context, setup: impl FnOnce(&Context) + Send + 'static) -> Pid {
    let test = ctx.pid();
    let pid = ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
        setup(&ctx);
        ctx.send(test, "ready");
        loop {
            ctx.receive().await;
        }
    });
    ctx.receive_match(|mail| matches!(mail, Mail::Message { from, .. } if *from == pid)).await;
    pid
}

/// Polls a future once, with the waker of the test.
pub(crate) async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
