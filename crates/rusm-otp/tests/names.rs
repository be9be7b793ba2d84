//! Names: `erlang:register/2`, `unregister/1`, `whereis/1`.

mod common;

use common::{as_process, down, idle};
use rusm_otp::{NameError, Pid, SpawnOptions};

#[tokio::test]
async fn one_name_is_one_process() {
    as_process(|ctx| async move {
        let (runtime, other) = (ctx.runtime(), ctx.runtime().spawn(SpawnOptions::default(), idle));
        runtime.register("clock", other).unwrap();
        let taken = ctx.register("clock").unwrap_err();
        assert_eq!(taken, NameError::Taken { name: "clock".into(), holder: other });
        assert_eq!(taken.to_string(), format!("the name `clock` is taken by process {other}"));
        assert_eq!(runtime.whereis("clock"), Some(other));
    })
    .await;
}

#[tokio::test]
async fn one_process_may_have_several_names() {
    as_process(|ctx| async move {
        ctx.register("a").unwrap();
        ctx.register("b").unwrap();
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().names, ["a".into(), "b".into()]);
    })
    .await;
}

#[tokio::test]
async fn an_unregistered_name_is_free() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        runtime.register("x", child).unwrap();
        assert_eq!(runtime.unregister("x"), Some(child));
        assert_eq!(runtime.unregister("x"), None);
        ctx.register("x").unwrap();
        runtime.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(runtime.whereis("x"), Some(ctx.pid()));
    })
    .await;
}

#[tokio::test]
async fn the_dead_and_the_dying_take_no_names() {
    as_process(|ctx| async move {
        let runtime = ctx.runtime();
        assert_eq!(runtime.register("x", Pid::NODE), Err(NameError::NoProcess(Pid::NODE)));
        let child = runtime.spawn(SpawnOptions::default(), idle);
        runtime.kill(child);
        assert_eq!(runtime.register("x", child), Err(NameError::NoProcess(child)));
        assert_eq!(runtime.whereis("x"), None);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_free_when_the_down_arrives() {
    as_process(|mut ctx| async move {
        for _ in 0..1000 {
            let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
                ctx.register("phoenix").unwrap();
            });
            down(&mut ctx, monitor).await;
            assert_eq!(ctx.runtime().whereis("phoenix"), None, "{child}");
        }
    })
    .await;
}
