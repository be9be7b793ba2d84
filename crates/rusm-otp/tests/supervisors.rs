//! What supervisors promise beyond the scenarios that Erlang was recorded with (`erlang/supervisors.rs`).

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{as_process, down, idle, no_mail, reason_of, text};
use rusm_otp::{
    CallError, ChildSpec, ChildState, Context, ExitReason, Mail, Pid, Restart, Runtime, Shutdown,
    SpawnOptions, SpecError, StartChild, StartFuture, Strategy, Supervisor, SupervisorError, SupervisorRef,
};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A child that tells the test of its start, and crashes on any message.
fn fragile(id: &'static str, test: Pid) -> ChildSpec {
    ChildSpec::starting(id, move |mut ctx, starting| async move {
        ctx.send(test, id);
        starting.ready(&ctx);
        ctx.receive().await;
        ExitReason::crashed("fragile")
    })
}

/// A child that ignores what it is asked.
fn stubborn() -> ChildSpec {
    ChildSpec::starting("stubborn", |mut ctx, starting| async move {
        ctx.trap_exit(true);
        starting.ready(&ctx);
        loop {
            ctx.receive().await;
        }
    })
}

async fn pid_of(supervisor: &SupervisorRef, id: &str) -> Pid {
    let children = supervisor.which_children().await.unwrap();
    let child = children.into_iter().find(|child| &*child.id == id).expect("the child");
    let ChildState::Running(pid) = child.state else { panic!("{id} is {:?}", child.state) };
    pid
}

/// A start that is whatever the function makes of it.
struct Starts<F>(F);

impl<F> StartChild for Starts<F>
where
    F: Fn(&Context, SpawnOptions) -> Result<Option<Pid>, ExitReason> + Send + Sync + 'static,
{
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            (self.0)(ctx, options)
        })
    }
}

/// Panics before there is a future.
struct Broken;

impl StartChild for Broken {
    fn start<'a>(&'a self, _ctx: &'a mut Context, _options: SpawnOptions) -> StartFuture<'a> {
        panic!("broken")
    }
}

#[tokio::test]
async fn one_started_from_outside_ends_in_order_when_the_outside_says_so() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let child = |id: &'static str| {
            ChildSpec::starting(id, move |mut ctx, starting| async move {
                ctx.trap_exit(true);
                starting.ready(&ctx);
                ctx.receive().await;
                ctx.send(test, id);
            })
        };
        let supervisor = Supervisor::new(Strategy::OneForOne).child(child("a")).child(child("b"));
        let supervisor = supervisor.start(ctx.runtime()).await.unwrap();
        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        assert_eq!(supervisor.count_children().await.unwrap().active, 2, "a process is not its parent");

        ctx.runtime().exit(supervisor.pid(), ExitReason::shutdown_with("over"));
        assert_eq!(reason_of(&mut ctx, supervisor.pid()).await, ExitReason::shutdown_with("over"));
        assert_eq!((text(&mut ctx).await, text(&mut ctx).await), ("b".into(), "a".into()));
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
    })
    .await;
}

