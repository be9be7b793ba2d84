//! The reply, piece by piece.

use rquickjs::{Array, Ctx, Exception, Result};

use super::{Bytes, Natives, throw};
use crate::bindings::rusm::runtime::http_reply::{self, StartError};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("startReply", start)?;
    natives.add_live("writeReply", write)
}

fn start<'js>(ctx: Ctx<'js>, status: u16, headers: Array<'js>) -> Result<()> {
    match http_reply::start(status, &super::from_fields(&headers)?) {
        Ok(()) => Ok(()),
        Err(StartError::Invalid(why)) => Err(Exception::throw_type(&ctx, &why)),
        Err(StartError::Started) => throw(&ctx, "started", "the reply has begun already"),
        Err(StartError::NoRequest) => throw(&ctx, "no-request", "this process has no request to reply to"),
    }
}

fn write(bytes: Bytes) -> f64 {
    http_reply::write(&bytes.0).map_or(-1.0, super::count)
}
