//! Messages that the node sends later.

use rquickjs::{Ctx, Result};

use super::{Big, Bytes, Natives, milliseconds, throw, time};
use crate::bindings::rusm::runtime::timer::{self, TimerError};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("sendAfter", |ctx: Ctx<'_>, delay: f64, to: Big, body: Bytes| {
        set(&ctx, timer::send_after(time(Some(delay)).unwrap_or(u64::MAX), to.0, &body.0))
    })?;
    natives.add_live("sendInterval", |ctx: Ctx<'_>, period: f64, to: Big, body: Bytes| {
        set(&ctx, timer::send_interval(time(Some(period)).unwrap_or(u64::MAX), to.0, &body.0))
    })?;
    natives.add_live("cancelTimer", |of: Big| timer::cancel(of.0).map(milliseconds))?;
    natives.add_live("readTimer", |of: Big| timer::read(of.0).map(milliseconds))
}

fn set(ctx: &Ctx<'_>, timer: std::result::Result<u64, TimerError>) -> Result<Big> {
    timer.map(Big).or_else(|error| match error {
        TimerError::TooLong(most) => throw(ctx, "too-long", &format!("a message has at most {most} bytes")),
        TimerError::TooMany(most) => {
            throw(ctx, "too-many", &format!("a process has at most {most} timers pending"))
        }
        TimerError::NoTime => throw(ctx, "invalid", "an interval is longer than nothing"),
        TimerError::Full => {
            throw(ctx, "full", "more of this process's messages are under way than it may have memory")
        }
    })
}
