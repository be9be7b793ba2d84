//! Timers against the end of those they belong to.

use std::time::Duration;

use crate::ends::ENDS;
use crate::{assert_empty, check, in_thread, join};

/// More than any test takes.
const LATER: Duration = Duration::from_hours(1);

#[test]
fn no_timer_outlives_its_owner() {
    check(|runtime| {
        for end in ENDS {
            let victim = end.begin(runtime);
            let pid = victim.pid;
            let setters = [(); 2].map(|()| {
                in_thread(runtime, move |runtime| {
                    [runtime.send_after(LATER, pid, "never"), runtime.send_interval(LATER, pid, "never")]
                })
            });
            end.come(runtime, victim);
            for timer in setters.into_iter().flat_map(join) {
                assert_eq!(runtime.read_timer(timer), None);
            }
            assert_empty(runtime);
        }
    });
}

#[test]
fn a_timer_is_cancelled_once() {
    check(|runtime| {
        let end = ENDS[1];
        let victim = end.begin(runtime);
        let timer = runtime.send_after(LATER, victim.pid, "never");
        let cancelled =
            [(); 2].map(|()| in_thread(runtime, move |runtime| runtime.cancel_timer(timer).is_some()));
        end.come(runtime, victim);
        let cancelled = cancelled.map(join);
        assert!(cancelled != [true, true]);
        assert_eq!(runtime.read_timer(timer), None);
        assert_empty(runtime);
    });
}
