//! supervisor(3): boot and shutdown, intensity, failing restarts, trees, `auto_shutdown`. As long as
//! `supervisors.erl`, which it follows scenario by scenario.

use std::time::Duration;

use rusm_otp::{
    AutoShutdown, ChildSpec, ChildState, ExitReason, Mail, Payload, Pid, Shutdown, SpawnOptions, Strategy,
    Supervisor, SupervisorRef,
};
use tokio::sync::oneshot;

use crate::driver::because;
use crate::supervision::{
    How, Kind, Plan, Stage, auto, flags, intensity, significant, staged, temporary, transient,
};

staged![
    starts_in_order_and_stops_in_reverse,
    a_dynamic_child_stops_first,
    intensity_one_for_one,
    intensity_one_for_all,
    intensity_rest_for_one,
    intensity_zero,
    intensity_counts_all_children,
    intensity_ignores_ends_without_restart,
    intensity_forgets_after_the_period,
    intensity_of_dynamic_children,
    a_start_fails_at_boot,
    a_start_is_ignored_at_boot,
    a_start_of_a_temporary_child_is_ignored_at_boot,
    two_children_of_one_id_at_boot,
    no_children,
    a_restart_fails_once,
    a_restart_fails_once_one_for_all,
    a_restart_fails_once_rest_for_one,
    a_later_restart_fails_one_for_all,
    a_later_restart_fails_rest_for_one,
    a_restart_fails_for_good,
    a_restart_fails_for_good_one_for_all,
    a_restart_is_ignored,
    a_dynamic_restart_fails_once,
    shutdown_in_time,
    shutdown_out_of_time,
    shutdown_brutal_kill,
    shutdown_that_ends_with_another_reason,
    shutdown_of_a_child_that_does_not_trap,
    shutdown_with_a_dead_child,
    shutdown_of_dynamic_children,
    restart_stops_with_the_same_patience,
    nested_stop_in_reverse,
    nested_escalates,
    nested_escalates_to_the_top,
    nested_and_transient_is_not_restarted,
    nested_and_killed,
    nested_is_counted,
    parent_ends_with_shutdown,
    parent_ends_normally,
    parent_crashes,
    parent_is_killed,
    exit_sent_by_a_stranger,
    killed_with_a_child,
    auto_shutdown_any_by_one,
    auto_shutdown_any_by_another,
    auto_shutdown_any_by_a_crash,
    auto_shutdown_any_by_a_temporary_crash,
    auto_shutdown_all,
    auto_shutdown_all_with_others,
    auto_shutdown_and_terminate_child,
    auto_shutdown_and_escalation,
    significant_without_auto_shutdown,
    significant_and_permanent,
];

const SOON: Shutdown = Shutdown::Timeout(Duration::from_millis(20));

fn one_for_one() -> Supervisor {
    flags(Strategy::OneForOne)
}

// Boot and shutdown.

async fn starts_in_order_and_stops_in_reverse(s: &mut Stage<'_>) {
    let sup = s.start(s.with(one_for_one(), &["a", "b", "c"])).await.unwrap();
    s.state(&sup).await;
    s.shut_down(&sup).await;
}

async fn a_dynamic_child_stops_first(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(one_for_one(), &["a", "b"])).await;
    s.start_child(&sup, s.spec("c")).await;
    s.shut_down(&sup).await;
}

async fn no_children(s: &mut Stage<'_>) {
    let sup = s.start(one_for_one()).await.unwrap();
    s.state(&sup).await;
    s.shut_down(&sup).await;
}

async fn a_start_fails_at_boot(s: &mut Stage<'_>) {
    s.plan("c", &[Plan::Fail]);
    s.start_fails(s.with(one_for_one(), &["a", "b", "c", "d"])).await;
}

async fn a_start_is_ignored_at_boot(s: &mut Stage<'_>) {
    s.plan("b", &[Plan::Ignore]);
    let sup = s.start(s.with(one_for_one(), &["a", "b", "c"])).await.unwrap();
    s.state(&sup).await;
}

