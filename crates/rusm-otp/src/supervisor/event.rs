//! What a supervisor tells of its work: the reports that OTP's supervisors log.

use crate::{Context, Event, Pid};

/// Tells those who observe the runtime. The event is made, with the supervisor's pid, if there are any.
pub(super) fn report(ctx: &Context, event: impl FnOnce(Pid) -> Event) {
    ctx.runtime.0.observers.tell(|| event(ctx.pid));
}
