//! [`Runtime::join`], [`Runtime::leave`], [`Runtime::members`], [`Runtime::groups`].
//!
//! Here they take one process at a time: several at once are one after the other, and of several that leave
//! it is enough if one was a member. A process has left when its end is told.

use rusm_otp::{ExitReason, Pid};

use crate::driver::{Driver, because, scenarios};

scenarios![
    join_and_leave,
    joined_twice,
    joined_twice_and_left_once,
    joined_several_at_once,
    left_several_at_once,
    left_without_having_joined,
    left_a_group_that_is_not,
    joined_by_another,
    a_group_that_is_not,
    a_group_is_gone_with_its_last_member,
    an_end_leaves,
    an_end_leaves_all_groups,
    an_end_leaves_as_often_as_joined,
    a_kill_leaves,
    joined_by_the_dead,
    groups_are_told_apart,
];

fn join<const N: usize>(d: &mut Driver, group: &str, pids: [Pid; N]) {
    let joined = pids.map(|pid| d.ctx.runtime().join(group, pid));
    d.say(format!("join: {}", if joined == [true; N] { "ok" } else { "refused" }));
}

fn leave<const N: usize>(d: &mut Driver, group: &str, pids: [Pid; N]) {
    let left = pids.map(|pid| d.ctx.runtime().leave(group, pid));
    d.say(format!("leave: {}", if left.contains(&true) { "ok" } else { "not_joined" }));
}

fn members(d: &mut Driver, group: &str) {
    let mut names: Vec<_> = d.ctx.runtime().members(group).into_iter().map(|pid| d.who(pid)).collect();
    names.sort_unstable();
    let shown = if names.is_empty() { "nobody".to_owned() } else { names.join(" ") };
    d.say(format!("{group}: {shown}"));
}

fn groups(d: &mut Driver) {
    let mut groups = d.ctx.runtime().groups();
    groups.sort_unstable();
    d.say(format!("groups: [{}]", groups.join(",")));
}

async fn join_and_leave(d: &mut Driver) {
    let a = d.start("A");
    join(d, "chat", [a]);
    members(d, "chat");
    leave(d, "chat", [a]);
    members(d, "chat");
}

async fn joined_twice(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a]);
    join(d, "chat", [b]);
    join(d, "chat", [a]);
    members(d, "chat");
}

async fn joined_twice_and_left_once(d: &mut Driver) {
    let a = d.start("A");
    join(d, "chat", [a]);
    join(d, "chat", [a]);
    leave(d, "chat", [a]);
    members(d, "chat");
    leave(d, "chat", [a]);
    members(d, "chat");
    leave(d, "chat", [a]);
}

async fn joined_several_at_once(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a, b, a]);
    members(d, "chat");
}

async fn left_several_at_once(d: &mut Driver) {
    let (a, b, c) = (d.start("A"), d.start("B"), d.start("C"));
    join(d, "chat", [a, b]);
    leave(d, "chat", [a, c]);
    members(d, "chat");
    leave(d, "chat", [c]);
}

async fn left_without_having_joined(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a]);
    leave(d, "chat", [b]);
    members(d, "chat");
}

async fn left_a_group_that_is_not(d: &mut Driver) {
    let a = d.start("A");
    leave(d, "chat", [a]);
}

async fn joined_by_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    d.act(b, move |ctx| ctx.runtime().join("chat", a)).await;
    members(d, "chat");
    d.ends_with(b, because());
    d.ends(b).await;
    members(d, "chat");
}

async fn a_group_that_is_not(d: &mut Driver) {
    members(d, "chat");
    groups(d);
}

async fn a_group_is_gone_with_its_last_member(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a, b]);
    groups(d);
    leave(d, "chat", [a]);
    groups(d);
    leave(d, "chat", [b]);
    groups(d);
}

async fn an_end_leaves(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a, b]);
    d.ends_with(a, ExitReason::Normal);
    d.until_end(a).await;
    members(d, "chat");
}

async fn an_end_leaves_all_groups(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a, b]);
    join(d, "news", [a]);
    d.ends_with(a, because());
    d.until_end(a).await;
    members(d, "chat");
    members(d, "news");
    groups(d);
}

async fn an_end_leaves_as_often_as_joined(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a, b, a]);
    d.ends_with(a, because());
    d.until_end(a).await;
    members(d, "chat");
}

async fn a_kill_leaves(d: &mut Driver) {
    let a = d.start("A");
    join(d, "chat", [a]);
    d.ctx.kill(a);
    d.until_end(a).await;
    members(d, "chat");
}

async fn joined_by_the_dead(d: &mut Driver) {
    let x = d.dead().await;
    join(d, "chat", [x]);
    members(d, "chat");
    groups(d);
}

async fn groups_are_told_apart(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    join(d, "chat", [a]);
    join(d, "news", [b]);
    members(d, "chat");
    members(d, "news");
    leave(d, "news", [a]);
}
