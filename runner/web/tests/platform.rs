//! The platform's tests by API, each a file in `runner/platform/web/tests`. Between them they carry the public tables of the
//! web platform tests; what came of them stands in `docs/web-platform.md`, which the last test here compares.

mod harness;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};
use std::{env, fs};

use harness::Case;

macro_rules! apis {
    ($($name:ident: $title:literal,)*) => {
        /// File of tests and the APIs that it tests, as the document names them.
        const APIS: &[(&str, &str)] = &[$((stringify!($name), $title),)*];

        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

apis! {
    url: "URL",
    urlsearchparams: "URLSearchParams",
    urlpattern: "URLPattern",
    headers: "Headers",
    request: "Request",
    response: "Response",
    formdata: "FormData",
    blob: "Blob, File",
    fetch: "fetch",
    streams: "ReadableStream, WritableStream, TransformStream",
    encoding: "TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream",
    base64: "atob, btoa",
    compression: "CompressionStream, DecompressionStream",
    structured_clone: "structuredClone",
    message: "MessageChannel, MessagePort",
    event: "Event, EventTarget, CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent, reportError",
    abort: "AbortController, AbortSignal",
    exception: "DOMException",
    timers: "setTimeout, setInterval, queueMicrotask",
    performance: "performance",
    random: "crypto.getRandomValues, crypto.randomUUID, Math.random",
    console: "console",
    process: "process.env, navigator, self",
}

/// Each file runs once, whoever asks first.
static RESULTS: LazyLock<BTreeMap<&str, OnceLock<Vec<Case>>>> =
    LazyLock::new(|| APIS.iter().map(|(name, _)| (*name, OnceLock::new())).collect());

fn results(name: &str) -> &'static [Case] {
    RESULTS[name].get_or_init(|| harness::run(name))
}

fn check(name: &str) {
    let cases = results(name);
    assert!(!cases.is_empty(), "{name} has no cases");
    let mut failures = Vec::new();
    for case in cases {
        match (&case.failure, &case.known) {
            (Some(failure), None) => failures.push(format!("{}: {failure}", case.name)),
            (None, Some(reason)) => {
                failures.push(format!("{}: passes, though it is known to fail: {reason}", case.name));
            }
            _ => {}
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} cases of {name}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

const BEGIN: &str = "<!-- What follows is written by the tests. -->\n";
const END: &str = "<!-- What precedes is written by the tests. -->\n";

/// `RUSM_WRITE_DOCS=1 cargo test -p rusm-runner-web --test platform` writes the document's tables anew.
#[test]
fn the_document_tells_what_passes() {
    let path = document();
    let text = fs::read_to_string(&path).expect("docs/web-platform.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the tables begin");
    let (_, after) = rest.split_once(END).expect("where the tables end");
    let current = format!("{before}{BEGIN}{}{END}{after}", tables());
    if env::var_os("RUSM_WRITE_DOCS").is_some() {
        fs::write(&path, &current).expect("the document");
    }
    assert!(
        text == current || env::var_os("RUSM_WRITE_DOCS").is_some(),
        "docs/web-platform.md is not current: RUSM_WRITE_DOCS=1 cargo test -p rusm-runner-web --test platform"
    );
}

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/web-platform.md")
}

fn tables() -> String {
    let mut table = String::from("\n| API | cases | passed |\n|---|---:|---:|\n");
    let mut deviations = String::new();
    for (name, title) in APIS {
        let cases = results(name);
        let passed = cases.iter().filter(|case| case.failure.is_none()).count();
        let _ = writeln!(table, "| {title} | {} | {passed} |", cases.len());
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for case in cases {
            if let (Some(_), Some(reason)) = (&case.failure, &case.known) {
                by_reason.entry(reason).or_default().push(&case.name);
            }
        }
        for (reason, names) in by_reason {
            let _ = writeln!(deviations, "\n**{title}.** {reason}\n");
            for name in names {
                let _ = writeln!(deviations, "- `{}`", visible(name));
            }
        }
    }
    format!("{table}\n### Cases that do not pass\n{deviations}\n")
}

/// As it can stand between backticks.
fn visible(name: &str) -> String {
    name.chars()
        .map(|char| if char.is_control() { char.escape_default().to_string() } else { char.to_string() })
        .collect::<String>()
        .replace('`', "'")
}
