//! Which version of a file a client has, and which part of it it asks for (RFC 9110, sections 8.8, 13 and 14).

use std::fs::Metadata;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{
    HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::request::Parts;
use http::{HeaderMap, Method};

/// A file that was changed a shorter while ago may change again and have the same times: kernels take them from a
/// clock that ticks, and some file systems count whole seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// What tells one version of a file from the next.
pub(super) struct Version {
    pub(super) size: u64,
    /// The entity tag.
    pub(super) tag: String,
    /// When its content was last changed; none for a time that HTTP has no word for.
    pub(super) modified: Option<SystemTime>,
}

/// What a request is to get.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes, at least one.
    Some(Range<u64>),
    /// There are no such bytes: 416.
    Missing,
    /// Nothing, since the client has it: 304.
    NotModified,
    /// Nothing, since it is not what the client takes it for: 412.
    Failed,
}

impl Version {
    /// The time of the last change of the inode is in the tag, since nobody can set it back: tools that unpack and
    /// copy give files whatever time of modification they like.
    pub(super) fn of(file: &Metadata, now: SystemTime) -> Version {
        let size = file.len();
        let modified = file.modified().ok().filter(|time| *time >= UNIX_EPOCH).map(|time| time.min(now));
        let changed = u64::try_from(file.ctime()).ok().zip(u32::try_from(file.ctime_nsec()).ok());
        let changed = changed.map(|(seconds, nanos)| UNIX_EPOCH + Duration::new(seconds, nanos));
        let is_settled = changed.is_some_and(|time| now.duration_since(time).is_ok_and(|age| age >= SETTLED));
        let times = [(file.mtime(), file.mtime_nsec()), (file.ctime(), file.ctime_nsec())];
        let [modified_text, changed_text] = times.map(|(seconds, nanos)| format!("{seconds:x}.{nanos:x}"));
        let weak = if is_settled { "" } else { "W/" };
        Version { size, tag: format!("{weak}\"{size:x}-{modified_text}-{changed_text}\""), modified }
    }

    /// When it was last modified, in HTTP's words.
    pub(super) fn date(&self) -> Option<String> {
        self.modified.map(httpdate::fmt_http_date)
    }

    /// What the conditions of a request come to, in the order of RFC 9110, section 13.2.2.
    pub(super) fn asked_by(&self, request: &Parts) -> Part {
        let headers = &request.headers;
        let fits = if headers.contains_key(IF_MATCH) {
            is_among(headers, &IF_MATCH, |tag| tag == self.tag && !tag.starts_with("W/"))
        } else {
            self.is_newer_than(headers, IF_UNMODIFIED_SINCE) != Some(true)
        };
        if !fits {
            return Part::Failed;
        }
        let strip = |tag: &'_ str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        let has = if headers.contains_key(IF_NONE_MATCH) {
            is_among(headers, &IF_NONE_MATCH, |tag| strip(tag) == strip(&self.tag))
        } else {
            self.is_newer_than(headers, IF_MODIFIED_SINCE) == Some(false)
        };
        if has {
            return Part::NotModified;
        }
        // Ranges are defined for GET alone. Of several headers none says what is meant.
        let mut ranges = headers.get_all(RANGE).iter();
        match (ranges.next().map(|value| value.to_str()), ranges.next()) {
            (Some(Ok(range)), None) if request.method == Method::GET && self.is_in_range_of(headers) => {
                part(range, self.size)
            }
            _ => Part::Whole,
        }
    }

    /// Whether it was modified after a date, to the second; none if there is no date to go by.
    fn is_newer_than(&self, headers: &HeaderMap, name: HeaderName) -> Option<bool> {
        let date = httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()?;
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Some(seconds(self.modified?) > seconds(date))
    }

    /// Whether the client has the rest of this very version. Nothing weak is proof of that, a date of a file that was
    /// just changed included.
    fn is_in_range_of(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(IF_RANGE) else { return true };
        let is_same = |text: &str| text == self.tag || self.date().is_some_and(|date| date == text);
        !self.tag.starts_with("W/") && value.to_str().is_ok_and(is_same)
    }
}

/// Whether a list of entity tags has one that is the same, or is `*`.
fn is_among(headers: &HeaderMap, name: &HeaderName, same: impl Fn(&str) -> bool) -> bool {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    // No tag of a file has a comma, so that one of another kind that is cut in two equals none.
    values.flat_map(|value| value.split(',')).map(str::trim).any(|tag| tag == "*" || same(tag))
}

