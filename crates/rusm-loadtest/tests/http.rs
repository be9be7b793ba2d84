//! Mode `http`, driven from outside against servers that behave and servers that do not.

mod support;

use std::{
    io::Read as _,
    net::{SocketAddr, TcpListener},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{Native, Run, loadtest, raw, server};

/// A short run with `args` against `url`.
fn drive(url: &str, args: &[&str]) -> Run {
    let short = ["http", url, "--connections", "4", "--duration", "200ms", "--warmup", "20ms"];
    Run::of(loadtest(&short).args(args))
}

fn drive_json(address: SocketAddr, args: &[&str]) -> (Option<i32>, Value) {
    let run = drive(&format!("http://{address}/"), &[&["--json"], args].concat());
    (run.code, run.json())
}

fn above_zero(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number > 0.0)
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[test]
fn a_clean_run_has_figures_and_no_errors() {
    let native = Native::start("native-http");
    let run = drive(&native.url("/hello/bob"), &["--json", "--threads", "2"]);
    let report = run.json();
    assert_eq!(run.code, Some(0), "{report}");
    assert_eq!(report["errors"], 0, "{report}");
    for figure in ["requests", "requests_per_second", "received_bytes"] {
        assert!(above_zero(&report[figure]), "{figure}: {report}");
    }
    let latency: Vec<f64> = ["p50", "p90", "p99", "p99.9", "max"]
        .iter()
        .filter_map(|key| report["latency_us"][key].as_f64())
        .collect();
    assert!(latency.len() == 5 && latency[0] > 0.0 && latency.is_sorted(), "{report}");
}

#[test]
fn the_text_names_every_figure() {
    let native = Native::start("native-http");
    let run = drive(&native.url("/hello/bob"), &[]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    for word in ["requests/s", "p50", "p99.9", "max", "received", "errors         0\n", "client CPU"] {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
}

#[test]
fn what_is_sent_is_what_was_asked_for() {
    let address = server(|mut peer, _| {
        while let Some(head) = peer.request() {
            let right = head.starts_with("HEAD / HTTP/1.1\r\nhost: ") && head.contains("\r\nx-room: 7\r\n");
            // A HEAD's answer describes a body that does not follow.
            peer.answer(if right {
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
            } else {
                "HTTP/1.1 400 No\r\n\r\n"
            });
        }
    });
    let (code, report) = drive_json(address, &["--method", "HEAD", "--header", "x-room: 7"]);
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn chunked_answers_are_read() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    let address = server(move |mut peer, _| {
        while peer.request().is_some() {
            peer.answer(chunked);
        }
    });
    let (code, report) = drive_json(address, &[]);
    assert_eq!(code, Some(0), "{report}");
    assert!(above_zero(&report["requests"]));
}

#[test]
fn a_connection_that_the_server_announces_to_close_is_no_error() {
    let address = server(|mut peer, _| {
        peer.request();
        peer.answer("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello");
    });
    let (code, report) = drive_json(address, &[]);
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn a_close_inside_the_answer_is_a_read_error() {
    let address = server(|mut peer, _| {
        peer.request();
        peer.answer("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel");
    });
    let (code, report) = drive_json(address, &[]);
    assert_eq!(code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["read"]), "{report}");
    assert_eq!(report["errors_by_kind"]["first"], "the connection closed inside the response's body");
}

#[test]
fn garbage_is_a_read_error() {
    let address = server(|mut peer, _| {
        peer.request();
        peer.answer("220 mail.example ready\r\n");
    });
    let (code, report) = drive_json(address, &[]);
    assert_eq!(code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["read"]), "{report}");
}

#[test]
fn an_endless_answer_is_a_read_error() {
    let part = "x".repeat(1 << 20);
    let address = server(move |mut peer, _| {
        peer.request();
        peer.answer("HTTP/1.1 200 OK\r\n\r\n");
        while peer.answer(&part) {}
    });
    let (code, report) = drive_json(address, &["--timeout", "5m"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["read"]), "{report}");
}

#[test]
fn silence_is_a_timeout() {
    let address = server(|mut peer, _| while peer.request().is_some() {});
    let (code, report) = drive_json(address, &["--timeout", "50ms"]);
    assert_eq!(code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["timeout"]), "{report}");
}

#[test]
fn an_error_status_is_counted_by_its_code() {
    let native = Native::start("native-http");
    let run = drive(&native.url("/nowhere"), &["--json"]);
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["status"]["404"]), "{report}");
    assert_eq!(report["requests"], 0, "{report}");
}

