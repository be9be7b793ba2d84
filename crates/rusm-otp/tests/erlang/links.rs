//! [`Context::link`], [`Context::unlink`], [`Context::spawn_link`].

use rusm_otp::{ExitReason, Pid, SpawnOptions};

use crate::driver::{Driver, because, scenarios};

scenarios![
    a_crash_ends_who_linked,
    a_crash_ends_who_was_linked_to,
    a_normal_end_is_ignored,
    a_normal_end_is_mail_when_trapped,
    an_error_carries_its_text,
    a_chain_falls_with_one_reason,
    a_chain_stops_where_it_is_trapped,
    a_ring_falls_whole,
    a_star_falls_whole,
    killed_passes_through_two_links,
    to_exit_with_kill_kills_no_link,
    to_exit_with_killed_is_an_ordinary_reason,
    two_links_are_one,
    one_unlink_undoes_two_links,
    an_unlink_from_the_other_side,
    an_unlink_of_a_stranger,
    an_unlink_of_oneself,
    a_link_made_again_holds,
    a_link_to_oneself,
    a_link_to_the_dead_when_trapping,
    a_link_to_the_dead_without_trapping,
    a_link_to_the_dead_then_unlinked,
    a_trapped_end_uses_the_link_up,
    spawned_linked_and_over_at_once,
    spawned_linked_and_the_parent_crashes,
    spawned_linked_and_the_parent_ends_normally,
];

async fn linked(d: &mut Driver) -> (Pid, Pid) {
    let (a, b) = (d.start("A"), d.start("B"));
    d.act(a, move |ctx| ctx.link(b)).await;
    (a, b)
}

async fn a_crash_ends_who_linked(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.ends_with(b, because());
    d.ends(b).await;
    d.ends(a).await;
}

async fn a_crash_ends_who_was_linked_to(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.ends_with(a, because());
    d.ends(a).await;
    d.ends(b).await;
}

async fn a_normal_end_is_ignored(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.ends_with(b, ExitReason::Normal);
    d.ends(b).await;
    d.nothing_more(a).await;
    d.alive(a);
}