async fn a_start_of_a_temporary_child_is_ignored_at_boot(s: &mut Stage<'_>) {
    s.plan("b", &[Plan::Ignore]);
    let sup = s.with(one_for_one(), &["a"]).child(temporary(s.spec("b")));
    let sup = s.start(s.with(sup, &["c"])).await.unwrap();
    s.state(&sup).await;
}

async fn two_children_of_one_id_at_boot(s: &mut Stage<'_>) {
    s.start_fails(s.with(one_for_one(), &["a", "b", "a"])).await;
}

/// a, b and c, with b as given.
async fn between(s: &mut Stage<'_>, b: ChildSpec) -> SupervisorRef {
    let sup = s.with(one_for_one(), &["a"]).child(b);
    s.boot(s.with(sup, &["c"])).await
}

async fn shut_down_and_watch(s: &mut Stage<'_>, b: ChildSpec) {
    let sup = between(s, b).await;
    let b = s.watch("b");
    s.shut_down(&sup).await;
    s.ended(b).await;
}

async fn shutdown_in_time(s: &mut Stage<'_>) {
    let sup = between(s, s.spec_as("b", Kind::Slow).shutdown(Shutdown::Infinity)).await;
    s.shut_down(&sup).await;
}

async fn shutdown_out_of_time(s: &mut Stage<'_>) {
    shut_down_and_watch(s, s.spec_as("b", Kind::Stubborn).shutdown(SOON)).await;
}

async fn shutdown_brutal_kill(s: &mut Stage<'_>) {
    shut_down_and_watch(s, s.spec("b").shutdown(Shutdown::BrutalKill)).await;
}

async fn shutdown_that_ends_with_another_reason(s: &mut Stage<'_>) {
    shut_down_and_watch(s, s.spec_as("b", Kind::Rude)).await;
}

async fn shutdown_of_a_child_that_does_not_trap(s: &mut Stage<'_>) {
    shut_down_and_watch(s, s.spec_as("b", Kind::NotTrapping)).await;
}

async fn shutdown_with_a_dead_child(s: &mut Stage<'_>) {
    let sup = between(s, transient(s.spec("b"))).await;
    s.finish(&sup, "b", How::normal).await;
    s.shut_down(&sup).await;
}

async fn shutdown_of_dynamic_children(s: &mut Stage<'_>) {
    let sup = s.boot_dynamic(flags(Strategy::Dynamic), Kind::NotTrapping, |spec| spec).await;
    let children = ["a", "b", "c"].map(|id| s.watch(id));
    s.shut_down(&sup).await;
    for child in children {
        s.ended(child).await;
    }
}

async fn restart_stops_with_the_same_patience(s: &mut Stage<'_>) {
    let sup = flags(Strategy::OneForAll)
        .child(s.spec_as("a", Kind::Stubborn).shutdown(SOON))
        .child(s.spec("b"))
        .child(s.spec("c").shutdown(Shutdown::BrutalKill));
    let sup = s.boot(sup).await;
    let others = [s.watch("a"), s.watch("c")];
    s.finish(&sup, "b", How::crash).await;
    for other in others {
        s.ended(other).await;
    }
    s.state(&sup).await;
}

// Intensity.

async fn twice(s: &mut Stage<'_>, strategy: Strategy) {
    let sup = s.boot(s.with(intensity(strategy, 1), &["a", "b", "c"])).await;
    s.finish(&sup, "b", How::crash).await;
    s.finish(&sup, "b", How::crash).await;
    s.sup_ends(&sup).await;
}

async fn intensity_one_for_one(s: &mut Stage<'_>) {
    twice(s, Strategy::OneForOne).await;
}

async fn intensity_one_for_all(s: &mut Stage<'_>) {
    twice(s, Strategy::OneForAll).await;
}

async fn intensity_rest_for_one(s: &mut Stage<'_>) {
    twice(s, Strategy::RestForOne).await;
}

async fn intensity_zero(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(intensity(Strategy::OneForOne, 0), &["a", "b", "c"])).await;
    s.finish(&sup, "b", How::kill).await;
    s.sup_ends(&sup).await;
}