#[test]
fn a_body_that_changes_is_an_error() {
    let served = AtomicUsize::new(0);
    let address = server(move |mut peer, _| {
        while peer.request().is_some() {
            let fifth = served.fetch_add(1, Ordering::Relaxed) == 4;
            peer.answer(if fifth { &HELLO[..HELLO.len() - 1] } else { HELLO });
            if fifth {
                peer.answer("!");
            }
        }
    });
    let (code, report) = drive_json(address, &[]);
    assert_eq!(code, Some(1), "{report}");
    assert_eq!(report["errors_by_kind"]["body"], 1, "{report}");
}

#[test]
fn a_server_that_goes_away_is_a_connect_error() {
    // Only the check before the run and the four connections get through.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let accept = std::thread::spawn(move || {
        let held: Vec<_> = listener.incoming().flatten().take(5).collect();
        drop(listener);
        drop(held);
    });
    let (code, report) = drive_json(address, &[]);
    accept.join().expect("it accepts five");
    assert_eq!(code, Some(1), "{report}");
    assert!(above_zero(&report["errors_by_kind"]["connect"]), "{report}");
}

#[test]
fn nothing_to_drive_is_said_at_once() {
    let closed =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let run = drive(&format!("http://{closed}/"), &[]);
    assert_eq!(run.code, Some(1));
    let expected = format!("error: nothing answers at http://{closed}/: start the server first");
    assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for args in [
        &["http", "https://127.0.0.1/"][..],
        &["http", "127.0.0.1:8080"],
        &["http"],
        &["http", "http://127.0.0.1/", "--duration", "soon"],
        &["http", "http://127.0.0.1/", "--connections", "0"],
        &["http", "http://127.0.0.1/", "--header", "no colon"],
        &["http", "http://127.0.0.1/", "--method", "GE T"],
        &["ws", "wss://127.0.0.1/"],
        &["ws", "ws://127.0.0.1/", "--size", "99999999"],
        &["sse", "ws://127.0.0.1/"],
        &["conn"],
        &["idle"],
        &["idle", "ws", "ws://127.0.0.1/"],
        &["compare", "ws", "--path", "ws"],
        &["compare", "sse", "--connections", "0"],
        &["compare", "http", "--rounds", "1"],
        &["compare", "http", "--path", "hello"],
        &["compare", "http", "--json", "--markdown"],
        &["fly"],
        &[],
    ] {
        let run = Run::of(&mut loadtest(args));
        assert_eq!(run.code, Some(2), "{args:?}: {}", run.stderr);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn each_mode_has_its_number_of_connections() {
    for (mode, connections) in [
        (&["http"][..], 32),
        (&["ws"], 256),
        (&["sse"], 64),
        (&["conn"], 32),
        (&["compare", "http"], 32),
        (&["compare", "ws"], 256),
        (&["compare", "sse"], 64),
        (&["compare", "conn"], 32),
        (&["idle", "ws"], 1000),
    ] {
        let help = Run::of(loadtest(mode).arg("--help")).stdout;
        let (_, described) = help.split_once("--connections").expect("it has connections");
        let default = described.split("[default: ").nth(1).and_then(|rest| rest.split(']').next());
        assert_eq!(default, Some(connections.to_string().as_str()), "{mode:?}");
    }
}

#[test]
fn the_native_server_answers_as_documented() {
    let native = Native::start("native-http");
    let ask = |line: &str| {
        raw(native.address(), &format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
    };
    let hello = ask("GET /hello/bob%20b");
    assert!(hello.starts_with("HTTP/1.1 200 OK\r\n"), "{hello}");
    assert!(hello.contains("\r\ncontent-type: text/plain; charset=utf-8\r\n"), "{hello}");
    assert!(hello.ends_with("\r\n\r\nhello, bob b\n"), "{hello}");
    let refused = ask("DELETE /hello/bob");
    assert!(
        refused.starts_with("HTTP/1.1 405 ") && refused.contains("\r\nallow: GET, HEAD\r\n"),
        "{refused}"
    );
    for path in ["/", "/hello/", "/hello/bob/x"] {
        assert!(ask(&format!("GET {path}")).starts_with("HTTP/1.1 404 "), "{path}");
    }
}

#[test]
fn the_native_server_stops_when_told() {
    let mut native = Native::start("native-http");
    // An idle connection does not hold it up.
    let mut idle = std::net::TcpStream::connect(native.address()).expect("it listens");
    let pid = i32::try_from(native.process.0.id()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::TERM).expect("it runs");
    assert!(native.process.0.wait().expect("it ends").success());
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0, "closed");
}

#[test]
fn a_port_in_use_is_explained() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let run = Run::of(loadtest(&["native-http", "--listen", &address]).stdin(Stdio::null()));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.starts_with(&format!("error: cannot listen on {address}: ")), "{}", run.stderr);
}
