//! The end of a process against all that others do with it meanwhile.

use rusm_otp::{Context, ExitReason, Mail, Payload, Pid, Runtime};
use shuttle::sync::mpsc::channel;
use shuttle::thread;

use crate::{Begun, Observer, assert_empty, check, in_thread, join};

/// How the other end of a bond comes to its own.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Itself,
    Kill,
    Exit,
}

pub(crate) const ENDS: [End; 3] = [End::Itself, End::Kill, End::Exit];

impl End {
    pub(crate) fn reason(self) -> ExitReason {
        match self {
            Self::Itself => ExitReason::shutdown_with("done"),
            Self::Kill => ExitReason::Killed,
            Self::Exit => ExitReason::shutdown_with("told"),
        }
    }

    /// A process that will end this way, and has a name and a group until then.
    pub(crate) fn begin(self, runtime: &Runtime) -> Begun<()> {
        let victim = Begun::new(runtime, move |mut ctx| async move {
            if matches!(self, Self::Itself) {
                return Err(self.reason());
            }
            loop {
                ctx.receive().await;
            }
        });
        runtime.register("victim", victim.pid).unwrap();
        assert!(runtime.join("victims", victim.pid));
        victim
    }

    /// Has it end, and waits until it has.
    pub(crate) fn come(self, runtime: &Runtime, victim: Begun<()>) {
        let pid = victim.pid;
        let victim = victim.go();
        match self {
            Self::Itself => {}
            Self::Kill => runtime.kill(pid),
            Self::Exit => runtime.exit(pid, self.reason()),
        }
        assert_eq!(join(victim), Err(self.reason()));
    }
}

/// A process that acts on another while that ends, and what it got.
fn against_an_end<T: Send + 'static>(
    runtime: &Runtime,
    end: End,
    act: impl FnOnce(&mut Context, Pid) -> T + Send + 'static,
) -> (T, Pid, Vec<Mail>) {
    let victim = end.begin(runtime);
    let pid = victim.pid;
    let observer = Observer::start(runtime, move |ctx| act(ctx, pid));
    end.come(runtime, victim);
    let (acted, mails) = observer.over(runtime);
    assert_empty(runtime);
    (acted, pid, mails)
}

#[test]
fn a_link_to_one_that_ends_brings_one_exit() {
    check(|runtime| {
        for end in ENDS {
            let ((), victim, mails) = against_an_end(runtime, end, |ctx, victim| ctx.link(victim));
            let [Mail::Exit { from, reason }] = &mails[..] else { panic!("{mails:?}") };
            assert_eq!(*from, victim);
            assert!(*reason == end.reason() || *reason == ExitReason::NoProcess, "{reason}");
        }
    });
}

#[test]
fn a_link_that_is_taken_away_brings_an_exit_before_or_none() {
    check(|runtime| {
        for end in ENDS {
            let (came, _, mails) = against_an_end(runtime, end, |ctx, victim| {
                ctx.link(victim);
                thread::yield_now();
                ctx.unlink(victim);
                ctx.runtime().info(ctx.pid()).unwrap().mailbox
            });
            let exits = mails.iter().filter(|mail| matches!(mail, Mail::Exit { .. })).count();
            assert_eq!((exits, mails.len()), (came, came), "{mails:?}");
            assert!(came <= 1);
        }
    });
}

#[test]
fn one_that_unlinks_before_it_waits_survives() {
    check(|runtime| {
        for end in ENDS {
            let victim = end.begin(runtime);
            let other = victim.pid;
            let linker = Begun::new(runtime, move |ctx| async move {
                ctx.link(other);
                thread::yield_now();
                ctx.unlink(other);
                Ok(ctx.runtime().is_alive(ctx.pid()))
            });
            let linker = linker.go();
            end.come(runtime, victim);
            assert_eq!(join(linker), Ok(true));
            assert_empty(runtime);
        }
    });
}

#[test]
fn both_ends_of_a_link_may_end_at_once() {
    check(|runtime| {
        let [a, b] = [(), ()].map(|()| {
            Begun::new(runtime, |mut ctx| async move {
                let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
                let other: Pid = payload.downcast().unwrap();
                ctx.link(other);
                ctx.monitor(other);
                Err::<(), _>(ExitReason::Shutdown)
            })
        });
        let pids = [a.pid, b.pid];
        runtime.send(pids[0], Payload::new(pids[1]));
        runtime.send(pids[1], Payload::new(pids[0]));
        let ends = [a.go(), b.go()].map(|run| join(run).unwrap_err());
        // Whoever links to one that was gone already is told noproc, and ends by it.
        assert!(ends.contains(&ExitReason::Shutdown), "{ends:?}");
        assert_empty(runtime);
    });
}