/// What a `Range` header asks for. One that is not understood asks for nothing, and several ranges are answered by the
/// whole, as RFC 9110, section 14.2, allows.
fn part(range: &str, size: u64) -> Part {
    let Some((unit, range)) = range.split_once('=') else { return Part::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Part::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    match (position(first), position(last)) {
        (Some(first), Some(last)) if first > last => Part::Whole,
        (Some(first), _) if first >= size && (last.is_empty() || position(last).is_some()) => Part::Missing,
        (Some(first), Some(last)) => Part::Some(first..size.min(last.saturating_add(1))),
        (Some(first), None) if last.is_empty() => Part::Some(first..size),
        (None, Some(0)) if first.is_empty() => Part::Missing,
        // There is no way to write a part of nothing.
        (None, Some(_)) if first.is_empty() && size == 0 => Part::Whole,
        (None, Some(count)) if first.is_empty() => Part::Some(size.saturating_sub(count)..size),
        _ => Part::Whole,
    }
}

/// A number of digits alone; one past all sizes is as large as any.
fn position(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::request::Parts;
    use http::{Method, Request};

    use super::{Part, Version, part};

    const DATE: &str = "Thu, 01 Jan 1970 00:16:40 GMT";
    const BEFORE: &str = "Thu, 01 Jan 1970 00:16:39 GMT";

    fn version(tag: &str) -> Version {
        let modified = Some(UNIX_EPOCH + Duration::from_millis(1_000_900));
        Version { size: 10, tag: tag.to_owned(), modified }
    }

    fn request(method: Method, headers: &[(&str, &str)]) -> Parts {
        let builder = Request::builder().method(method);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(()).unwrap().into_parts().0
    }

    #[test]
    fn ranges() {
        for (range, size, expected) in [
            ("bytes=0-3", 10, Part::Some(0..4)),
            ("bytes=4-", 10, Part::Some(4..10)),
            ("bytes=-3", 10, Part::Some(7..10)),
            ("bytes=-30", 10, Part::Some(0..10)),
            ("bytes=9-99", 10, Part::Some(9..10)),
            ("BYTES= 1-1 ", 10, Part::Some(1..2)),
            ("bytes=0-99999999999999999999999", 10, Part::Some(0..10)),
            ("bytes=0-18446744073709551615", 10, Part::Some(0..10)),
            ("bytes=10-", 10, Part::Missing),
            ("bytes=10-20", 10, Part::Missing),
            ("bytes=99999999999999999999999-", 10, Part::Missing),
            ("bytes=-0", 10, Part::Missing),
            ("bytes=0-", 0, Part::Missing),
            ("bytes=-1", 0, Part::Whole),
            ("bytes=3-2", 10, Part::Whole),
            ("bytes=11-2", 10, Part::Whole),
            ("bytes=0-1,3-4", 10, Part::Whole),
            ("bytes=12-a", 10, Part::Whole),
            ("bytes=-", 10, Part::Whole),
            ("bytes=a-b", 10, Part::Whole),
            ("bytes=+1-2", 10, Part::Whole),
            ("bytes=--1", 10, Part::Whole),
            ("bytes", 10, Part::Whole),
            ("lines=0-1", 10, Part::Whole),
        ] {
            assert_eq!(part(range, size), expected, "{range} of {size}");
        }
    }

    /// RFC 9110, sections 13.1 and 13.2.2.
    #[test]
    fn conditions() {
        for (tag, headers, expected) in [
            ("\"a\"", &[("if-none-match", "\"a\"")][..], Part::NotModified),
            ("\"a\"", &[("if-none-match", "W/\"a\"")], Part::NotModified),
            ("W/\"a\"", &[("if-none-match", "\"a\"")], Part::NotModified),
            ("\"a\"", &[("if-none-match", "\"x,y\" ,W/\"b\",  \"a\"")], Part::NotModified),
            ("\"a\"", &[("if-none-match", "\"b\""), ("if-none-match", "\"a\"")], Part::NotModified),
            ("\"a\"", &[("if-none-match", "*")], Part::NotModified),
            ("\"a\"", &[("if-none-match", "\"b\"")], Part::Whole),
            ("\"a\"", &[("if-none-match", "a")], Part::Whole),
            ("\"a\"", &[("if-none-match", "\"a b\", \"")], Part::Whole),
            ("\"a\"", &[("if-none-match", "\"b\""), ("if-modified-since", DATE)], Part::Whole),
            ("\"a\"", &[("if-none-match", "\"a\""), ("if-modified-since", BEFORE)], Part::NotModified),
            ("\"a\"", &[("if-none-match", "\"a\""), ("range", "bytes=0-1")], Part::NotModified),
            ("\"a\"", &[("if-modified-since", DATE)], Part::NotModified),
            ("\"a\"", &[("if-modified-since", BEFORE)], Part::Whole),
            ("\"a\"", &[("if-modified-since", "yesterday")], Part::Whole),
            ("\"a\"", &[("if-match", "\"a\"")], Part::Whole),
            ("\"a\"", &[("if-match", "*")], Part::Whole),
            ("\"a\"", &[("if-match", "W/\"a\"")], Part::Failed),
            ("W/\"a\"", &[("if-match", "W/\"a\"")], Part::Failed),
            ("\"a\"", &[("if-match", "\"b\"")], Part::Failed),
            ("\"a\"", &[("if-match", "\"a\""), ("if-unmodified-since", BEFORE)], Part::Whole),
            ("\"a\"", &[("if-unmodified-since", DATE)], Part::Whole),
            ("\"a\"", &[("if-unmodified-since", BEFORE)], Part::Failed),
            ("\"a\"", &[("if-match", "\"a\""), ("if-none-match", "\"a\"")], Part::NotModified),
            ("\"a\"", &[("range", "bytes=0-1"), ("if-range", "\"a\"")], Part::Some(0..2)),
            ("\"a\"", &[("range", "bytes=0-1"), ("if-range", DATE)], Part::Some(0..2)),
            ("\"a\"", &[("range", "bytes=0-1"), ("if-range", "\"b\"")], Part::Whole),
            ("\"a\"", &[("range", "bytes=0-1"), ("if-range", BEFORE)], Part::Whole),
            ("W/\"a\"", &[("range", "bytes=0-1"), ("if-range", "W/\"a\"")], Part::Whole),
            ("W/\"a\"", &[("range", "bytes=0-1"), ("if-range", DATE)], Part::Whole),
            ("W/\"a\"", &[("range", "bytes=0-1")], Part::Some(0..2)),
            ("\"a\"", &[("range", "bytes=20-"), ("if-range", "\"b\"")], Part::Whole),
            ("\"a\"", &[("range", "bytes=0-1"), ("range", "bytes=2-3")], Part::Whole),
        ] {
            assert_eq!(version(tag).asked_by(&request(Method::GET, headers)), expected, "{tag} {headers:?}");
        }
        let head = request(Method::HEAD, &[("range", "bytes=0-1")]);
        assert_eq!(version("\"a\"").asked_by(&head), Part::Whole);
    }
}
