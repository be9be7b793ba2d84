//! What the tests of `rusm serve` call: actions that show what reached them, and actions that go wrong.

use std::fmt::Write;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rusm_rs::http::{Params, Request, Response};
use rusm_rs::log::{self, Level};

/// Lives as long as the instance.
static COUNT: AtomicU32 = AtomicU32::new(0);

#[rusm_rs::handlers]
pub mod probe {
    use super::*;

    pub fn user(_request: Request, params: Params) -> Response {
        Response::text(format!("user {}\n", params.get("id").unwrap_or("?")))
    }

    /// The request as the guest sees it, one fact a line.
    pub fn describe(request: Request, params: Params) -> Response {
        let mut text = format!("method {}\npath {}\n", request.method(), request.path());
        for (name, value) in params.iter() {
            let _ = writeln!(text, "param {name}={value}");
        }
        for (name, value) in request.query().iter() {
            let _ = writeln!(text, "query {name}={value}");
        }
        for (name, value) in request.headers().iter() {
            let _ = writeln!(text, "header {name}={}", value.escape_ascii());
        }
        if let Some(address) = request.remote_addr() {
            let _ = writeln!(text, "remote {address}");
        }
        Response::text(text)
    }

    pub fn echo(request: Request, _params: Params) -> Response {
        Response::bytes("application/octet-stream", request.body())
    }

    pub fn json(_request: Request, _params: Params) -> Response {
        Response::json(&[1, 2])
    }

    pub fn html(_request: Request, _params: Params) -> Response {
        Response::html("<p>")
    }

    pub fn redirect(_request: Request, _params: Params) -> Response {
        Response::redirect("/users/1")
    }

    pub fn status(_request: Request, params: Params) -> Response {
        Response::text("as asked\n").status(number(&params))
    }

    pub fn headers(_request: Request, _params: Params) -> Response {
        Response::new(200)
            .append_header("set-cookie", "a=1")
            .append_header("set-cookie", "b=2")
            .header("x-binary", b"\xff\x80")
    }

    pub fn bad_header(_request: Request, _params: Params) -> Response {
        Response::text("split").header("x", "a\r\nset-cookie: b=1")
    }

    pub fn count(_request: Request, _params: Params) -> Response {
        Response::text((COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string())
    }

    /// Fails with the request's body as the text.
    pub fn fail(request: Request, _params: Params) -> Result<Response, String> {
        Err(String::from_utf8_lossy(request.body()).into_owned())
    }

    /// Panics with the request's body as the text.
    pub fn panic(request: Request, _params: Params) -> Response {
        panic!("{}", String::from_utf8_lossy(request.body()))
    }

    pub fn unreachable(_request: Request, _params: Params) -> Response {
        std::arch::wasm32::unreachable()
    }

    pub fn overflow(_request: Request, _params: Params) -> Response {
        Response::text(deeper(0).to_string())
    }

    pub fn exhaust(_request: Request, _params: Params) -> Response {
        let mut hoard = Vec::new();
        loop {
            hoard.push(black_box(vec![1_u8; 1 << 20]));
        }
    }

    pub fn exit(_request: Request, _params: Params) -> Response {
        std::process::exit(3)
    }

    /// Computes for ever. Says so first, for tests that wait until it does.
    pub fn spin(_request: Request, _params: Params) -> Response {
        println!("spinning");
        loop {
            black_box(COUNT.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Computes for so many milliseconds. Says so first.
    pub fn work(_request: Request, params: Params) -> Response {
        println!("working");
        let end = Instant::now() + Duration::from_millis(number(&params).into());
        while Instant::now() < end {
            black_box(COUNT.fetch_add(1, Ordering::Relaxed));
        }
        Response::text("worked\n")
    }

    /// Waits for so many milliseconds. Says so first.
    pub fn nap(_request: Request, params: Params) -> Response {
        println!("napping");
        std::thread::sleep(Duration::from_millis(number(&params).into()));
        Response::text("rested\n")
    }

    /// Waits so many times, for a millisecond each.
    pub fn doze(_request: Request, params: Params) -> Response {
        for _ in 0..number(&params) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Response::text("rested\n")
    }

    pub fn env(_request: Request, _params: Params) -> Response {
        let mut text = String::new();
        for (name, value) in std::env::vars() {
            let _ = writeln!(text, "{name}={value}");
        }
        Response::text(text)
    }

    /// A line of each level in the node's log, with the request's body as the text.
    pub fn log(request: Request, _params: Params) -> Response {
        let text = String::from_utf8_lossy(request.body());
        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
            log::write(level, "probe::deep", &text);
        }
        Response::text("logged\n")
    }

    pub fn print(_request: Request, _params: Params) -> Response {
        println!("to standard output");
        eprintln!("to standard error");
        Response::text("printed\n")
    }
}

fn number(params: &Params) -> u16 {
    params.get("n").and_then(|text| text.parse().ok()).expect("`:n` is a number")
}

#[expect(unconditional_recursion, reason = "its end is the stack's")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth) + 1)) + 1
}
