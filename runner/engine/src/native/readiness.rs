//! Waiting for several things at once.

use rquickjs::{Array, Ctx, Function, Result};

use super::{Natives, fetch, stream, throw};
use crate::bindings::rusm::runtime::readiness;
use crate::event_loop::{self, Source};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add("whenReady", when_ready)?;
    natives.add("forget", event_loop::forget)
}

fn when_ready<'js>(ctx: Ctx<'js>, source: Array<'js>, callback: Function<'js>) -> Result<u32> {
    let kind: String = source.get(0)?;
    let handle = || source.get::<u32>(1);
    let source = match kind.as_str() {
        "mail" => Source::Own(readiness::Source::MAIL),
        "socket" => Source::Own(readiness::Source::SOCKET),
        "request" => Source::Own(readiness::Source::REQUEST),
        "stream" => Source::Other(stream::when_readable(&ctx, handle()?)?),
        "response" => Source::Other(fetch::when_answered(&ctx, handle()?)?),
        "fetch-read" => Source::Other(fetch::when_readable(&ctx, handle()?)?),
        "fetch-write" => Source::Other(fetch::when_writable(&ctx, handle()?)?),
        _ => return throw(&ctx, "invalid", "no such source"),
    };
    Ok(event_loop::when_ready(&ctx, source, callback))
}
