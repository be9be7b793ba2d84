//! Servers: `gen_server`.

mod common;

use std::convert::Infallible;
use std::time::Duration;

use common::{as_process, down, exit, idle, no_mail, poll_once, text};
use rusm_otp::{
    CallError, Context, ExitReason, Mail, Payload, Pid, ReplyTo, Runtime, Server, ServerRef, SpawnOptions,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Says what is called, and does what it is told.
struct Probe {
    log: UnboundedSender<String>,
    waiting: Option<ReplyTo<u32>>,
}

enum Init {
    Succeed { trap: bool },
    Fail(ExitReason),
    Panic,
}

enum Ask {
    Double(u32),
    /// Answered when the next is.
    Wait,
    Stop(ExitReason),
    AnswerAndStop(ExitReason),
    Panic,
    /// Monitors this one.
    Watch(Pid),
}

enum Tell {
    Note(&'static str),
    Stop(ExitReason),
}

impl Probe {
    fn say(&self, what: impl Into<String>) {
        self.log.send(what.into()).unwrap();
    }
}

impl Server for Probe {
    type Args = (UnboundedSender<String>, Init);
    type Request = Ask;
    type Reply = u32;
    type Cast = Tell;

    async fn init((log, init): Self::Args, ctx: &mut Context) -> Result<Self, ExitReason> {
        tokio::task::yield_now().await;
        log.send("init".into()).unwrap();
        match init {
            Init::Succeed { trap } => ctx.trap_exit(trap),
            Init::Fail(reason) => return Err(reason),
            Init::Panic => panic!("no config"),
        };
        Ok(Self { log, waiting: None })
    }

    async fn handle_call(
        &mut self,
        request: Ask,
        from: ReplyTo<u32>,
        ctx: &mut Context,
    ) -> Result<Option<u32>, ExitReason> {
        if let Some(waiting) = self.waiting.take() {
            waiting.reply(ctx.runtime(), 0);
        }
        match request {
            Ask::Double(n) => return Ok(Some(2 * n)),
            Ask::Wait => self.waiting = Some(from),
            Ask::Stop(reason) => return Err(reason),
            Ask::AnswerAndStop(reason) => {
                from.reply(ctx.runtime(), 1);
                return Err(reason);
            }
            Ask::Panic => panic!("asked to"),
            Ask::Watch(pid) => {
                ctx.monitor(pid);
                return Ok(Some(0));
            }
        }
        Ok(None)
    }

    async fn handle_cast(&mut self, cast: Tell, _ctx: &mut Context) -> Result<(), ExitReason> {
        match cast {
            Tell::Note(note) => self.say(format!("cast {note}")),
            Tell::Stop(reason) => return Err(reason),
        }
        Ok(())
    }

    async fn handle_info(&mut self, mail: Mail, ctx: &mut Context) -> Result<(), ExitReason> {
        match mail {
            Mail::Message { payload, .. } if payload.as_bytes() == Some(b"stop") => {
                return Err(ExitReason::Shutdown);
            }
            Mail::Message { payload, .. } => self.say(format!("message {payload:?}")),
            Mail::Request { from, payload } => {
                self.say(format!("request {payload:?}"));
                ctx.reply(from, "not my language");
            }
            Mail::Reply { .. } => self.say("reply"),
            Mail::Down { reason, .. } => self.say(format!("down {reason}")),
            Mail::Exit { reason, .. } => self.say(format!("exit {reason}")),
            Mail::Stream { .. } => self.say("stream"),
        }
        Ok(())
    }

    async fn terminate(self, reason: &ExitReason, ctx: &mut Context) {
        // Still a process that can wait and has a name.
        tokio::task::yield_now().await;
        assert_eq!(ctx.runtime().whereis("probe"), Some(ctx.pid()));
        self.say(format!("terminate {reason}"));
    }
}

type Log = UnboundedReceiver<String>;

/// A probe of the name that it expects to have at its end; `linked` to the test or not.
async fn start(ctx: &mut Context, trap: bool, linked: bool) -> (ServerRef<Probe>, Log) {
    let (log, mut lines) = mpsc::unbounded_channel();
    let (runtime, args) = (ctx.runtime().clone(), (log, Init::Succeed { trap }));
    let probe = if linked {
        Probe::start_link(ctx, SpawnOptions::default(), args).await.unwrap()
    } else {
        Probe::start(&runtime, SpawnOptions::default(), args).await.unwrap()
    };
    runtime.register("probe", probe.pid()).unwrap();
    assert_eq!(lines.try_recv().unwrap(), "init");
    (probe, lines)
}

/// All that was said until the server was gone.
async fn rest(mut log: Log) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(line) = log.recv().await {
        lines.push(line);
    }
    lines
}

#[tokio::test]
async fn a_call_is_answered_from_inside_and_outside() {
    as_process(|mut ctx| async move {
        let (probe, _log) = start(&mut ctx, false, false).await;
        let runtime = ctx.runtime().clone();
        assert_eq!(probe.call(&mut ctx, Ask::Double(21)).await, Ok(42));
        assert_eq!(probe.call(&runtime, Ask::Double(4)).await, Ok(8));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn casts_and_calls_of_one_sender_are_handled_in_order() {
    as_process(|mut ctx| async move {
        let (probe, mut log) = start(&mut ctx, false, false).await;
        probe.cast(&ctx, Tell::Note("one"));
        probe.cast(&ctx, Tell::Note("two"));
        probe.call(&mut ctx, Ask::Double(1)).await.unwrap();
        probe.cast(ctx.runtime(), Tell::Note("three"));
        assert_eq!([log.try_recv().unwrap(), log.try_recv().unwrap()], ["cast one", "cast two"]);
        assert_eq!(log.recv().await.unwrap(), "cast three");
    })
    .await;
}

#[tokio::test]
async fn all_other_mail_is_info() {
    as_process(|mut ctx| async move {
        let (probe, mut log) = start(&mut ctx, true, false).await;
        ctx.send(probe.pid(), "hello");
        assert_eq!(log.recv().await.unwrap(), "message b\"hello\"");
        ctx.send(probe.pid(), Payload::new(1_u8));
        assert_eq!(log.recv().await.unwrap(), "message <value>");

        let answer = ctx.call(probe.pid(), "in bytes").await.unwrap();
        assert_eq!(answer.as_bytes(), Some(&b"not my language"[..]));
        assert_eq!(log.recv().await.unwrap(), "request b\"in bytes\"");

        probe.call(&mut ctx, Ask::Watch(Pid::from_u64(7))).await.unwrap();
        assert_eq!(log.recv().await.unwrap(), "down noproc");
        ctx.exit(probe.pid(), ExitReason::Normal);
        assert_eq!(log.recv().await.unwrap(), "exit normal");
        assert!(ctx.runtime().is_alive(probe.pid()));
    })
    .await;
}

#[tokio::test]
async fn a_start_that_fails_gives_its_reason_and_no_terminate() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let runtime = ctx.runtime().clone();
        for linked in [true, false] {
            for (init, reason) in [
                (Init::Fail(ExitReason::Normal), ExitReason::Normal),
                (Init::Fail(ExitReason::shutdown_with("full")), ExitReason::shutdown_with("full")),
                (Init::Panic, ExitReason::crashed("no config")),
            ] {
                let (log, lines) = mpsc::unbounded_channel();
                let start = if linked {
                    Probe::start_link(&mut ctx, SpawnOptions::default(), (log, init)).await
                } else {
                    Probe::start(&runtime, SpawnOptions::default(), (log, init)).await
                };
                assert_eq!(start.unwrap_err(), reason);
                assert_eq!(rest(lines).await, ["init"]);
            }
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn an_answer_may_come_later() {
    as_process(|mut ctx| async move {
        let (probe, _log) = start(&mut ctx, false, false).await;
        let runtime = ctx.runtime().clone();
        let mut waits = Box::pin(probe.call_within(Duration::MAX, &runtime, Ask::Wait));
        assert!(poll_once(waits.as_mut()).await.is_pending());
        assert_eq!(probe.call(&mut ctx, Ask::Double(1)).await, Ok(2));
        assert_eq!(waits.await, Ok(0));
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_owed_at_the_end_is_a_down() {
    as_process(|mut ctx| async move {
        let (probe, _log) = start(&mut ctx, false, false).await;
        let runtime = ctx.runtime().clone();
        let mut waits = Box::pin(probe.call_within(Duration::MAX, &runtime, Ask::Wait));
        assert!(poll_once(waits.as_mut()).await.is_pending());
        let kill = async { ctx.kill(probe.pid()) };
        assert_eq!(tokio::join!(waits, kill).0, Err(CallError::Down(ExitReason::Killed)));
    })
    .await;
}

#[tokio::test]
async fn whatever_the_reason_a_stop_terminates_and_tells() {
    as_process(|mut ctx| async move {
        for reason in
            [ExitReason::Normal, ExitReason::Shutdown, ExitReason::crashed("bad"), ExitReason::Killed]
        {
            let terminate = format!("terminate {reason}");

            let (probe, log) = start(&mut ctx, false, false).await;
            let error = probe.call(&mut ctx, Ask::Stop(reason.clone())).await.unwrap_err();
            assert_eq!(error, CallError::Down(reason.clone()));
            assert_eq!(rest(log).await, [terminate.as_str()]);

            let (probe, log) = start(&mut ctx, false, false).await;
            let monitor = ctx.monitor(probe.pid());
            assert_eq!(probe.call(&mut ctx, Ask::AnswerAndStop(reason.clone())).await, Ok(1));
            assert_eq!(down(&mut ctx, monitor).await, reason);
            assert_eq!(rest(log).await, [terminate.as_str()]);

            let (probe, log) = start(&mut ctx, false, false).await;
            let monitor = ctx.monitor(probe.pid());
            probe.cast(&ctx, Tell::Stop(reason.clone()));
            probe.cast(&ctx, Tell::Note("not handled"));
            assert_eq!(down(&mut ctx, monitor).await, reason);
            assert_eq!(rest(log).await, [terminate.as_str()]);
        }
        let (probe, log) = start(&mut ctx, false, false).await;
        ctx.send(probe.pid(), "stop");
        assert_eq!(rest(log).await, ["terminate shutdown"]);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_signal_that_ends_it_does_not_terminate() {
    as_process(|mut ctx| async move {
        let (probe, log) = start(&mut ctx, false, false).await;
        ctx.exit(probe.pid(), ExitReason::Shutdown);
        assert!(rest(log).await.is_empty());

        let (probe, log) = start(&mut ctx, true, false).await;
        ctx.kill(probe.pid());
        assert!(rest(log).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_parents_exit_ends_one_that_traps() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        for reason in [ExitReason::Normal, ExitReason::shutdown_with("closing")] {
            let (probe, log) = start(&mut ctx, true, true).await;
            ctx.exit(probe.pid(), reason.clone());
            assert_eq!(exit(&mut ctx).await, (probe.pid(), reason.clone()));
            assert_eq!(rest(log).await, [format!("terminate {reason}")]);
        }
        // One without a parent takes the node's, as of a shutdown, for it.
        let (probe, log) = start(&mut ctx, true, false).await;
        ctx.exit(probe.pid(), ExitReason::crashed("a stranger's"));
        ctx.runtime().exit(probe.pid(), ExitReason::Shutdown);
        assert_eq!(rest(log).await, ["exit crashed: a stranger's", "terminate shutdown"]);
    })
    .await;
}

#[tokio::test]
async fn the_parents_end_terminates_one_that_traps_and_ends_one_that_does_not() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        for (trap, said) in [(true, vec!["terminate killed"]), (false, vec![])] {
            let test = ctx.pid();
            let (log, mut lines) = mpsc::unbounded_channel();
            let parent = runtime.spawn(SpawnOptions::default(), move |mut ctx| async move {
                let args = (log, Init::Succeed { trap });
                let probe = Probe::start_link(&mut ctx, SpawnOptions::default(), args).await.unwrap();
                ctx.runtime().register("probe", probe.pid()).unwrap();
                ctx.send(test, "started");
                idle(ctx).await;
            });
            assert_eq!(text(&mut ctx).await, "started");
            assert_eq!(lines.recv().await.unwrap(), "init");
            let probe = runtime.whereis("probe").unwrap();
            let monitor = ctx.monitor(probe);
            ctx.kill(parent);
            assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
            assert_eq!(rest(lines).await, said);
        }
    })
    .await;
}

/// No clock moves the test on: what waits for the limit hangs.
#[tokio::test]
async fn a_panic_in_a_callback_tells_the_caller_at_once_and_does_not_terminate() {
    as_process(|mut ctx| async move {
        let (probe, log) = start(&mut ctx, false, false).await;
        let error = probe.call_within(Duration::MAX, &mut ctx, Ask::Panic).await.unwrap_err();
        assert_eq!(error, CallError::Down(ExitReason::crashed("asked to")));
        assert!(rest(log).await.is_empty());
        let error = probe.call_within(Duration::MAX, &mut ctx, Ask::Double(1)).await.unwrap_err();
        assert_eq!(error, CallError::Down(ExitReason::NoProcess));
    })
    .await;
}

/// All that a server need not have.
struct Plain;

impl Server for Plain {
    type Args = ();
    type Request = ();
    type Reply = &'static str;
    type Cast = Infallible;

    async fn init((): (), ctx: &mut Context) -> Result<Self, ExitReason> {
        ctx.trap_exit(true);
        Ok(Self)
    }

    async fn handle_call(
        &mut self,
        (): (),
        _from: ReplyTo<&'static str>,
        _ctx: &mut Context,
    ) -> Result<Option<&'static str>, ExitReason> {
        Ok(Some("plain"))
    }
}

#[tokio::test]
async fn a_server_without_info_refuses_foreign_requests_and_drops_the_rest() {
    as_process(|mut ctx| async move {
        let plain = Plain::start(&ctx.runtime().clone(), SpawnOptions::default(), ()).await.unwrap();
        assert_eq!(ctx.call(plain.pid(), "bytes").await.unwrap_err(), CallError::Refused);
        assert_eq!(ctx.call(plain.pid(), Payload::new(7)).await.unwrap_err(), CallError::Refused);
        ctx.send(plain.pid(), "hello");
        ctx.exit(plain.pid(), ExitReason::Shutdown);
        assert_eq!(plain.call(&mut ctx, ()).await, Ok("plain"));
        assert_eq!(ctx.runtime().info(plain.pid()).unwrap().mailbox, 0);
    })
    .await;
}

#[tokio::test]
async fn a_reference_to_something_else_is_refused() {
    as_process(|mut ctx| async move {
        // Another server, which does not know the request; and a process that answers with another type.
        let plain = Plain::start(&ctx.runtime().clone(), SpawnOptions::default(), ()).await.unwrap();
        let wrong = ServerRef::<Probe>::from_pid(plain.pid());
        assert_eq!(wrong.call(&mut ctx, Ask::Double(1)).await, Err(CallError::Refused));
        let parrot = ctx.runtime().spawn(SpawnOptions::default(), |mut ctx| async move {
            while let Mail::Request { from, payload } = ctx.receive().await {
                ctx.reply(from, payload);
            }
        });
        let wrong = ServerRef::<Plain>::from_pid(parrot);
        assert_eq!(wrong.call(&mut ctx, ()).await, Err(CallError::Refused));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_start_ends_a_server_that_is_not_ready() {
    let runtime = Runtime::new();
    let (log, lines) = mpsc::unbounded_channel();
    let args = (log, Init::Succeed { trap: true });
    let mut start = Box::pin(Probe::start(&runtime, SpawnOptions::default(), args));
    assert!(poll_once(start.as_mut()).await.is_pending());
    drop(start);
    assert!(rest(lines).await.is_empty());
}