async fn intensity_counts_all_children(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(intensity(Strategy::OneForOne, 2), &["a", "b", "c"])).await;
    for id in ["a", "b", "c"] {
        s.finish(&sup, id, How::crash).await;
    }
    s.sup_ends(&sup).await;
}

async fn intensity_ignores_ends_without_restart(s: &mut Stage<'_>) {
    let sup = intensity(Strategy::OneForOne, 1).child(temporary(s.spec("a"))).child(transient(s.spec("b")));
    let sup = s.boot(s.with(sup, &["c"])).await;
    s.finish(&sup, "a", How::crash).await;
    s.finish(&sup, "b", How::normal).await;
    s.finish(&sup, "c", How::crash).await;
    s.state(&sup).await;
}

/// With a period that is over before the second end is told, by any clock.
async fn intensity_forgets_after_the_period(s: &mut Stage<'_>) {
    let sup = Supervisor::new(Strategy::OneForOne).intensity(1, Duration::from_nanos(1));
    let sup = s.boot(s.with(sup, &["a"])).await;
    s.finish(&sup, "a", How::crash).await;
    s.finish(&sup, "a", How::crash).await;
    s.state(&sup).await;
}

async fn intensity_of_dynamic_children(s: &mut Stage<'_>) {
    let sup = s.boot_dynamic(intensity(Strategy::Dynamic, 1), Kind::NotTrapping, |spec| spec).await;
    let others = [s.watch("a"), s.watch("c")];
    s.finish(&sup, "b", How::crash).await;
    s.finish(&sup, "b", How::crash).await;
    s.sup_ends(&sup).await;
    for other in others {
        s.ended(other).await;
    }
}

// Restarts that fail. Each attempt counts as a restart.

async fn failing(
    s: &mut Stage<'_>,
    strategy: Strategy,
    restarts: u32,
    id: &'static str,
    plans: &[Plan],
) -> SupervisorRef {
    let sup = s.boot(s.with(intensity(strategy, restarts), &["a", "b", "c"])).await;
    s.plan(id, plans);
    s.finish(&sup, "b", How::crash).await;
    sup
}

async fn fails_once(s: &mut Stage<'_>, strategy: Strategy, id: &'static str) {
    let sup = failing(s, strategy, 2, id, &[Plan::Fail]).await;
    s.state(&sup).await;
}

async fn a_restart_fails_once(s: &mut Stage<'_>) {
    fails_once(s, Strategy::OneForOne, "b").await;
}

async fn a_restart_fails_once_one_for_all(s: &mut Stage<'_>) {
    fails_once(s, Strategy::OneForAll, "b").await;
}

async fn a_restart_fails_once_rest_for_one(s: &mut Stage<'_>) {
    fails_once(s, Strategy::RestForOne, "b").await;
}

async fn a_later_restart_fails_one_for_all(s: &mut Stage<'_>) {
    fails_once(s, Strategy::OneForAll, "c").await;
}

async fn a_later_restart_fails_rest_for_one(s: &mut Stage<'_>) {
    fails_once(s, Strategy::RestForOne, "c").await;
}

async fn a_restart_fails_for_good(s: &mut Stage<'_>) {
    let sup = failing(s, Strategy::OneForOne, 2, "b", &[Plan::Fail; 4]).await;
    s.sup_ends(&sup).await;
}

async fn a_restart_fails_for_good_one_for_all(s: &mut Stage<'_>) {
    let sup = failing(s, Strategy::OneForAll, 2, "b", &[Plan::Fail; 4]).await;
    s.sup_ends(&sup).await;
}

async fn a_restart_is_ignored(s: &mut Stage<'_>) {
    let sup = failing(s, Strategy::OneForOne, 2, "b", &[Plan::Ignore]).await;
    s.state(&sup).await;
}

async fn a_dynamic_restart_fails_once(s: &mut Stage<'_>) {
    let sup = s.boot_dynamic(flags(Strategy::Dynamic), Kind::Plain, |spec| spec).await;
    s.plan("b", &[Plan::Fail]);
    s.finish(&sup, "b", How::crash).await;
    s.state_of_dynamic(&sup).await;
}

