//! The request that the process was made for.

use rquickjs::{Array, Ctx, IntoJs, Result, Value};

use super::{Bytes, Natives, throw};
use crate::bindings::rusm::runtime::http_request;
use crate::bindings::rusm::runtime::readiness::{self, Source};

const GONE: &str = "the client went away before the end of the request's body";

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("requestHeaders", headers)?;
    natives.add_live("requestAuthority", http_request::authority)?;
    natives.add_live("tryReadRequest", read)?;
    natives.add_live("remoteAddress", http_request::remote_address)?;
    natives.add_live("requestTarget", http_request::target)?;
    natives.add_live("requestParams", params)
}

fn headers(ctx: Ctx<'_>) -> Result<Array<'_>> {
    super::headers(&ctx, &http_request::headers())
}

fn params(ctx: Ctx<'_>) -> Result<Array<'_>> {
    super::pairs(&ctx, &http_request::params())
}

fn read(ctx: Ctx<'_>, max: u32) -> Result<Value<'_>> {
    if !readiness::wait(Source::REQUEST, &[], Some(0)).of.contains(Source::REQUEST) {
        return Ok(Value::new_undefined(ctx));
    }
    match http_request::read_body(u64::from(max)) {
        Ok(Some(bytes)) => Bytes(bytes).into_js(&ctx),
        Ok(None) => Ok(Value::new_null(ctx)),
        Err(http_request::BodyError::Aborted) => throw(&ctx, "aborted", GONE),
    }
}
