//! What a supervisor tells of its work: the reports that OTP's supervisors log.

use crate::runtime::Shared;
use crate::{Context, ExitReason, Pid};

/// What happened to a child, or to the supervisor for its sake.
#[derive(Debug)]
#[allow(dead_code, reason = "what is told here is for whoever observes the node")]
pub(crate) enum Event<'a> {
    /// It ended by itself, and it was not meant to.
    ChildTerminated { id: &'a str, pid: Pid, reason: &'a ExitReason },
    /// It has a new process. `reason` is why the old one ended: by itself, or stopped with a sibling.
    Restarted { id: &'a str, old: Pid, new: Pid, reason: &'a ExitReason },
    /// It did not start.
    StartFailed { id: &'a str, reason: &'a ExitReason },
    /// It was stopped, and ended otherwise than it was asked to.
    StopFailed { id: &'a str, pid: Pid, reason: &'a ExitReason },
    /// Its restart would have been one too many: the supervisor ends.
    IntensityReached { id: &'a str },
}

pub(super) fn report(ctx: &Context, event: &Event<'_>) {
    ctx.runtime.0.tell_supervision(ctx.pid, event);
}

impl Shared {
    /// Nobody observes supervisors.
    #[allow(clippy::unused_self, reason = "observers will be the runtime's")]
    pub(crate) fn tell_supervision(&self, _supervisor: Pid, _event: &Event<'_>) {}
}
