//! The WebSocket that the process holds.

use rquickjs::function::Opt;
use rquickjs::{Ctx, Exception, IntoJs, Object, Result, Value};

use super::{Bytes, Natives};
use crate::bindings::rusm::runtime::websocket::{self, CloseError, CloseFrame, Event};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("tryNextSocket", next)?;
    natives.add_live("sendText", |text: String| websocket::send_text(&text).is_ok())?;
    natives.add_live("sendBinary", |bytes: Bytes| websocket::send_binary(&bytes.0).is_ok())?;
    natives.add_live("closeSocket", close)?;
    natives.add_live("subprotocol", websocket::subprotocol)
}

fn next(ctx: Ctx<'_>) -> Result<Value<'_>> {
    let Some(event) = websocket::next(Some(0)) else { return Ok(Value::new_undefined(ctx)) };
    let object = Object::new(ctx.clone())?;
    match event {
        Event::Text(text) => {
            object.set("kind", "text")?;
            object.set("text", text)?;
        }
        Event::Binary(bytes) => {
            object.set("kind", "binary")?;
            object.set("bytes", Bytes(bytes))?;
        }
        Event::Mail(mail) => {
            object.set("kind", "mail")?;
            object.set("mail", super::process::mail(&ctx, mail)?)?;
        }
        Event::Closed(said) => {
            object.set("kind", "closed")?;
            if let Some(said) = said {
                object.set("code", said.code)?;
                object.set("reason", said.reason)?;
            }
        }
    }
    object.into_js(&ctx)
}

fn close(ctx: Ctx<'_>, code: Opt<Option<u16>>, reason: Opt<Option<String>>) -> Result<bool> {
    let reason = reason.0.flatten().unwrap_or_default();
    let frame = code.0.flatten().map(|code| CloseFrame { code, reason });
    match websocket::close(frame.as_ref()) {
        Ok(()) => Ok(true),
        Err(CloseError::Closed) => Ok(false),
        Err(CloseError::Invalid(why)) => Err(Exception::throw_range(&ctx, &why)),
    }
}