#[tokio::test]
async fn a_panic_in_a_start_is_a_failed_start() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let supervisor = Supervisor::new(Strategy::OneForOne).start_link(&mut ctx).await.unwrap();
        let later = Starts(|_: &Context, _| panic!("broken later"));
        let failed = |text| Err(SupervisorError::Start(ExitReason::crashed(text)));
        assert_eq!(supervisor.start_child(ChildSpec::of("now", Broken)).await, failed("broken"));
        assert_eq!(supervisor.start_child(ChildSpec::of("later", later)).await, failed("broken later"));
        let unready = ChildSpec::starting("unready", |_ctx, _starting| async { panic!("unready") as () });
        assert_eq!(supervisor.start_child(unready).await, failed("unready"));
        assert_eq!(supervisor.which_children().await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_body_that_ends_normally_before_it_is_ready_is_ignored() {
    as_process(|mut ctx| async move {
        let nothing = ChildSpec::starting("nothing", |_ctx, _starting| async {});
        let supervisor = Supervisor::new(Strategy::OneForOne).child(nothing);
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        assert_eq!(supervisor.which_children().await.unwrap()[0].state, ChildState::Stopped);
        assert_eq!(supervisor.restart_child("nothing").await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn what_starts_without_a_link_is_linked() {
    as_process(|mut ctx| async move {
        let alone = Starts(|ctx: &Context, options| Ok(Some(ctx.runtime().spawn(options, idle))));
        let supervisor = Supervisor::new(Strategy::OneForOne).child(ChildSpec::of("alone", alone));
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        let first = pid_of(&supervisor, "alone").await;
        ctx.kill(first);
        reason_of(&mut ctx, first).await;
        assert_ne!(pid_of(&supervisor, "alone").await, first);
    })
    .await;
}

#[tokio::test]
async fn a_child_that_is_dead_when_its_start_returns_is_restarted() {
    as_process(|mut ctx| async move {
        let starts = AtomicUsize::new(0);
        let body = move |ctx: &Context, options| {
            let first = starts.fetch_add(1, Ordering::Relaxed) == 0;
            Ok(Some(if first { Pid::from_u64(7) } else { ctx.spawn_link(options, idle) }))
        };
        let supervisor = Supervisor::new(Strategy::OneForOne).child(ChildSpec::of("late", Starts(body)));
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        assert!(ctx.runtime().is_alive(pid_of(&supervisor, "late").await));
    })
    .await;
}

#[tokio::test]
async fn an_exit_signal_that_a_child_sends_is_not_its_end() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let liar = ChildSpec::starting("liar", move |mut ctx, starting| async move {
            ctx.exit(starting.parent(), ExitReason::crashed("not really"));
            starting.ready(&ctx);
            ctx.send(test, "told");
            ctx.receive().await;
        });
        let supervisor =
            Supervisor::new(Strategy::OneForOne).intensity(0, Duration::from_secs(1)).child(liar);
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        assert_eq!(text(&mut ctx).await, "told");
        assert_eq!(supervisor.count_children().await.unwrap().active, 1);
        assert!(no_mail(&mut ctx).await, "it was not started again");
    })
    .await;
}

#[tokio::test]
async fn a_child_that_unlinked_itself_is_stopped_all_the_same() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        for strategy in [Strategy::OneForOne, Strategy::Dynamic] {
            let sneak = ChildSpec::starting("sneak", |mut ctx, starting| async move {
                let parent = starting.parent();
                starting.ready(&ctx);
                ctx.unlink(parent);
                ctx.receive().await;
            });
            let supervisor = Supervisor::new(strategy).start_link(&mut ctx).await.unwrap();
            let sneak = supervisor.start_child(sneak).await.unwrap().unwrap();
            ctx.exit(supervisor.pid(), ExitReason::Shutdown);
            reason_of(&mut ctx, supervisor.pid()).await;
            assert!(!ctx.runtime().is_alive(sneak), "{strategy:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_killed_in_a_start_leaves_no_half_started_child() {
    as_process(|mut ctx| async move {
        let begun = Arc::new(Notify::new());
        let child_begun = begun.clone();
        let endless = ChildSpec::starting("endless", move |ctx, _starting| {
            let begun = child_begun.clone();
            async move {
                ctx.trap_exit(true);
                begun.notify_one();
                std::future::pending::<()>().await;
            }
        });
        let supervisor = Supervisor::new(Strategy::OneForOne).start(ctx.runtime()).await.unwrap();
        let asker = supervisor.clone();
        let start = tokio::spawn(async move { asker.start_child(endless).await });
        begun.notified().await;
        let started = ctx.runtime().list();
        ctx.kill(supervisor.pid());
        let killed = CallError::Down(ExitReason::Killed);
        assert_eq!(start.await.unwrap(), Err(killed.into()));
        let test = ctx.pid();
        for pid in started.into_iter().filter(|&pid| pid != test) {
            reason_of(&mut ctx, pid).await;
        }
    })
    .await;
}

#[tokio::test]
async fn dynamic_children_come_and_go_by_the_thousand() {
    const MANY: usize = 10_000;
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let supervisor = Supervisor::new(Strategy::Dynamic).start_link(&mut ctx).await.unwrap();
        let session = ChildSpec::new("session", |mut ctx: Context| async move { drop(ctx.receive().await) })
            .restart(Restart::Temporary);
        let mut children = Vec::new();
        for _ in 0..MANY {
            children.push(supervisor.start_child(session.clone()).await.unwrap().unwrap());
        }
        assert_eq!(supervisor.count_children().await.unwrap().active, MANY);
        let (leave, stay) = children.split_at(MANY / 2);
        let monitors: Vec<_> = leave.iter().map(|&pid| ctx.monitor(pid)).collect();
        for &pid in leave {
            ctx.send(pid, "leave");
        }
        for monitor in monitors {
            down(&mut ctx, monitor).await;
        }
        assert_eq!(supervisor.which_children().await.unwrap().len(), stay.len());

        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        assert_eq!(reason_of(&mut ctx, supervisor.pid()).await, ExitReason::Shutdown);
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn dynamic_children_are_stopped_at_once_each_with_its_own_time() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let supervisor = Supervisor::new(Strategy::Dynamic).start_link(&mut ctx).await.unwrap();
        let mut ends = Vec::new();
        for patience in [
            Shutdown::Timeout(Duration::from_secs(9)),
            Shutdown::Timeout(Duration::from_secs(3)),
            Shutdown::Timeout(Duration::from_secs(9)),
            Shutdown::BrutalKill,
        ] {
            let stubborn = stubborn().shutdown(patience);
            let child = supervisor.start_child(stubborn).await.unwrap().unwrap();
            ends.push(ctx.monitor(child));
        }
        let end = ctx.monitor(supervisor.pid());
        let asked = Instant::now();
        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        let mut times = Vec::new();
        for end in [ends[3], ends[1], ends[0], ends[2]] {
            assert_eq!(down(&mut ctx, end).await, ExitReason::Killed);
            times.push(asked.elapsed().as_secs());
        }
        assert_eq!(times, [0, 3, 9, 9]);
        assert_eq!(down(&mut ctx, end).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_has_five_seconds_and_a_supervisor_all_it_takes() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let slow = stubborn().shutdown(Shutdown::Timeout(Duration::from_secs(40)));
        let inner = Supervisor::new(Strategy::OneForOne).child(slow);
        let outer = Supervisor::new(Strategy::OneForOne)
            .child(ChildSpec::supervisor("inner", inner))
            .child(stubborn());
        let outer = outer.start_link(&mut ctx).await.unwrap();
        let asked = Instant::now();
        ctx.exit(outer.pid(), ExitReason::Shutdown);
        assert_eq!(reason_of(&mut ctx, outer.pid()).await, ExitReason::Shutdown);
        assert_eq!(asked.elapsed().as_secs(), 45);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn restarts_are_forgotten_after_the_period() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(fragile("a", ctx.pid()));
        let supervisor = supervisor.start_link(&mut ctx).await.unwrap();
        text(&mut ctx).await;
        for _ in 0..3 {
            tokio::time::advance(Duration::from_millis(5001)).await;
            ctx.send(pid_of(&supervisor, "a").await, "crash");
            text(&mut ctx).await;
        }
        tokio::time::advance(Duration::from_secs(5)).await;
        ctx.send(pid_of(&supervisor, "a").await, "crash");
        assert_eq!(reason_of(&mut ctx, supervisor.pid()).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test]
async fn what_a_supervisor_does_not_understand_is_refused_or_dropped() {
    as_process(|mut ctx| async move {
        let supervisor = Supervisor::new(Strategy::OneForOne).start_link(&mut ctx).await.unwrap();
        ctx.send(supervisor.pid(), "stray");
        assert_eq!(ctx.call(supervisor.pid(), "what?").await.unwrap_err(), CallError::Refused);

        let echo = ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move {
            while let Mail::Request { from, payload } = ctx.receive().await {
                ctx.reply(from, payload);
            }
        });
        let not_one = SupervisorRef::from_pid(ctx.runtime(), echo);
        assert_eq!(not_one.count_children().await, Err(CallError::Refused.into()));
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_a_supervisor_that_ends_is_told() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let begun = Arc::new(Notify::new());
        let child_begun = begun.clone();
        let slow = ChildSpec::starting("slow", move |mut ctx, starting| {
            let begun = child_begun.clone();
            async move {
                ctx.trap_exit(true);
                starting.ready(&ctx);
                ctx.receive().await;
                begun.notify_one();
                ctx.receive().await;
            }
        });
        let supervisor = Supervisor::new(Strategy::OneForOne).child(slow).start_link(&mut ctx).await.unwrap();
        let child = pid_of(&supervisor, "slow").await;
        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        begun.notified().await;
        let asker = supervisor.clone();
        let (asked, answer) = (supervisor.pid(), tokio::spawn(async move { asker.count_children().await }));
        while ctx.runtime().info(asked).is_none_or(|info| info.mailbox == 0) {
            tokio::task::yield_now().await;
        }
        ctx.send(child, "end");
        assert_eq!(answer.await.unwrap(), Err(CallError::Down(ExitReason::Shutdown).into()));
    })
    .await;
}

#[tokio::test]
async fn labels_are_ids_unless_given() {
    as_process(|mut ctx| async move {
        let label = |label| SpawnOptions::default().label(label);
        let named = Supervisor::new(Strategy::Dynamic).options(label("own"));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .options(label("root"))
            .child(ChildSpec::new("plain", idle))
            .child(ChildSpec::new("labelled", idle).options(label("given")))
            .child(ChildSpec::supervisor("sup", Supervisor::new(Strategy::Dynamic)))
            .child(ChildSpec::supervisor("named", named))
            .start_link(&mut ctx)
            .await
            .unwrap();
        let label_of = |pid| ctx.runtime().info(pid).unwrap().label.unwrap();
        assert_eq!(&*label_of(supervisor.pid()), "root");
        for (id, label) in [("plain", "plain"), ("labelled", "given"), ("sup", "sup"), ("named", "own")] {
            assert_eq!(&*label_of(pid_of(&supervisor, id).await), label);
        }
    })
    .await;
}

#[tokio::test]
async fn impossible_supervisors_do_not_start() {
    let runtime = Runtime::new();
    let zero = Supervisor::new(Strategy::OneForOne).intensity(1, Duration::ZERO);
    let error = ExitReason::crashed(SpecError::ZeroPeriod);
    assert_eq!(zero.start(&runtime).await.unwrap_err(), error);

    let full = Supervisor::new(Strategy::Dynamic).child(ChildSpec::new("a", idle));
    let error = ExitReason::crashed(SpecError::DynamicWithChildren("a".into()));
    assert_eq!(full.start(&runtime).await.unwrap_err(), error);

    let supervisor = Supervisor::new(Strategy::OneForOne).start(&runtime).await.unwrap();
    let significant = ChildSpec::new("a", idle).restart(Restart::Transient).significant();
    let error = SpecError::SignificantForNothing("a".into());
    assert_eq!(supervisor.start_child(significant).await, Err(error.into()));
}
