//! Messages that the node sends later.

use rquickjs::{Ctx, Result};

use super::{Big, Bytes, Natives, milliseconds, throw, time};
use crate::bindings::rusm::runtime::timer::{self, TimerError};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add("sendAfter", |ctx: Ctx<'_>, delay: f64, to: Big, body: Bytes| {
        set(&ctx, timer::send_after(time(Some(delay)).unwrap_or(u64::MAX), to.0, &body.0))
    })?;
    natives.add("sendInterval", |ctx: Ctx<'_>, period: f64, to: Big, body: Bytes| {
        set(&ctx, timer::send_interval(time(Some(period)).unwrap_or(u64::MAX), to.0, &body.0))
    })?;
    natives.add("cancelTimer", |of: Big| timer::cancel(of.0).map(milliseconds))?;
    natives.add("readTimer", |of: Big| timer::read(of.0).map(milliseconds))
}

fn set(ctx: &Ctx<'_>, timer: std::result::Result<u64, TimerError>) -> Result<Big> {
    timer.map(Big).or_else(|error| match error {
        TimerError::TooLong(most) => throw(ctx, &format!("a message has at most {most} bytes")),
        TimerError::TooMany(most) => throw(ctx, &format!("a process has at most {most} timers pending")),
        TimerError::NoTime => throw(ctx, "an interval is longer than nothing"),
        TimerError::Full => {
            throw(ctx, "more of this process's messages are under way than it may have memory")
        }
    })
}
