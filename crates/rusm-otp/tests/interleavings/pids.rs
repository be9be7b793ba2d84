//! Pids, slots of the process table, names and groups.

use std::collections::BTreeSet;

use rusm_otp::{ExitReason, Mail, Pid};
use shuttle::future::block_on;

use crate::ends::ENDS;
use crate::{Begun, Observer, assert_empty, check, collect, in_thread, join};

/// One ends and another takes its slot while a third acts on the first.
#[test]
fn a_stale_pid_never_reaches_the_slots_next_process() {
    check(|runtime| {
        let old = Begun::new(runtime, |_ctx| async { Ok(()) });
        let stale = old.pid;
        let successor = {
            in_thread(runtime, move |runtime| {
                // The meddler may have killed it.
                let _ = block_on(old.run);
                let new = Begun::new(runtime, |mut ctx| async move {
                    let mails = collect(&mut ctx).await;
                    let info = ctx.runtime().info(ctx.pid()).unwrap();
                    assert_eq!((info.links, info.monitored_by, info.names), (vec![], vec![], vec![]));
                    assert!(info.groups.is_empty() && info.label.is_none());
                    Ok(mails.len())
                });
                (new.pid, new.go())
            })
        };
        let meddler = Observer::start(runtime, move |ctx| {
            ctx.send(stale, "stale");
            ctx.link(stale);
            ctx.monitor(stale);
            ctx.exit(stale, ExitReason::Shutdown);
            let _ = ctx.runtime().register("stale", stale);
            ctx.runtime().join("stale", stale);
            ctx.kill(stale);
            assert!(!ctx.runtime().is_alive(stale));
        });
        let (new, successor) = successor.join().unwrap();
        assert_ne!(new, stale);
        let ((), mails) = meddler.over(runtime);
        assert!(matches!(mails[..], [Mail::Exit { .. } | Mail::Down { .. }, _]), "{mails:?}");
        assert!(runtime.is_alive(new));
        runtime.send(new, "over");
        assert_eq!(join(successor), Ok(0));
        assert_empty(runtime);
    });
}

#[test]
fn pids_are_given_out_once() {
    check(|runtime| {
        let threads = [(); 3].map(|()| {
            in_thread(runtime, |runtime| {
                let mut pids = Vec::new();
                for _ in 0..3 {
                    let process = Begun::new(runtime, |_ctx| async { Ok(()) });
                    assert!(runtime.list().contains(&process.pid));
                    pids.push(process.pid);
                    block_on(process.run).unwrap();
                }
                pids
            })
        });
        let pids: Vec<Pid> = threads.into_iter().flat_map(join).collect();
        assert_eq!(pids.iter().collect::<BTreeSet<_>>().len(), pids.len());
        assert_empty(runtime);
    });
}

#[test]
fn a_name_goes_to_one_and_does_not_outlive_it() {
    check(|runtime| {
        let takers = [(); 2].map(|()| {
            Begun::new(runtime, |ctx| async move {
                let taken = ctx.register("crown").is_ok();
                if taken {
                    assert_eq!(ctx.runtime().whereis("crown"), Some(ctx.pid()));
                }
                Ok(taken)
            })
        });
        let [a, b] = takers.map(Begun::go).map(|taker| join(taker).unwrap());
        // The second may come after the end of the first.
        assert!(a || b);
        assert_eq!(runtime.whereis("crown"), None);
        assert_empty(runtime);
    });
}

#[test]
fn no_name_and_no_membership_is_given_to_one_that_has_ended() {
    check(|runtime| {
        for end in ENDS {
            let victim = end.begin(runtime);
            let pid = victim.pid;
            let meddler = in_thread(runtime, move |runtime| {
                let _ = runtime.register("late", pid);
                runtime.join("late", pid);
                runtime.leave("victims", pid);
                runtime.join("victims", pid);
                runtime.unregister("victim");
            });
            end.come(runtime, victim);
            join(meddler);
            assert_eq!((runtime.whereis("late"), runtime.whereis("victim")), (None, None));
            assert_empty(runtime);
        }
    });
}
