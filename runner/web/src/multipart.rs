//! Reading multipart/form-data (RFC 7578, with the leniency of the Fetch standard's "multipart/form-data parser").

use rquickjs::{Array, Ctx, Function, Object, Result, String as JsString, Value};

use crate::binary::Bytes;
use crate::text::Text;

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    natives.set("parseMultipart", Function::new(natives.ctx().clone(), parse_form)?)
}

/// One part: what its head says, and where its body lies.
#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    start: usize,
    end: usize,
}

/// [name, file name or undefined, content type or undefined, start, end] of each part, one after the other; undefined if
/// this is no such form.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn parse_form<'js>(ctx: Ctx<'js>, form: Bytes<'js>, boundary: JsString<'js>) -> Result<Value<'js>> {
    let Some(parts) = parse(form.get(), Text::of(boundary)?.as_bytes()) else {
        return Ok(Value::new_undefined(ctx));
    };
    let list = Array::new(ctx)?;
    for (index, part) in parts.into_iter().enumerate() {
        list.set(5 * index, part.name)?;
        list.set(5 * index + 1, part.filename)?;
        list.set(5 * index + 2, part.content_type)?;
        list.set(5 * index + 3, part.start)?;
        list.set(5 * index + 4, part.end)?;
    }
    Ok(list.into_value())
}

fn parse(form: &[u8], boundary: &[u8]) -> Option<Vec<Part>> {
    let delimiter = [b"--", boundary].concat();
    let ending = [b"\r\n--", boundary].concat();
    let mut parts = Vec::new();
    // What stands before the first boundary is a preamble, which few senders write and RFC 2046 allows.
    let mut at =
        if form.starts_with(&delimiter) { delimiter.len() } else { find(form, &ending)? + ending.len() };
    loop {
        let rest = &form[at..];
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        at += rest.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
        form[at..].starts_with(b"\r\n").then_some(())?;
        at += 2;
        let head = Head::parse(form, &mut at)?;
        let end = at + find(&form[at..], &ending)?;
        parts.push(Part {
            name: head.name?,
            filename: head.filename,
            content_type: head.content_type,
            start: at,
            end,
        });
        at = end + ending.len();
    }
}

#[derive(Default)]
struct Head {
    name: Option<String>,
    filename: Option<String>,
    content_type: Option<String>,
}

impl Head {
    /// Reads fields up to the empty line, and moves behind it.
    fn parse(form: &[u8], at: &mut usize) -> Option<Self> {
        let mut head = Self::default();
        loop {
            let line = &form[*at..*at + find(&form[*at..], b"\r\n")?];
            *at += line.len() + 2;
            if line.is_empty() {
                return Some(head);
            }
            let colon = line.iter().position(|&byte| byte == b':')?;
            let value = line[colon + 1..].trim_ascii();
            if line[..colon].eq_ignore_ascii_case(b"content-disposition") {
                head.disposition(value)?;
            } else if line[..colon].eq_ignore_ascii_case(b"content-type") {
                head.content_type = Some(String::from_utf8_lossy(value).into_owned());
            }
        }
    }

    fn disposition(&mut self, value: &[u8]) -> Option<()> {
        let semicolon = value.iter().position(|&byte| byte == b';')?;
        value[..semicolon].trim_ascii().eq_ignore_ascii_case(b"form-data").then_some(())?;
        let mut rest = &value[semicolon..];
        while let Some((name, value, after)) = parameter(rest) {
            let value = unescape(value);
            if name.eq_ignore_ascii_case(b"name") {
                self.name = Some(value);
            } else if name.eq_ignore_ascii_case(b"filename") {
                self.filename = Some(value);
            }
            rest = after;
        }
        Some(())
    }
}

/// `; name="value"` or `; name=value`, and what follows.
fn parameter(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let text = text.strip_prefix(b";")?.trim_ascii_start();
    let equals = text.iter().position(|&byte| byte == b'=')?;
    let (name, value) = (text[..equals].trim_ascii(), &text[equals + 1..]);
    if let Some(quoted) = value.strip_prefix(b"\"") {
        let end = quoted.iter().position(|&byte| byte == b'"')?;
        return Some((name, &quoted[..end], quoted[end + 1..].trim_ascii_start()));
    }
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    Some((name, value[..end].trim_ascii(), &value[end..]))
}

/// UTF-8, with the three escapes that browsers write.
fn unescape(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    if text.contains('%') {
        text.replace("%0A", "\n").replace("%0D", "\r").replace("%22", "\"")
    } else {
        text.into_owned()
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|&byte| byte == first)?;
        if text[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn bodies_may_hold_what_begins_like_a_boundary() {
        let form = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--\r\n-b\r\n--b--\r\n";
        let parts = parse(form, b"b").expect("a form");
        assert_eq!(&form[parts[0].start..parts[0].end], b"\r\n--\r\n-b");
    }

    #[test]
    fn a_form_cut_off_anywhere_is_none() {
        let form = b"--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\nContent-Type: a/b\r\n\r\nbody\r\n--b--";
        assert!(parse(form, b"b").is_some());
        for end in 0..form.len() {
            assert_eq!(parse(&form[..end], b"b"), None, "{end}");
        }
    }
}