// Supervisors of supervisors.

async fn tree(s: &mut Stage<'_>, change: fn(ChildSpec) -> ChildSpec, restarts: u32) -> SupervisorRef {
    let inner = s.with(intensity(Strategy::OneForOne, 0), &["b", "c"]);
    let outer = s.with(intensity(Strategy::OneForOne, restarts), &["a"]);
    let outer = outer.child(change(ChildSpec::supervisor("inner", inner)));
    s.boot(s.with(outer, &["d"])).await
}

fn as_it_is(spec: ChildSpec) -> ChildSpec {
    spec
}

async fn inner(sup: &SupervisorRef) -> Pid {
    let children = sup.which_children().await.unwrap();
    let child = children.into_iter().find(|child| &*child.id == "inner").expect("the inner one");
    let ChildState::Running(pid) = child.state else { panic!("it runs") };
    pid
}

/// The inner supervisor's end is what the outer one has to be done with.
async fn escalate(s: &mut Stage<'_>, sup: &SupervisorRef, how: How) {
    let inner = inner(sup).await;
    s.finish_and_await(sup, "c", how, inner).await;
}

async fn nested_stop_in_reverse(s: &mut Stage<'_>) {
    let sup = tree(s, as_it_is, 1).await;
    s.shut_down(&sup).await;
}

async fn nested_escalates(s: &mut Stage<'_>) {
    let sup = tree(s, as_it_is, 1).await;
    escalate(s, &sup, How::crash).await;
    s.state(&sup).await;
}

async fn nested_escalates_to_the_top(s: &mut Stage<'_>) {
    let sup = tree(s, as_it_is, 1).await;
    escalate(s, &sup, How::crash).await;
    escalate(s, &sup, How::crash).await;
    s.sup_ends(&sup).await;
}

async fn nested_and_transient_is_not_restarted(s: &mut Stage<'_>) {
    let sup = tree(s, transient, 1).await;
    escalate(s, &sup, How::crash).await;
    s.state(&sup).await;
}

async fn nested_and_killed(s: &mut Stage<'_>) {
    let inner_one = s.with(one_for_one(), &["b"]);
    let sup = s.boot(one_for_one().child(ChildSpec::supervisor("inner", inner_one))).await;
    let pid = inner(&sup).await;
    let b = s.watch("b");
    s.say("inner ends: killed");
    // Its child and the outer supervisor are told at once, in no order.
    s.quiet(true);
    s.driver.ctx.kill(pid);
    s.ended(b).await;
    s.settled(&sup, pid).await;
    s.quiet(false);
    s.state(&sup).await;
}

async fn nested_is_counted(s: &mut Stage<'_>) {
    let sup = tree(s, as_it_is, 1).await;
    s.state(&sup).await;
}

// What comes from outside.

async fn parent_ends(s: &mut Stage<'_>, reason: ExitReason) {
    let supervisor = s.with(one_for_one(), &["a", "b", "c"]);
    let (started, sup) = oneshot::channel();
    s.quiet(true);
    let parent = s.driver.ctx.runtime().spawn(SpawnOptions::default(), |mut ctx| async move {
        let sup = supervisor.start_link(&mut ctx).await.expect("it starts");
        started.send(sup).expect("the driver waits");
        let Mail::Message { payload, .. } = ctx.receive().await else { unreachable!() };
        payload.downcast::<ExitReason>().expect("a reason")
    });
    let sup = sup.await.unwrap();
    s.quiet(false);
    let monitor = s.driver.ctx.monitor(sup.pid());
    s.say(format!("the parent ends: {reason}"));
    if reason == ExitReason::Killed {
        s.driver.ctx.kill(parent);
    } else {
        s.driver.ctx.send(parent, Payload::new(reason));
    }
    let reason = s.reason_of(monitor).await;
    s.say(format!("the supervisor ends: {reason}"));
}

async fn parent_ends_with_shutdown(s: &mut Stage<'_>) {
    parent_ends(s, ExitReason::Shutdown).await;
}

async fn parent_ends_normally(s: &mut Stage<'_>) {
    parent_ends(s, ExitReason::Normal).await;
}

