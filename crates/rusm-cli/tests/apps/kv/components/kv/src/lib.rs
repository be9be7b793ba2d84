//! Every operation of `rusm_rs::kv` over HTTP.
//!
//! Arguments are the query's: `b` the bucket, `k` the key, others by their names. Keys are bytes there, a character of
//! U+0000 to U+00FF each, and so are they in answers.

use std::fmt::Write;
use std::ops::Bound;
use std::time::{Duration, Instant};

use rusm_rs::http::{Params, Query, Request, Response};
use rusm_rs::kv::{self, Batch, Bucket, Error, Scan, Ttl};

#[rusm_rs::handlers]
pub mod actions {
    use super::*;

    pub fn get(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            Ok(match args.bucket().get(args.key())? {
                Some(value) => Response::bytes("application/octet-stream", value),
                None => Response::text("none").status(404),
            })
        })
    }

    pub fn exists(request: Request, _params: Params) -> Response {
        answer(&request, |args| shown(args.bucket().exists(args.key())?))
    }

    /// The body is the value.
    pub fn set(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            match args.time("ttl") {
                Some(ttl) => args.bucket().set_with_ttl(args.key(), request.body(), ttl)?,
                None => args.bucket().set(args.key(), request.body())?,
            }
            shown("set")
        })
    }

    /// Sets the list of the body's words as JSON, and answers with the one that was there.
    pub fn json(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let old: Option<Vec<String>> = args.bucket().get_json(args.key())?;
            let text = String::from_utf8_lossy(request.body());
            args.bucket().set_json(args.key(), &text.split_whitespace().collect::<Vec<_>>())?;
            shown(old.unwrap_or_default().join(" "))
        })
    }

    pub fn delete(request: Request, _params: Params) -> Response {
        answer(&request, |args| shown(args.bucket().delete(args.key())?))
    }

    pub fn swap(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let (expected, new) = (args.bytes("expected"), args.bytes("new"));
            shown(args.bucket().compare_and_set(args.key(), expected.as_deref(), new.as_deref())?)
        })
    }

    pub fn increment(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let by = args.query.get("by").map_or(1, |by| by.parse().unwrap());
            shown(match args.time("ttl") {
                Some(ttl) => args.bucket().increment_with_ttl(args.key(), by, ttl)?,
                None => args.bucket().increment(args.key(), by)?,
            })
        })
    }

    pub fn ttl(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            shown(match args.bucket().ttl(args.key())? {
                None => "absent".to_owned(),
                Some(Ttl::Forever) => "forever".to_owned(),
                Some(Ttl::For(left)) => format!("{} s", left.as_secs()),
            })
        })
    }

    pub fn list(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let page = args.bucket().list(&args.scan())?;
            let keys = page.items.iter().map(|key| text(key)).collect::<Vec<_>>();
            shown(format!("{}{}", keys.join(" "), if page.more { " ..." } else { "" }))
        })
    }

    pub fn scan(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let page = args.bucket().scan(&args.scan())?;
            let entries = page.items.iter().map(|(key, value)| format!("{}={}", text(key), value.len()));
            let entries = entries.collect::<Vec<_>>();
            shown(format!("{}{}", entries.join(" "), if page.more { " ..." } else { "" }))
        })
    }

    /// Every key, page by page.
    pub fn keys(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let keys: Result<Vec<_>, Error> = args.bucket().keys(&args.scan()).collect();
            shown(keys?.iter().map(|key| text(key)).collect::<Vec<_>>().join(" "))
        })
    }

    /// How many entries and bytes of values there are, page by page.
    pub fn entries(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let (mut entries, mut bytes) = (0, 0);
            for entry in args.bucket().entries(&args.scan()) {
                entries += 1;
                bytes += entry?.1.len();
            }
            shown(format!("{entries} {bytes}"))
        })
    }

    pub fn count(request: Request, _params: Params) -> Response {
        answer(&request, |args| shown(args.bucket().count()?))
    }

    pub fn clear(request: Request, _params: Params) -> Response {
        answer(&request, |args| shown(args.bucket().clear()?))
    }

    pub fn buckets(request: Request, _params: Params) -> Response {
        answer(&request, |_| {
            let buckets = kv::buckets()?.into_iter().map(|(name, keys)| format!("{name}={keys}"));
            shown(buckets.collect::<Vec<_>>().join(" "))
        })
    }

    /// A change a line: `expect B K V`, `absent B K`, `set B K V`, `brief B K V MILLISECONDS`, `delete B K`.
    pub fn batch(request: Request, _params: Params) -> Response {
        answer(&request, |_| {
            let changes = String::from_utf8_lossy(request.body()).into_owned();
            let mut batch = Batch::new();
            for line in changes.lines() {
                let words: Vec<_> = line.split(' ').collect();
                let bucket = kv::bucket(words[1]);
                batch = match (words[0], &words[2..]) {
                    ("expect", [key, value]) => batch.expect(&bucket, key, Some(value.as_bytes())),
                    ("absent", [key]) => batch.expect(&bucket, key, None),
                    ("set", [key, value]) => batch.set(&bucket, key, value),
                    ("brief", [key, value, ttl]) => {
                        batch.set_with_ttl(&bucket, key, value, Duration::from_millis(ttl.parse().unwrap()))
                    }
                    ("delete", [key]) => batch.delete(&bucket, key),
                    _ => panic!("{line}"),
                };
            }
            shown(batch.write()?)
        })
    }

    /// Does `op` (get or set) on `n` keys that begin with `k`, and answers with the nanoseconds that it took.
    pub fn repeat(request: Request, _params: Params) -> Response {
        answer(&request, |args| {
            let (bucket, prefix) = (args.bucket(), args.query.get("k").unwrap());
            let (from, n) = (args.number("from").unwrap(), args.number("n").unwrap());
            let keys: Vec<String> = (from..from + n).map(|n| format!("{prefix}{n:08}")).collect();
            let set = args.query.get("op") == Some("set");
            let started = Instant::now();
            for key in &keys {
                if set {
                    bucket.set(key, request.body())?;
                } else {
                    bucket.get(key)?;
                }
            }
            shown(started.elapsed().as_nanos())
        })
    }
}

