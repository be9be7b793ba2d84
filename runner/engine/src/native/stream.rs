//! Byte streams between processes.

use std::cell::RefCell;

use rquickjs::{Ctx, IntoJs, Result, Value};

use super::table::Table;
use super::{Big, Bytes, Natives, throw};
use crate::bindings::rusm::runtime::readiness;
use crate::bindings::rusm::runtime::stream::{self, OpenError, Reader, Writer};
use crate::bindings::wasi::io::poll::Pollable;

/// One end of a stream.
pub(super) enum End {
    Writer(Writer),
    Reader(Reader),
}

thread_local! {
    static ENDS: RefCell<Table<End>> = const { RefCell::new(Table::new()) };
}

/// The number that JavaScript knows it by.
pub(super) fn keep(end: End) -> u32 {
    ENDS.with_borrow_mut(|ends| ends.keep(end))
}

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("openStream", open)?;
    natives.add_live("writeStream", write)?;
    natives.add_live("closeStream", close)?;
    natives.add_live("tryReadStream", read)?;
    natives.add_live("dropStream", |end: u32| drop(ENDS.with_borrow_mut(|ends| ends.take(end))))
}

fn open(ctx: Ctx<'_>, to: Big) -> Result<u32> {
    match stream::open(to.0) {
        Ok(writer) => Ok(keep(End::Writer(writer))),
        Err(OpenError::TooMany(most)) => throw(
            &ctx,
            "too-many",
            &format!("{most} streams of this process are open, which is the most that may be"),
        ),
    }
}

fn write(ctx: Ctx<'_>, writer: u32, bytes: Bytes) -> Result<f64> {
    ENDS.with_borrow(|ends| match ends.get(writer) {
        Some(End::Writer(writer)) => Ok(writer.write(&bytes.0).map_or(-1.0, super::count)),
        _ => throw(&ctx, "closed", "the stream is closed"),
    })
}

fn close(ctx: Ctx<'_>, writer: u32) -> Result<()> {
    match ENDS.with_borrow_mut(|ends| ends.take(writer)) {
        Some(End::Writer(writer)) => {
            Writer::close(writer);
            Ok(())
        }
        _ => throw(&ctx, "closed", "the stream is closed"),
    }
}

pub(super) fn when_readable(ctx: &Ctx<'_>, reader: u32) -> Result<Pollable> {
    ENDS.with_borrow(|ends| match ends.get(reader) {
        Some(End::Reader(reader)) => Ok(readiness::when_readable(reader)),
        _ => throw(ctx, "closed", "the stream is closed"),
    })
}

fn read(ctx: Ctx<'_>, reader: u32, max: u32) -> Result<Value<'_>> {
    if !when_readable(&ctx, reader)?.ready() {
        return Ok(Value::new_undefined(ctx));
    }
    ENDS.with_borrow(|ends| match ends.get(reader) {
        Some(End::Reader(reader)) => match reader.read(u64::from(max)) {
            Ok(Some(bytes)) => Bytes(bytes).into_js(&ctx),
            Ok(None) => Ok(Value::new_null(ctx.clone())),
            Err(_) => throw(&ctx, "aborted", "the writer went away before it was done"),
        },
        _ => throw(&ctx, "closed", "the stream is closed"),
    })
}
