//! Parsers of argument values. Each turns text into the thing it names, or says what would be right.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::http::request::Target;

/// `500ms`, `10s` or `5m`, as in `rusm.toml`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let wrong = || format!("`{text}` is not a duration; write it like 500ms, 10s or 5m");
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
    .and_then(|duration| {
        // A day is beyond any run, and keeps deadlines far from the clock's end.
        if duration <= Duration::from_hours(24) {
            Ok(duration)
        } else {
            Err(format!("`{text}` is longer than a day"))
        }
    })
}

/// A duration that is more than nothing.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than nothing".to_owned()),
        duration => Ok(duration),
    }
}

/// `name: value`.
pub(crate) fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` is not a header; write it like 'accept: text/plain'"))?;
    let name: HeaderName = name.trim().parse().map_err(|_| format!("`{name}` is not a header's name"))?;
    if name == http::header::CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING {
        return Err(format!("`{name}` follows from --body"));
    }
    let value =
        HeaderValue::from_str(value.trim()).map_err(|_| format!("the value of `{name}` is not valid"))?;
    Ok((name, value))
}

/// The path of a URL, with a query if it likes.
pub(crate) fn path(text: &str) -> Result<String, String> {
    let address = ([127, 0, 0, 1], 80).into();
    if !text.starts_with('/') || Target::at(address, text).is_err() {
        return Err("write it like /hello/bob".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        for wrong in
            ["", "10", "s", "1h", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615m", "25000m"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(positive_duration("0s").is_err());
    }

    #[test]
    fn headers() {
        let (name, value) = header("X-Room: a: b ").unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("x-room", b"a: b".as_slice()));
        for wrong in
            ["no colon", "bad name: x", "x: line\nbreak", "content-length: 3", "Transfer-Encoding: chunked"]
        {
            assert!(header(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn paths() {
        assert!(path("/hello/bob?x=1").is_ok());
        for wrong in ["", "hello", "@host/", "/a b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }
}
