//! Timers: order, time, cancelling, and the end of the receiver.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{as_process, down, idle, no_mail, reason_of, text};
use rusm_otp::{Context, ExitReason, Mail, Payload, Pid, Runtime, SpawnOptions, TimerRef};
use tokio::time::{Instant, advance};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

async fn message<T: 'static>(ctx: &mut Context) -> T {
    let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
    payload.downcast().expect("another type")
}

#[tokio::test(start_paused = true)]
async fn messages_come_in_order_of_their_times() {
    as_process(|mut ctx| async move {
        let me = ctx.pid();
        // The second is the first to fire, which the driver learns while it sleeps.
        for (delay, name) in [(5000, "d"), (7, "a"), (300, "b"), (300, "c"), (5000, "e"), (5001, "f")] {
            ctx.send_after(ms(delay), me, name);
            tokio::task::yield_now().await;
        }
        for name in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(text(&mut ctx).await, name);
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

/// Set at all sorts of moments between two ticks.
#[tokio::test(start_paused = true)]
async fn none_fires_early_and_none_much_too_late() {
    as_process(|mut ctx| async move {
        const COUNT: u64 = 500;
        for n in 0..COUNT {
            let delay = Duration::from_micros(n * n % 20_011);
            let due = Instant::now() + delay;
            ctx.send_after(delay, ctx.pid(), Payload::new(due));
            advance(Duration::from_micros(n * 37 % 400)).await;
        }
        for _ in 0..COUNT {
            let due: Instant = message(&mut ctx).await;
            assert!(Instant::now() >= due);
        }
        for _ in 0..COUNT {
            let delay = Duration::from_micros(1500);
            let due = Instant::now() + delay;
            ctx.send_after(delay, ctx.pid(), Payload::new(due));
            message::<Instant>(&mut ctx).await;
            assert!(Instant::now() >= due);
            assert!(Instant::now() <= due + ms(2));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_sender_is_who_set_the_timer() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let setter = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            ctx.send_after(ms(10), test, "after its end");
        });
        ctx.runtime().send_after(ms(20), test, "from outside");
        ctx.runtime().send_interval(ms(30), test, "from outside");
        for sender in [setter, Pid::NODE, Pid::NODE] {
            assert!(matches!(ctx.receive().await, Mail::Message { from, .. } if from == sender));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_timer_does_not_fire() {
    as_process(|mut ctx| async move {
        let timer = ctx.send_after(ms(100), ctx.pid(), "never");
        assert_eq!(ctx.read_timer(timer), Some(ms(100)));
        advance(ms(40)).await;
        assert_eq!(ctx.read_timer(timer), Some(ms(60)));
        assert_eq!(ctx.runtime().cancel_timer(timer), Some(ms(60)));
        assert_eq!(ctx.cancel_timer(timer), None);
        assert_eq!(ctx.read_timer(timer), None);

        let other = ctx.send_after(ms(100), ctx.pid(), "later");
        assert_ne!(other, timer);
        assert_eq!(ctx.cancel_timer(timer), None, "its place may be the other's now");
        assert_eq!(text(&mut ctx).await, "later");
        assert_eq!(ctx.cancel_timer(other), None, "it fired");
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

/// However cancelling and firing fall together, each message either was cancelled or arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_timer_fires_or_was_cancelled_and_never_both() {
    as_process(|mut ctx| async move {
        const CROWD: usize = 8;
        const TIMERS: u64 = 2000;
        let test = ctx.pid();
        let cancelled = Arc::new(AtomicUsize::new(0));
        for _ in 0..CROWD {
            let cancelled = cancelled.clone();
            ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
                let timers: Vec<_> = (0..TIMERS).map(|n| ctx.send_after(ms(n % 16), test, "fired")).collect();
                for (n, timer) in timers.into_iter().enumerate() {
                    if ctx.cancel_timer(timer).is_some() {
                        cancelled.fetch_add(1, Ordering::Relaxed);
                    }
                    if n % 64 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
                // Not before any of those.
                ctx.send_after(ms(16), test, "last");
            });
        }
        let (mut fired, mut last) = (0, 0);
        while last < CROWD {
            if let Mail::Message { payload, .. } = ctx.receive().await {
                match payload.as_bytes() {
                    Some(b"last") => last += 1,
                    _ => fired += 1,
                }
            }
        }
        assert_eq!(fired + cancelled.load(Ordering::Relaxed), CROWD * TIMERS as usize);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_interval_neither_drifts_nor_bursts() {
    as_process(|mut ctx| async move {
        let start = Instant::now();
        let period = Duration::from_micros(2500);
        let timer = ctx.send_interval(period, ctx.pid(), "tick");
        for n in 1..=1000 {
            text(&mut ctx).await;
            let due = start + period * n;
            assert!(Instant::now() >= due && Instant::now() < due + ms(1), "tick {n}");
        }
        // The node stands still for three periods and a half.
        advance(Duration::from_micros(8750)).await;
        text(&mut ctx).await;
        assert!(no_mail(&mut ctx).await, "those that were missed are skipped");
        text(&mut ctx).await;
        assert!(start.elapsed() >= period * 1004 && start.elapsed() < period * 1004 + ms(2));

        assert!(ctx.cancel_timer(timer).is_some());
        assert!(ctx.receive_timeout(ms(100)).await.is_none());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_short_period_is_a_millisecond() {
    as_process(|mut ctx| async move {
        let start = Instant::now();
        ctx.send_interval(Duration::from_nanos(1), ctx.pid(), "tick");
        for _ in 0..100 {
            text(&mut ctx).await;
        }
        assert_eq!(start.elapsed(), ms(100));
    })
    .await;
}

#[tokio::test]
async fn an_interval_of_no_time_is_an_error() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            ctx.send_interval(Duration::ZERO, ctx.pid(), "tick");
        });
        let reason = down(&mut ctx, monitor).await;
        assert_eq!(reason, ExitReason::crashed("badarg: an interval of no time"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_cloned_ends_its_interval_alone() {
    struct Once(u32);
    impl Clone for Once {
        fn clone(&self) -> Self {
            panic!("no second one of {}", self.0)
        }
    }
    impl Drop for Once {
        fn drop(&mut self) {
            panic!("nor an end");
        }
    }
    impl From<Once> for Payload {
        fn from(_: Once) -> Self {
            unreachable!()
        }
    }
    as_process(|mut ctx| async move {
        let broken = ctx.send_interval(ms(10), ctx.pid(), Once(1));
        ctx.send_after(ms(20), ctx.pid(), "goes on");
        assert_eq!(text(&mut ctx).await, "goes on");
        assert_eq!(ctx.read_timer(broken), None);
    })
    .await;
}

/// A value that shows whether it was dropped.
#[derive(Clone)]
struct Kept(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl From<Kept> for Payload {
    fn from(kept: Kept) -> Self {
        Payload::new(kept)
    }
}

#[tokio::test]
async fn no_timer_is_kept_for_the_dead() {
    as_process(|mut ctx| async move {
        let nobody = Pid::from_u64(7);
        let timer = ctx.send_after(ms(1), nobody, "nobody gets this");
        assert_eq!(ctx.read_timer(timer), None);

        let victim = ctx.runtime().spawn(SpawnOptions::default(), idle);
        let shared = Arc::new(());
        let set = |n| match n % 2 {
            0 => ctx.send_after(Duration::from_secs(n), victim, Kept(shared.clone())),
            _ => ctx.send_interval(Duration::from_secs(n), victim, Kept(shared.clone())),
        };
        let timers: Vec<TimerRef> = (100..200).map(set).collect();
        let own = ctx.send_after(Duration::from_secs(100), ctx.pid(), "mine");
        assert_eq!(Arc::strong_count(&shared), 101);
        ctx.kill(victim);
        reason_of(&mut ctx, victim).await;
        // From the moment that an end is told.
        assert_eq!(Arc::strong_count(&shared), 1);
        assert!(timers.iter().all(|timer| ctx.read_timer(*timer).is_none()));
        assert!(ctx.cancel_timer(own).is_some());
    })
    .await;
}

/// However the end of the receiver and the setting of timers fall together, none stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_timer_outlives_its_receiver() {
    as_process(|mut ctx| async move {
        for _ in 0..200 {
            let (victim, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
            let shared = Arc::new(());
            let setters: Vec<_> = (0..4)
                .map(|_| {
                    let shared = shared.clone();
                    let setter = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
                        for _ in 0..50 {
                            ctx.send_after(Duration::from_mins(1), victim, Kept(shared.clone()));
                        }
                    });
                    setter.1
                })
                .collect();
            tokio::task::yield_now().await;
            ctx.kill(victim);
            for setter in setters {
                down(&mut ctx, setter).await;
            }
            down(&mut ctx, monitor).await;
            assert_eq!(Arc::strong_count(&shared), 1);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_harms_no_other_timer() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("boom");
        }
    }
    as_process(|mut ctx| async move {
        let victim = ctx.runtime().spawn(SpawnOptions::default(), idle);
        for _ in 0..3 {
            ctx.send_after(ms(10), victim, Payload::new(Bomb));
        }
        ctx.kill(victim);
        assert_eq!(reason_of(&mut ctx, victim).await, ExitReason::Killed);
        ctx.send_after(ms(10), ctx.pid(), "fine");
        assert_eq!(text(&mut ctx).await, "fine");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn for_ever_is_a_long_time() {
    as_process(|mut ctx| async move {
        let me = ctx.pid();
        let long = [ms(u64::MAX), Duration::from_secs(u64::MAX), Duration::MAX];
        let timers: Vec<_> = long
            .into_iter()
            .flat_map(|delay| [ctx.send_after(delay, me, "no"), ctx.send_interval(delay, me, "no")])
            .collect();
        ctx.send_after(Duration::from_secs(30), me, "yes");
        assert_eq!(text(&mut ctx).await, "yes");
        for timer in timers {
            assert!(ctx.read_timer(timer) > Some(Duration::from_hours(24 * 365)));
            assert!(ctx.cancel_timer(timer).is_some());
        }
    })
    .await;
}

/// The driver sleeps a day at most; a timer may take longer.
#[tokio::test(start_paused = true)]
async fn a_delay_of_days_is_exact() {
    let runtime = Runtime::new();
    let days = Duration::from_hours(24 * 30);
    let run = runtime.run(SpawnOptions::default(), |mut ctx| async move {
        let start = Instant::now();
        ctx.send_after(days, ctx.pid(), "at last");
        ctx.receive().await;
        Ok(start.elapsed())
    });
    assert_eq!(run.await, Ok(days));
}

/// Processes keep the runtime, handles do not, so timers go on without any.
#[tokio::test]
async fn timers_need_no_handle_of_the_runtime() {
    let (done, was_done) = tokio::sync::oneshot::channel();
    Runtime::new().spawn(SpawnOptions::default(), |mut ctx| async move {
        ctx.send_after(ms(10), ctx.pid(), "done");
        ctx.receive().await;
        done.send(()).unwrap();
    });
    was_done.await.expect("the message came");
}

/// Timers are set from threads that know nothing of tokio, and wake a driver that parks.
#[test]
fn a_timer_is_set_from_any_thread() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    let (sender, receiver) = std::sync::mpsc::channel();
    let pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
        loop {
            ctx.receive().await;
            sender.send(()).unwrap();
        }
    });
    for _ in 0..10 {
        runtime.send_after(ms(2), pid, "now");
        receiver.recv().expect("the message came");
    }
    drop(tokio);
    let timer = runtime.send_after(ms(2), pid, "never");
    assert_eq!(runtime.read_timer(timer), None, "its receiver ended with the tokio runtime");
}

#[tokio::test]
async fn a_million_timers_are_set_and_cancelled() {
    as_process(|mut ctx| async move {
        let me = ctx.pid();
        let timers: Vec<_> =
            (0..1_000_000).map(|n| ctx.send_after(Duration::from_secs(60 + n % 10_000), me, "no")).collect();
        assert!(timers.iter().all(|timer| ctx.cancel_timer(*timer).is_some()));
        assert!(timers.iter().all(|timer| ctx.cancel_timer(*timer).is_none()));
        ctx.send_after(ms(1), me, "yes");
        assert_eq!(text(&mut ctx).await, "yes");
    })
    .await;
}
