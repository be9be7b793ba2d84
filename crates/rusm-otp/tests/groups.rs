//! Groups: Erlang's `pg`.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{as_process, down, idle, no_mail, text};
use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};

fn spawn_idle(runtime: &Runtime) -> Pid {
    runtime.spawn(SpawnOptions::default(), idle)
}

fn no_groups(runtime: &Runtime) -> bool {
    runtime.groups().is_empty()
}

#[tokio::test]
async fn members_are_in_the_order_of_their_pids() {
    let runtime = Runtime::new();
    let mut pids = [(); 5].map(|()| spawn_idle(&runtime));
    pids.sort_unstable();
    for n in [3, 0, 4, 1, 2] {
        assert!(runtime.join("room", pids[n]));
    }
    assert_eq!(runtime.members("room"), pids);
    assert_eq!(runtime.groups(), ["room".into()]);
}

#[tokio::test]
async fn one_who_joined_twice_is_twice_a_member_and_leaves_twice() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        assert!(ctx.join("room"));
        assert!(ctx.join("room"));
        assert_eq!(runtime.members("room"), [ctx.pid(), ctx.pid()]);
        assert_eq!(runtime.info(ctx.pid()).unwrap().groups, ["room".into()]);
        assert_eq!(ctx.broadcast("room", "hello"), 2);
        assert_eq!((text(&mut ctx).await, text(&mut ctx).await), ("hello".into(), "hello".into()));
        assert!(no_mail(&mut ctx).await);

        assert!(ctx.leave("room"));
        assert_eq!(runtime.members("room"), [ctx.pid()]);
        assert_eq!(runtime.info(ctx.pid()).unwrap().groups, ["room".into()]);
        assert!(ctx.leave("room"));
        assert!(!ctx.leave("room"));
        assert!(no_groups(&runtime));
        assert!(runtime.info(ctx.pid()).unwrap().groups.is_empty());
    })
    .await;
}

#[tokio::test]
async fn groups_are_apart_from_each_other() {
    as_process(|ctx| async move {
        let (runtime, other) = (ctx.runtime(), spawn_idle(ctx.runtime()));
        ctx.join("a");
        ctx.join("b");
        runtime.join("b", other);
        assert!(!runtime.leave("a", other));
        assert!(ctx.leave("a"));
        assert_eq!(runtime.groups(), ["b".into()]);
        assert_eq!(runtime.info(ctx.pid()).unwrap().groups, ["b".into()]);
        assert_eq!(runtime.members("b").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_end_ends_all_memberships_before_it_is_told() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        for killed in [true, false] {
            let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |mut ctx| async move {
                for group in ["a", "b", "b"] {
                    ctx.join(group);
                }
                ctx.receive().await;
            });
            while runtime.members("b").len() < 2 {
                tokio::task::yield_now().await;
            }
            if killed {
                ctx.kill(child);
            } else {
                ctx.send(child, "go home");
            }
            down(&mut ctx, monitor).await;
            assert!(no_groups(&runtime));
            assert!(runtime.members("b").is_empty());
            assert_eq!(ctx.broadcast("b", "hello?"), 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_dead_and_the_dying_join_nothing() {
    as_process(|ctx| async move {
        let runtime = ctx.runtime();
        for nobody in [Pid::NODE, Pid::from_u64(7)] {
            assert!(!runtime.join("room", nobody));
            assert!(!runtime.leave("room", nobody));
        }
        let dying = spawn_idle(runtime);
        runtime.kill(dying);
        assert!(!runtime.join("room", dying));
        assert!(no_groups(runtime));
    })
    .await;
}

#[tokio::test]
async fn a_group_goes_with_its_last_member() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        runtime.join("room", child);
        ctx.join("room");
        ctx.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(runtime.members("room"), [ctx.pid()]);
        ctx.leave("room");
        assert!(no_groups(&runtime));
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_reaches_each_member_once_in_order_and_shares_its_bytes() {
    as_process(|mut ctx| async move {
        const MEMBERS: usize = 10;
        let test = ctx.pid();
        for _ in 0..MEMBERS {
            let member = ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
                for expected in ["first", "second"] {
                    let Mail::Message { from, payload } = ctx.receive().await else { panic!("no message") };
                    assert_eq!((from, payload.as_bytes()), (test, Some(expected.as_bytes())));
                    ctx.send(test, payload);
                }
            });
            assert!(ctx.runtime().join("room", member));
        }
        let bytes = bytes::Bytes::from("first".to_owned());
        assert_eq!(ctx.broadcast("room", bytes.clone()), MEMBERS);
        assert_eq!(ctx.broadcast("room", "second"), MEMBERS);
        let mut shared = 0;
        for _ in 0..2 * MEMBERS {
            let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
            shared += usize::from(payload.into_bytes().unwrap().as_ptr() == bytes.as_ptr());
        }
        assert_eq!(shared, MEMBERS);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_from_outside_comes_from_the_node() {
    as_process(|mut ctx| async move {
        ctx.join("room");
        assert_eq!(ctx.runtime().broadcast("room", "hello"), 1);
        assert!(matches!(ctx.receive().await, Mail::Message { from: Pid::NODE, .. }));
    })
    .await;
}

/// Joining, leaving and ending at once, for the same processes, seen by one who only looks: no membership
/// outlives its process.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn join_leave_and_death_together_leave_nothing() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let over = Arc::new(AtomicBool::new(false));
        let looker = tokio::spawn({
            let (runtime, over) = (runtime.clone(), over.clone());
            async move {
                while !over.load(Ordering::Relaxed) {
                    runtime.broadcast("room 0", "tick");
                    for group in runtime.groups() {
                        runtime.members(&group);
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        for round in 0..300 {
            let members: Vec<_> = (0..8).map(|_| ctx.spawn_monitor(SpawnOptions::default(), idle)).collect();
            let pids: Vec<_> = members.iter().map(|(pid, _)| *pid).collect();
            let meddlers = [0, 1, 2].map(|meddler| {
                let (runtime, pids) = (runtime.clone(), pids.clone());
                tokio::spawn(async move {
                    for (n, pid) in pids.into_iter().enumerate() {
                        let group = format!("room {}", n % 2);
                        match meddler {
                            0 => {
                                runtime.join(group.clone(), pid);
                                runtime.join(group, pid);
                            }
                            1 => drop(runtime.leave(&group, pid)),
                            _ if (n + round) % 3 == 0 => runtime.exit(pid, ExitReason::Shutdown),
                            _ => runtime.kill(pid),
                        }
                    }
                })
            });
            for meddler in meddlers {
                meddler.await.unwrap();
            }
            for (pid, monitor) in members {
                down(&mut ctx, monitor).await;
                assert!(!runtime.join("room 0", pid));
            }
            assert!(no_groups(&runtime), "{:?}", runtime.groups());
        }
        over.store(true, Ordering::Relaxed);
        looker.await.unwrap();
    })
    .await;
}