async fn parent_crashes(s: &mut Stage<'_>) {
    parent_ends(s, because()).await;
}

async fn parent_is_killed(s: &mut Stage<'_>) {
    parent_ends(s, ExitReason::Killed).await;
}

async fn exit_sent_by_a_stranger(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(one_for_one(), &["a"])).await;
    let pid = sup.pid();
    let (_, monitor) = s.driver.ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
        ctx.exit(pid, ExitReason::Shutdown);
        ctx.exit(pid, because());
    });
    s.reason_of(monitor).await;
    s.say("a stranger sent it shutdown, then because");
    s.state(&sup).await;
}

async fn killed_with_a_child(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(one_for_one(), &["a"])).await;
    let a = s.watch("a");
    s.say("the supervisor is killed");
    s.driver.ctx.kill(sup.pid());
    s.ended(a).await;
    s.sup_ends(&sup).await;
}

// auto_shutdown.

const ANY: AutoShutdown = AutoShutdown::AnySignificant;
const ALL: AutoShutdown = AutoShutdown::AllSignificant;

async fn auto_shutdown_any_by_one(s: &mut Stage<'_>) {
    let sup = s.with(auto(ANY), &["a"]).child(significant(s.spec("b"))).child(significant(s.spec("c")));
    let sup = s.boot(sup).await;
    s.finish(&sup, "b", How::normal).await;
    s.sup_ends(&sup).await;
}

async fn auto_shutdown_any_by_another(s: &mut Stage<'_>) {
    let sup = s.boot(auto(ANY).child(transient(s.spec("a"))).child(significant(s.spec("b")))).await;
    s.finish(&sup, "a", How::normal).await;
    s.state(&sup).await;
}

async fn auto_shutdown_any_by_a_crash(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(auto(ANY), &["a"]).child(significant(s.spec("b")))).await;
    s.finish(&sup, "b", How::crash).await;
    s.state(&sup).await;
}

async fn auto_shutdown_any_by_a_temporary_crash(s: &mut Stage<'_>) {
    let b = temporary(s.spec("b")).significant();
    let sup = s.boot(s.with(auto(ANY), &["a"]).child(b)).await;
    s.finish(&sup, "b", How::crash).await;
    s.sup_ends(&sup).await;
}

async fn auto_shutdown_all(s: &mut Stage<'_>) {
    let sup = s.boot(auto(ALL).child(significant(s.spec("a"))).child(significant(s.spec("b")))).await;
    s.finish(&sup, "a", How::normal).await;
    s.state(&sup).await;
    s.finish(&sup, "b", How::shutdown).await;
    s.sup_ends(&sup).await;
}

async fn auto_shutdown_all_with_others(s: &mut Stage<'_>) {
    let sup = s.with(auto(ALL), &["a"]).child(significant(s.spec("b"))).child(transient(s.spec("c")));
    let sup = s.boot(sup).await;
    s.finish(&sup, "c", How::normal).await;
    s.state(&sup).await;
    s.finish(&sup, "b", How::normal).await;
    s.sup_ends(&sup).await;
}

async fn auto_shutdown_and_terminate_child(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(auto(ANY), &["a"]).child(significant(s.spec("b")))).await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
}

/// The inner one's `shutdown` is no crash to the outer one, where it is transient and significant itself.
async fn auto_shutdown_and_escalation(s: &mut Stage<'_>) {
    let inner = s.with(one_for_one().auto_shutdown(ANY), &["b"]).child(significant(s.spec("c")));
    let inner = significant(ChildSpec::supervisor("inner", inner));
    let sup = s.boot(s.with(auto(ANY), &["a"]).child(inner)).await;
    escalate(s, &sup, How::normal).await;
    s.sup_ends(&sup).await;
}

async fn significant_without_auto_shutdown(s: &mut Stage<'_>) {
    s.start_fails(one_for_one().child(significant(s.spec("a")))).await;
}

async fn significant_and_permanent(s: &mut Stage<'_>) {
    s.start_fails(one_for_one().auto_shutdown(ANY).child(s.spec("a").significant())).await;
}
