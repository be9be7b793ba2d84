//! Runs JavaScript until a promise is settled: its microtasks, its timers, and what it waits for.

use std::cell::RefCell;
use std::collections::VecDeque;

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, FromJs, Function, Persistent, Value};

use crate::bindings::rusm::runtime::readiness;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll::Pollable;
use crate::failure::Failure;
use crate::started;
use crate::vm::Entry;

/// What a callback waits for.
pub(crate) enum Source {
    /// One of the process's own.
    Own(readiness::Source),
    /// Something else of the host's.
    Other(Pollable),
}

struct Waiting {
    number: u32,
    source: Source,
    callback: Persistent<Function<'static>>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// Those whose source is ready, and that have not been called back yet. Of the source nothing is left: what a callback
    /// drops may have no pollable any more.
    ready: VecDeque<(u32, Persistent<Function<'static>>)>,
    last: u32,
    /// Promises that were rejected while nobody listened, with their reasons.
    unheard: Vec<(Persistent<Value<'static>>, Persistent<Value<'static>>)>,
}

thread_local! {
    static STATE: RefCell<State> = const { RefCell::new(State { waiting: Vec::new(), ready: VecDeque::new(), last: 0, unheard: Vec::new() }) };
}

/// Calls back when the source is ready; the number takes it back.
pub(crate) fn when_ready<'js>(ctx: &Ctx<'js>, source: Source, callback: Function<'js>) -> u32 {
    let callback = Persistent::save(ctx, callback);
    STATE.with_borrow_mut(|state| {
        state.last = state.last.wrapping_add(1);
        state.waiting.push(Waiting { number: state.last, source, callback });
        state.last
    })
}

pub(crate) fn forget(number: u32) {
    let forgotten = STATE.with_borrow_mut(|state| {
        let is_it = |waiting: &Waiting| waiting.number == number;
        if let Some(place) = state.waiting.iter().position(is_it) {
            return Some(state.waiting.remove(place).callback);
        }
        let place = state.ready.iter().position(|(ready, _)| *ready == number);
        place.and_then(|place| state.ready.remove(place)).map(|(_, callback)| callback)
    });
    drop(forgotten);
}

/// Whether anything is waited for.
pub(crate) fn is_idle() -> bool {
    STATE.with_borrow(|state| state.waiting.is_empty())
}

/// Hears of promises that are rejected with no handler, and of those that get one later.
pub(crate) fn track<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, is_handled: bool) {
    STATE.with_borrow_mut(|state| {
        if is_handled {
            state
                .unheard
                .retain(|(known, _)| known.clone().restore(&ctx).is_ok_and(|known| known != promise));
        } else {
            state.unheard.push((Persistent::save(&ctx, promise), Persistent::save(&ctx, reason)));
        }
    });
}

/// Runs until the value, if it is a promise, is settled, and tells what it came to.
pub(crate) fn settle<'js, T: FromJs<'js>>(entry: &Entry<'js>, value: Value<'js>) -> Result<T, Failure> {
    let ctx = &entry.ctx;
    let failed = |error| Failure::of(ctx, Some(entry), error);
    let Some(promise) = value.as_promise().cloned() else {
        microtasks(entry, None)?;
        return T::from_js(ctx, value).map_err(failed);
    };
    loop {
        microtasks(entry, Some(&value))?;
        match promise.state() {
            PromiseState::Pending => turn(entry, &value)?,
            PromiseState::Resolved | PromiseState::Rejected => {
                return promise.finish::<T>().map_err(failed);
            }
        }
    }
}

/// Runs what is queued, and fails for a rejection that nobody has heard of by then; of `awaited` the caller hears.
fn microtasks<'js>(entry: &Entry<'js>, awaited: Option<&Value<'js>>) -> Result<(), Failure> {
    while entry.ctx.execute_pending_job() {}
    while let Some((promise, reason)) = STATE.with_borrow_mut(|state| state.unheard.pop()) {
        let failed = |error| Failure::of(&entry.ctx, Some(entry), error);
        let told = (|| {
            let (promise, reason) = (promise.restore(&entry.ctx)?, reason.restore(&entry.ctx)?);
            if awaited == Some(&promise) {
                return Ok(None);
            }
            entry.function("unheard")?.call::<_, Option<String>>((promise, reason))
        })();
        if let Some(text) = told.map_err(failed)? {
            return Err(Failure::Thrown(text));
        }
        while entry.ctx.execute_pending_job() {}
    }
    Ok(())
}

/// Waits for the next thing to happen, and lets it.
fn turn<'js>(entry: &Entry<'js>, awaited: &Value<'js>) -> Result<(), Failure> {
    let failed = |error| Failure::of(&entry.ctx, Some(entry), error);
    let next: f64 = entry.function("nextTimer").and_then(|next| next.call(())).map_err(failed)?;
    if started::is_imaging() {
        return Err(Failure::Stalled);
    }
    let timeout = next.is_finite().then(|| nanoseconds(next).saturating_sub(monotonic_clock::now()));
    wait(timeout).ok_or(Failure::Stalled)?;
    // One may take another back.
    while let Some((_, callback)) = STATE.with_borrow_mut(|state| state.ready.pop_front()) {
        let callback = callback.restore(&entry.ctx).map_err(failed)?;
        callback.call::<_, ()>(()).map_err(failed)?;
        microtasks(entry, Some(awaited))?;
    }
    if next.is_finite() && monotonic_clock::now() >= nanoseconds(next) {
        entry.function("runTimers").and_then(|run| run.call::<_, ()>(())).map_err(failed)?;
    }
    Ok(())
}

/// Waits until a source is ready or the time is up; none if there is nothing to wait for.
fn wait(timeout: Option<u64>) -> Option<()> {
    STATE.with_borrow_mut(|state| {
        if state.waiting.is_empty() && timeout.is_none() {
            return None;
        }
        let mut own = readiness::Source::empty();
        let mut others = Vec::new();
        for waiting in &state.waiting {
            match &waiting.source {
                Source::Own(source) => own |= *source,
                Source::Other(pollable) => others.push(pollable),
            }
        }
        let ready = readiness::wait(own, &others, timeout);
        let mut other = 0;
        let is_ready = |waiting: &Waiting| match &waiting.source {
            Source::Own(source) => ready.of.contains(*source),
            Source::Other(_) => {
                other += 1;
                ready.others.contains(&(other - 1))
            }
        };
        let (ready, waiting) = state.waiting.drain(..).partition::<Vec<_>, _>(is_ready);
        state.ready.extend(ready.into_iter().map(|waiting| (waiting.number, waiting.callback)));
        state.waiting = waiting;
        Some(())
    })
}

/// A moment of the platform's, in milliseconds, as the host counts them. Negative and absurd ones are clamped.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` clamps")]
pub(crate) fn nanoseconds(milliseconds: f64) -> u64 {
    (milliseconds * 1e6).ceil() as u64
}