#[test]
fn two_that_link_and_unlink_each_other_agree() {
    check(|runtime| {
        let partners = [0, 1].map(|parity| {
            let (sender, other) = channel();
            let partner = Observer::start(runtime, move |ctx| {
                let other = other.recv().unwrap();
                for n in 0..3 {
                    if n % 2 == parity { ctx.link(other) } else { ctx.unlink(other) }
                }
            });
            (partner, sender)
        });
        let [(a, to_a), (b, to_b)] = partners;
        to_a.send(b.pid).unwrap();
        to_b.send(a.pid).unwrap();
        a.acted.recv().unwrap();
        b.acted.recv().unwrap();
        let links = [a.pid, b.pid].map(|pid| runtime.info(pid).unwrap().links.len());
        assert_eq!(links[0], links[1]);
        for pid in [a.pid, b.pid] {
            runtime.send(pid, "over");
        }
        join(a.run).unwrap();
        join(b.run).unwrap();
        assert_empty(runtime);
    });
}

#[test]
fn a_down_comes_when_names_and_memberships_are_gone() {
    check(|runtime| {
        for end in ENDS {
            let victim = end.begin(runtime);
            let other = victim.pid;
            let watcher = Begun::new(runtime, move |mut ctx| async move {
                let monitor = ctx.monitor(other);
                let Mail::Down { monitor: of, pid, reason } = ctx.receive().await else { panic!("no down") };
                assert_eq!((of, pid), (monitor, other));
                assert!(reason == end.reason() || reason == ExitReason::NoProcess, "{reason}");
                assert!(!ctx.runtime().is_alive(other));
                if reason != ExitReason::NoProcess {
                    assert_eq!(ctx.runtime().whereis("victim"), None);
                    assert!(ctx.runtime().members("victims").is_empty());
                }
                Ok(())
            });
            let watcher = watcher.go();
            end.come(runtime, victim);
            assert_eq!(join(watcher), Ok(()));
            assert_empty(runtime);
        }
    });
}

#[test]
fn a_monitor_of_one_that_ends_brings_one_down() {
    check(|runtime| {
        for end in ENDS {
            let (monitor, victim, mails) = against_an_end(runtime, end, |ctx, victim| ctx.monitor(victim));
            let [Mail::Down { monitor: of, pid, reason }] = &mails[..] else { panic!("{mails:?}") };
            assert_eq!((*of, *pid), (monitor, victim));
            assert!(*reason == end.reason() || *reason == ExitReason::NoProcess, "{reason}");
        }
    });
}

#[test]
fn a_monitor_that_is_taken_back_says_whether_a_down_comes() {
    check(|runtime| {
        for end in ENDS {
            let (active, _, mails) = against_an_end(runtime, end, |ctx, victim| {
                let monitor = ctx.monitor(victim);
                thread::yield_now();
                ctx.demonitor(monitor)
            });
            assert_eq!(mails.len(), usize::from(!active), "{mails:?}");
            let ((), _, mails) = against_an_end(runtime, end, |ctx, victim| {
                let monitor = ctx.monitor(victim);
                thread::yield_now();
                ctx.demonitor_flush(monitor);
            });
            assert!(mails.is_empty(), "{mails:?}");
        }
    });
}

#[test]
fn of_several_ends_one_counts_and_all_are_told_the_same() {
    check(|runtime| {
        let victim = Begun::new(runtime, |mut ctx| async move {
            ctx.receive().await;
            Err::<(), _>(ExitReason::shutdown_with("by itself"))
        });
        let pid = victim.pid;
        let watchers = [(); 2].map(|()| {
            let watcher = Observer::start(runtime, move |ctx| {
                ctx.link(pid);
                ctx.monitor(pid);
            });
            while runtime.info(watcher.pid).unwrap().monitors.is_empty() {
                thread::yield_now();
            }
            watcher
        });
        let victim = victim.go();
        let ends = [
            in_thread(runtime, move |runtime| runtime.kill(pid)),
            in_thread(runtime, move |runtime| runtime.exit(pid, ExitReason::Shutdown)),
            in_thread(runtime, move |runtime| runtime.send(pid, "end")),
        ];
        ends.into_iter().for_each(join);
        let reason = join(victim).unwrap_err();
        for watcher in watchers {
            let ((), mails) = watcher.over(runtime);
            assert_eq!(mails.iter().map(reason_of).collect::<Vec<_>>(), [&reason, &reason]);
        }
        assert_empty(runtime);
    });
}

#[test]
fn a_dropped_run_tells_as_any_end() {
    check(|runtime| {
        let victim = End::Kill.begin(runtime);
        let pid = victim.pid;
        let watcher = Observer::start(runtime, move |ctx| {
            ctx.link(pid);
            ctx.monitor(pid);
        });
        let sender = in_thread(runtime, move |runtime| runtime.exit(pid, ExitReason::Shutdown));
        drop(victim.run);
        join(sender);
        let ((), mails) = watcher.over(runtime);
        assert_eq!(mails.len(), 2, "{mails:?}");
        let possible = [ExitReason::Shutdown, ExitReason::Killed, ExitReason::NoProcess];
        assert!(mails.iter().map(reason_of).all(|reason| possible.contains(reason)), "{mails:?}");
        assert_empty(runtime);
    });
}

fn reason_of(mail: &Mail) -> &ExitReason {
    match mail {
        Mail::Exit { reason, .. } | Mail::Down { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}