struct Args<'a> {
    query: &'a Query,
}

impl Args<'_> {
    fn bucket(&self) -> Bucket {
        kv::bucket(self.query.get("b").unwrap())
    }

    fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let byte = |c| u8::try_from(c).expect("a character up to U+00FF");
        self.query.get(name).map(|text| text.chars().map(byte).collect())
    }

    fn key(&self) -> Vec<u8> {
        self.bytes("k").unwrap()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.query.get(name).map(|text| text.parse().unwrap())
    }

    fn time(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    fn scan(&self) -> Scan {
        let mut scan = match (self.bytes("from"), self.bytes("past"), self.bytes("to")) {
            (None, None, None) => Scan::prefix(self.bytes("prefix").unwrap_or_default()),
            (from, past, to) => {
                let from = from.map(Bound::Included).or(past.map(Bound::Excluded));
                Scan::range((from.unwrap_or(Bound::Unbounded), to.map_or(Bound::Unbounded, Bound::Excluded)))
            }
        };
        if let Some(limit) = self.number("limit") {
            scan = scan.limit(u32::try_from(limit).unwrap());
        }
        if let Some(after) = self.bytes("after") {
            scan = scan.after(after);
        }
        if self.query.get("reverse").is_some() { scan.reverse() } else { scan }
    }
}

fn text(key: &[u8]) -> String {
    key.iter().map(|&byte| char::from(byte)).collect()
}

fn shown(what: impl std::fmt::Display) -> Result<Response, Error> {
    Ok(Response::text(what.to_string()))
}

/// An error by its kind and text.
fn answer(request: &Request, act: impl FnOnce(&Args<'_>) -> Result<Response, Error>) -> Response {
    let args = Args { query: request.query() };
    act(&args).unwrap_or_else(|error| {
        let status = match &error {
            Error::Denied(_) => 403,
            Error::NoStore(_) => 501,
            Error::Invalid(_) => 400,
            Error::Busy(_) => 429,
            _ => 500,
        };
        let mut text = String::new();
        write!(text, "{error}").unwrap();
        Response::text(text).status(status)
    })
}