async fn a_normal_end_is_mail_when_trapped(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.act(a, |ctx| ctx.trap_exit(true)).await;
    d.ends_with(b, ExitReason::Normal);
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn an_error_carries_its_text(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    d.act(a, move |ctx| ctx.link(b)).await;
    d.tell(b, |_| panic!("oh"));
    d.sees(a).await;
    d.ends(b).await;
}

/// Each is linked to the one before.
async fn chain<const N: usize>(d: &mut Driver, names: [&'static str; N]) -> [Pid; N] {
    let pids = names.map(|name| d.start(name));
    for pair in pids.windows(2) {
        let before = pair[0];
        d.act(pair[1], move |ctx| ctx.link(before)).await;
    }
    pids
}

async fn a_chain_falls_with_one_reason(d: &mut Driver) {
    let pids = chain(d, ["A", "B", "C", "D"]).await;
    d.ends_with(pids[1], because());
    for pid in pids {
        d.ends(pid).await;
    }
}

async fn a_chain_stops_where_it_is_trapped(d: &mut Driver) {
    let [first, second, third, fourth] = chain(d, ["A", "B", "C", "D"]).await;
    d.act(third, |ctx| ctx.trap_exit(true)).await;
    d.ends_with(first, because());
    d.ends(first).await;
    d.ends(second).await;
    d.sees(third).await;
    d.nothing_more(third).await;
    d.nothing_more(fourth).await;
    d.alive(fourth);
}

async fn a_ring_falls_whole(d: &mut Driver) {
    let pids @ [first, second, last] = chain(d, ["A", "B", "C"]).await;
    d.act(first, move |ctx| ctx.link(last)).await;
    d.ends_with(second, because());
    for pid in pids {
        d.ends(pid).await;
    }
}

async fn a_star_falls_whole(d: &mut Driver) {
    let centre = d.start("A");
    let others = ["B", "C", "D"].map(|name| d.start(name));
    for other in others {
        d.act(centre, move |ctx| ctx.link(other)).await;
    }
    d.ends_with(others[0], because());
    d.ends(centre).await;
    for other in others {
        d.ends(other).await;
    }
}

async fn killed_passes_through_two_links(d: &mut Driver) {
    let [a, b, c] = chain(d, ["A", "B", "C"]).await;
    d.act(c, |ctx| ctx.trap_exit(true)).await;
    d.ctx.kill(a);
    d.ends(a).await;
    d.ends(b).await;
    d.sees(c).await;
}

async fn to_exit_with_kill_kills_no_link(d: &mut Driver) {
    let (a, b, c) = (d.start_trapping("A").await, d.start("B"), d.start("C"));
    d.act(a, move |ctx| ctx.link(b)).await;
    d.act(c, move |ctx| ctx.link(b)).await;
    // The signal `kill` is a method here, and no reason; the word alone does nothing.
    d.ends_with(b, ExitReason::crashed("kill"));
    d.ends(b).await;
    d.sees(a).await;
    d.ends(c).await;
    d.alive(a);
}

async fn to_exit_with_killed_is_an_ordinary_reason(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    d.act(a, move |ctx| ctx.link(b)).await;
    d.ends_with(b, ExitReason::Killed);
    d.ends(b).await;
    d.sees(a).await;
    d.alive(a);
}

fn link_twice(other: Pid) -> impl FnOnce(&mut rusm_otp::Context) + Send {
    move |ctx| {
        ctx.link(other);
        ctx.link(other);
    }
}

async fn two_links_are_one(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    d.act(a, link_twice(b)).await;
    d.act(b, move |ctx| ctx.link(a)).await;
    d.ends_with(b, because());
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn one_unlink_undoes_two_links(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    d.act(a, link_twice(b)).await;
    d.act(a, move |ctx| ctx.unlink(b)).await;
    d.ends_with(b, because());
    d.ends(b).await;
    d.nothing_more(a).await;
}

async fn an_unlink_from_the_other_side(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.act(b, move |ctx| ctx.unlink(a)).await;
    d.ends_with(a, because());
    d.ends(a).await;
    d.nothing_more(b).await;
    d.alive(b);
}

async fn an_unlink_of_a_stranger(d: &mut Driver) {
    let (a, b, x) = (d.start_trapping("A").await, d.start("B"), d.dead().await);
    d.act(a, move |ctx| {
        ctx.unlink(b);
        ctx.unlink(x);
    })
    .await;
    d.nothing_more(a).await;
    d.alive(b);
}

async fn an_unlink_of_oneself(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    d.act(a, |ctx| ctx.unlink(ctx.pid())).await;
    d.nothing_more(a).await;
}

async fn a_link_made_again_holds(d: &mut Driver) {
    let (a, b) = linked(d).await;
    d.act(a, move |ctx| {
        ctx.unlink(b);
        ctx.link(b);
    })
    .await;
    d.ends_with(b, because());
    d.ends(a).await;
}

async fn a_link_to_oneself(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    d.act(a, |ctx| ctx.link(ctx.pid())).await;
    d.nothing_more(a).await;
    d.ends_with(a, because());
    d.ends(a).await;
}

async fn a_link_to_the_dead_when_trapping(d: &mut Driver) {
    let (a, x) = (d.start_trapping("A").await, d.dead().await);
    d.act(a, move |ctx| ctx.link(x)).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn a_link_to_the_dead_without_trapping(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    d.tell(a, move |ctx| ctx.link(x));
    d.ends(a).await;
}

async fn a_link_to_the_dead_then_unlinked(d: &mut Driver) {
    let (a, x, b) = (d.start_trapping("A").await, d.dead().await, d.start("B"));
    d.act(a, move |ctx| ctx.link(x)).await;
    d.sees(a).await;
    d.act(a, move |ctx| {
        ctx.unlink(x);
        ctx.link(b);
    })
    .await;
    d.ends_with(b, because());
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn a_trapped_end_uses_the_link_up(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    d.act(a, move |ctx| ctx.link(b)).await;
    d.ends_with(b, because());
    d.sees(a).await;
    d.act(a, move |ctx| ctx.link(b)).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn spawned_linked_and_over_at_once(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    let b = d.act(a, |ctx| ctx.spawn_link(SpawnOptions::default(), |_ctx| async { because() })).await;
    d.name(b, "B");
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn parent_and_child(d: &mut Driver) -> (Pid, Pid) {
    let a = d.start("A");
    let b =
        d.act(a, |ctx| ctx.spawn_link(SpawnOptions::default(), |_ctx| std::future::pending::<()>())).await;
    (a, d.name(b, "B"))
}

async fn spawned_linked_and_the_parent_crashes(d: &mut Driver) {
    let (a, b) = parent_and_child(d).await;
    d.ends_with(a, because());
    d.ends(a).await;
    d.ends(b).await;
}

async fn spawned_linked_and_the_parent_ends_normally(d: &mut Driver) {
    let (a, b) = parent_and_child(d).await;
    d.ends_with(a, ExitReason::Normal);
    d.ends(a).await;
    d.alive(b);
}
