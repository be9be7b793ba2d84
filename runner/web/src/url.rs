//! The URL standard: parsing, the attributes' setters, and lists of names and values.

use form_urlencoded::Serializer;
use rquickjs::function::Opt;
use rquickjs::{Array, Ctx, Function, Object, Result, String as JsString, Value};
use url::{Url, quirks};

use crate::text::Text;

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    let ctx = natives.ctx();
    natives.set("parseUrl", Function::new(ctx.clone(), parse)?)?;
    natives.set("setUrl", Function::new(ctx.clone(), set)?)?;
    natives.set("parseQuery", Function::new(ctx.clone(), parse_query)?)?;
    natives.set("writeQuery", Function::new(ctx.clone(), write_query)?)?;
    natives.set("queryValue", Function::new(ctx.clone(), query_value)?)
}

/// The URL's serialisation, or undefined for what is none. The very string that came in where nothing changes.
fn parse<'js>(ctx: Ctx<'js>, input: JsString<'js>, base: Opt<JsString<'js>>) -> Result<Value<'js>> {
    let text = Text::of(input.clone())?;
    let parsed = match base.0 {
        None if is_normal(text.as_bytes()) => return Ok(input.into_value()),
        None => Url::parse(&text),
        Some(base) => Url::parse(&Text::of(base)?).and_then(|base| base.join(&text)),
    };
    match parsed {
        Ok(url) if url.as_str() == &*text => Ok(input.into_value()),
        Ok(url) => Ok(JsString::from_str(ctx, url.as_str())?.into_value()),
        Err(_) => Ok(Value::new_undefined(ctx)),
    }
}

/// Whether this is, beyond doubt, an `http` URL that the parser would return as it is: most of what a server sees. A false
/// says nothing.
fn is_normal(url: &[u8]) -> bool {
    let Some(rest) = url.strip_prefix(b"http://") else {
        return false;
    };
    let Some(slash) = rest.iter().position(|&byte| byte == b'/') else {
        return false;
    };
    let (authority, path) = rest.split_at(slash);
    is_normal_authority(authority) && is_normal_path(path)
}

fn is_normal_authority(authority: &[u8]) -> bool {
    let (host, port) = match authority.iter().position(|&byte| byte == b':') {
        Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
        None => (authority, None),
    };
    let port_is_normal = port.is_none_or(|port| {
        (1..=4).contains(&port.len())
            && port[0] != b'0'
            && port.iter().all(u8::is_ascii_digit)
            && port != b"80"
    });
    // A last letter that is no digit keeps IPv4 out, which `0x1f` would be too; a hyphen may begin Punycode.
    let ends_in_letter = host.last().is_some_and(u8::is_ascii_lowercase);
    let last_label = host.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    port_is_normal
        && ends_in_letter
        && last_label[0].is_ascii_lowercase()
        && host.iter().all(|&byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.'))
}

fn is_normal_path(path: &[u8]) -> bool {
    let mut previous = b'/';
    path.iter().all(|&byte| {
        let dot_segment = byte == b'.' && previous == b'/';
        previous = byte;
        // `%2e` is a dot too.
        !dot_segment
            && matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'!' | b'$' | b'&' | b'('..=b',' | b';' | b'=' | b':' | b'@' | b'?')
    })
}

/// The URL after an attribute was set; as it was where the value is none. The numbers are those of `natives.d.ts`.
fn set<'js>(ctx: Ctx<'js>, href: JsString<'js>, attribute: u8, value: JsString<'js>) -> Result<Value<'js>> {
    let before = Text::of(href.clone())?;
    let value = Text::of(value)?;
    let Ok(mut url) = Url::parse(&before) else {
        return Ok(href.into_value());
    };
    // A refused value leaves the URL as it is.
    let _ = match attribute {
        0 => quirks::set_protocol(&mut url, &value),
        1 => quirks::set_username(&mut url, &value),
        2 => quirks::set_password(&mut url, &value),
        3 => quirks::set_host(&mut url, &value),
        4 => quirks::set_hostname(&mut url, &value),
        5 => quirks::set_port(&mut url, &value),
        6 => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        7 => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
    };
    if url.as_str() == &*before {
        return Ok(href.into_value());
    }
    Ok(JsString::from_str(ctx, url.as_str())?.into_value())
}

/// `a=1&b=2` as [a, 1, b, 2].
fn parse_query<'js>(ctx: Ctx<'js>, query: JsString<'js>) -> Result<Array<'js>> {
    let list = Array::new(ctx)?;
    let text = Text::of(query)?;
    for (index, (name, value)) in form_urlencoded::parse(text.as_bytes()).enumerate() {
        list.set(2 * index, &*name)?;
        list.set(2 * index + 1, &*value)?;
    }
    Ok(list)
}

/// The first value of that name in a serialised URL's query.
fn query_value<'js>(ctx: Ctx<'js>, href: JsString<'js>, name: JsString<'js>) -> Result<Value<'js>> {
    let (href, name) = (Text::of(href)?, Text::of(name)?);
    let without_fragment = href.split('#').next().unwrap_or_default();
    let query = without_fragment.split_once('?').map_or("", |(_, query)| query);
    match form_urlencoded::parse(query.as_bytes()).find(|(key, _)| *key == *name) {
        Some((_, value)) => Ok(JsString::from_str(ctx, &value)?.into_value()),
        None => Ok(Value::new_null(ctx)),
    }
}

/// [a, 1, b, 2] as `a=1&b=2`.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn write_query(list: Array<'_>) -> Result<String> {
    let mut query = Serializer::new(String::new());
    for index in (0..list.len()).step_by(2) {
        query.append_pair(&Text::of(list.get(index)?)?, &Text::of(list.get(index + 1)?)?);
    }
    Ok(query.finish())
}

#[cfg(test)]
mod tests {
    use super::{Url, is_normal};

    #[test]
    fn what_is_taken_for_normal_is_what_the_parser_returns() {
        let hosts = [
            "localhost",
            "localhost:8080",
            "a.b",
            "example.com:80",
            "example.com:0",
            "1.2.3.4",
            "a.0x1",
            "a.1a",
            "xn--a",
            "a..b",
            ".a",
            "a.",
            "A",
            "a_b",
            "",
            "a:",
            "a:99999",
            "a:123",
        ];
        let paths = [
            "/",
            "",
            "/a/b",
            "/a?who=bob",
            "/a//b",
            "/.",
            "/a/./b",
            "/a/../b",
            "/%2e/",
            "/a'b?c'd",
            "/a#b",
            "/a b",
            "/\\",
            "/?",
            "/a?b?c",
            "/|",
            "/^",
            "/{",
            "/`",
            "/\"",
            "/é",
            "/a?b=/../c",
            "/...",
            "/a.",
            "/.a",
        ];
        let mut normal = 0;
        for host in hosts {
            for path in paths {
                let url = format!("http://{host}{path}");
                if is_normal(url.as_bytes()) {
                    normal += 1;
                    assert_eq!(Url::parse(&url).expect(&url).as_str(), url);
                }
            }
        }
        assert!(normal > 30, "{normal}");
    }
}
