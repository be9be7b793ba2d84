//! The frames of calls between services: what each message of such a conversation is.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::Error;
use crate::service;

/// A frame. Values in it are still text.
#[derive(Debug)]
pub(crate) enum Frame<'a> {
    /// A call, or without a reference a cast.
    Call {
        function: Cow<'a, str>,
        arguments: &'a RawValue,
        reference: Option<u64>,
        streaming: bool,
    },
    Reply {
        reference: u64,
        reply: Reply<'a>,
    },
    /// From the caller: this many more items.
    Credit {
        reference: u64,
        items: u32,
    },
    /// From the caller: no more items.
    Cancel {
        reference: u64,
    },
    /// From the callee, to a closure of the caller's.
    Invocation {
        callback: u64,
        arguments: &'a RawValue,
    },
}

/// From the callee.
#[derive(Debug)]
pub(crate) enum Reply<'a> {
    Value(&'a RawValue),
    Error(service::Error),
    Item(&'a RawValue),
    End,
}

/// Why a message is no frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoFrame {
    /// It means something else: no object, or one without a frame's words.
    Other,
    /// It has a frame's words, and is none. The text says why.
    Malformed(String),
}

/// Every word of a frame, as text.
#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    op: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    args: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    r#ref: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    ok: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    err: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    item: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    end: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    credit: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    cancel: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    cb: Option<&'a RawValue>,
}

/// A word that stands there with `null` is there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

impl<'a> Frame<'a> {
    /// Reads a message. Words that no frame has are passed over.
    pub(crate) fn parse(message: &'a [u8]) -> Result<Frame<'a>, NoFrame> {
        if message.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(NoFrame::Other);
        }
        let words: Words<'a> = serde_json::from_slice(message).map_err(|_| NoFrame::Other)?;
        words.frame().map_err(|reason| reason.map_or(NoFrame::Other, NoFrame::Malformed))
    }
}

impl<'a> Words<'a> {
    /// No reason if it is no frame at all.
    fn frame(self) -> Result<Frame<'a>, Option<String>> {
        let verbs = [self.op, self.ok, self.err, self.item, self.end, self.credit, self.cancel, self.cb];
        match verbs.iter().flatten().count() {
            0 => return Err(None),
            1 => {}
            _ => return Err(Some("it says more than one thing at once".into())),
        }
        if let Some(op) = self.op {
            return Ok(Frame::Call {
                function: word(op, "op", "a string")?,
                arguments: array(self.args)?,
                reference: self.r#ref.map(|number| word(number, "ref", "a number")).transpose()?,
                streaming: self.stream.map_or(Ok(false), |flag| word(flag, "stream", "true or false"))?,
            });
        }
        if let Some(callback) = self.cb {
            let callback = word(callback, "cb", "a number")?;
            return Ok(Frame::Invocation { callback, arguments: array(self.args)? });
        }
        // Without a reference it need not be meant as a frame.
        let reference = word(self.r#ref.ok_or(None)?, "ref", "a number")?;
        if let Some(items) = self.credit {
            return Ok(Frame::Credit { reference, items: word(items, "credit", "a number of items")? });
        }
        if let Some(flag) = self.cancel {
            certain(flag, "cancel")?;
            return Ok(Frame::Cancel { reference });
        }
        let reply = match (self.ok, self.item, self.err, self.end) {
            (Some(value), ..) => Reply::Value(value),
            (_, Some(item), ..) => Reply::Item(item),
            (_, _, Some(error), _) => Reply::Error(word(error, "err", "an object with a `message`")?),
            (.., end) => {
                certain(end.ok_or(None)?, "end")?;
                Reply::End
            }
        };
        Ok(Frame::Reply { reference, reply })
    }
}

fn word<'a, T: Deserialize<'a>>(text: &'a RawValue, name: &str, is: &str) -> Result<T, Option<String>> {
    serde_json::from_str(text.get()).map_err(|_| Some(format!("`{name}` is {is}, not {}", text.get())))
}

fn certain(text: &RawValue, name: &str) -> Result<(), Option<String>> {
    if word(text, name, "true")? {
        return Ok(());
    }
    Err(Some(format!("`{name}` is true where it stands")))
}

fn array(text: Option<&RawValue>) -> Result<&RawValue, Option<String>> {
    match text {
        Some(text) if text.get().starts_with('[') => Ok(text),
        Some(text) => Err(Some(format!("`args` is an array, not {}", text.get()))),
        None => Err(Some("it has no `args`".into())),
    }
}

/// A call; a cast without a reference. `arguments` is something that serializes as an array.
pub(crate) fn call<A: Serialize + ?Sized>(
    function: &str,
    arguments: &A,
    reference: Option<u64>,
    streaming: bool,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(br#"{"op":"#);
    super::write(&mut out, function)?;
    out.extend_from_slice(br#","args":"#);
    super::write(&mut out, arguments)?;
    if let Some(reference) = reference {
        out.extend_from_slice(br#","ref":"#);
        super::write(&mut out, &reference)?;
    }
    out.extend_from_slice(if streaming { br#","stream":true}"# } else { b"}" });
    Ok(out)
}

/// An answer of the callee's.
pub(crate) fn value<T: Serialize + ?Sized>(reference: u64, value: &T) -> Result<Vec<u8>, Error> {
    numbered("ref", reference, "ok", value)
}

/// An answer that is an error.
pub(crate) fn error(reference: u64, error: &service::Error) -> Result<Vec<u8>, Error> {
    numbered("ref", reference, "err", error)
}

/// One of a stream's items.
pub(crate) fn item<T: Serialize + ?Sized>(reference: u64, item: &T) -> Result<Vec<u8>, Error> {
    numbered("ref", reference, "item", item)
}

/// The end of a stream.
pub(crate) fn end(reference: u64) -> Vec<u8> {
    format!(r#"{{"ref":{reference},"end":true}}"#).into_bytes()
}

/// The caller's leave to send this many more items.
pub(crate) fn credit(reference: u64, items: u32) -> Vec<u8> {
    format!(r#"{{"ref":{reference},"credit":{items}}}"#).into_bytes()
}

/// The caller's word that it wants no more.
pub(crate) fn cancel(reference: u64) -> Vec<u8> {
    format!(r#"{{"ref":{reference},"cancel":true}}"#).into_bytes()
}

/// An invocation of the caller's closure.
pub(crate) fn invocation<T: Serialize + ?Sized>(callback: u64, argument: &T) -> Result<Vec<u8>, Error> {
    numbered("cb", callback, "args", &[argument])
}

fn numbered<T: Serialize + ?Sized>(of: &str, number: u64, word: &str, value: &T) -> Result<Vec<u8>, Error> {
    use std::io::Write as _;
    let mut out = Vec::with_capacity(64);
    let _ = write!(out, r#"{{"{of}":{number},"{word}":"#);
    super::write(&mut out, value)?;
    out.push(b'}');
    Ok(out)
}
