//! Messages that come later.

use crate::node::{App, run};

#[test]
fn timers_fire_in_order() {
    assert_eq!(run("timers/after"), "first second");
    assert_eq!(run("timers/interval"), "tick tick tick true None");
}

#[test]
fn a_timer_is_cancelled_or_has_fired() {
    assert_eq!(run("timers/cancel"), "None None None");
    assert_eq!(run("timers/fired"), "None None");
}

#[test]
fn a_timer_is_its_setters_alone_and_ends_with_it() {
    assert_eq!(run("timers/anothers"), "None None");
    assert_eq!(run("timers/of-the-dead"), "tick None");
}

#[test]
fn timers_have_limits() {
    let roomy = App { driver: "max-memory = \"256 MiB\"", ..App::default() };
    assert_eq!(
        roomy.start().run("timers/errors"),
        "a message is at most 16777216 bytes\nan interval is longer than nothing"
    );
    assert_eq!(run("timers/too-many"), "10000: a process has at most 10000 timers; true");
    assert_eq!(
        run("timers/too-much"),
        "4: more of this process's messages are under way than it may have memory"
    );
    assert_eq!(run("timers/long-interval"), "true");
}
