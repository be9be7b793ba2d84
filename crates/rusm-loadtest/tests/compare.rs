//! Mode `compare`, with stand-ins for rusm: whatever follows the `serve` command's conventions will do.

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use rustix::process::{Pid, Signal, kill_process};
use support::{BINARY, Reaped, Run, loadtest, server};

/// A short comparison over HTTP in which the shell command `stand_in` is run in rusm's place.
fn compare(stand_in: &str) -> Command {
    compare_kind("http", "100ms", stand_in)
}

/// A comparison of any kind, with turns that are measured for `duration`.
fn compare_kind(kind: &str, duration: &str, stand_in: &str) -> Command {
    let short = ["--connections", "2", "--warmup", "20ms", "--duration", duration];
    let mut command = loadtest(&["compare", kind, "--app", "some/app"]);
    command.args(["--rusm", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stand-in.sh")]);
    command.args(short).env("STAND_IN", stand_in);
    command
}

/// A stand-in that is the native server itself.
fn twin() -> String {
    twin_of("native-http")
}

fn twin_of(native: &str) -> String {
    format!("exec '{BINARY}' {native}")
}

/// A stand-in whose port this process serves, answering what `answer` makes of the request's number.
fn fake(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> String {
    let served = AtomicUsize::new(0);
    let address = server(move |mut peer, _| {
        while peer.request().is_some() {
            peer.answer(&answer(served.fetch_add(1, Ordering::Relaxed)));
        }
    });
    announcing(address)
}

/// A stand-in that says that it listens at `address`.
fn announcing(address: SocketAddr) -> String {
    format!("echo listening on http://{address} >&2; exec sleep 600")
}

#[test]
fn twins_compare_without_errors() {
    let run = Run::of(compare(&twin()).arg("--json"));
    let report = run.json();
    assert_eq!(run.code, Some(0), "{report}");
    assert_eq!(report["errors"], 0);
    assert!(report["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{report}");
    let rounds = report["rounds"].as_array().expect("rounds");
    assert_eq!(rounds.len(), 5);
    for sample in rounds.iter().flat_map(|round| [&round["native"], &round["rusm"]]) {
        for figure in ["per_second", "resident_bytes"] {
            assert!(sample[figure].as_f64().is_some_and(|number| number > 0.0), "{figure}: {sample}");
        }
    }
}

#[test]
fn every_kind_compares_with_its_native_server() {
    for (kind, native, unit, timed) in [
        ("ws", "native-ws", "message", true),
        ("conn", "native-ws", "connection", true),
        ("sse", "native-sse", "event", false),
    ] {
        let run = Run::of(compare_kind(kind, "100ms", &twin_of(native)).arg("--json"));
        assert_eq!(run.code, Some(0), "{kind}: {}", run.stderr);
        let report = run.json();
        assert_eq!((&report["errors"], &report["unit"]), (&0.into(), &unit.into()), "{report}");
        assert!(report["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0), "{report}");
        for round in report["rounds"].as_array().expect("rounds") {
            assert_eq!(round["rusm"]["latency_us"].is_object(), timed, "{round}");
        }
    }
}

#[test]
fn servers_that_do_not_echo_are_not_compared() {
    let run = Run::of(&mut compare_kind("ws", "100ms", &twin()));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("rusm does not echo text messages at /ws"), "{}", run.stderr);
    assert!(run.stderr.contains("the server answered 404 to the upgrade"), "{}", run.stderr);
}

#[test]
fn different_streams_are_not_compared() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let address = server(move |mut peer, _| {
        peer.request();
        peer.answer(head);
        while peer.answer("data: tock 0\n\n") {}
    });
    let run = Run::of(&mut compare_kind("sse", "100ms", &announcing(address)));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("not the same one"), "{}", run.stderr);
    assert!(run.stderr.contains(r#"native: 200, "text/event-stream", "data: tick 0"#), "{}", run.stderr);
    assert!(run.stderr.contains(r#"rusm: 200, "text/event-stream", "data: tock 0"#), "{}", run.stderr);
}

#[test]
fn text_and_markdown_describe_the_machine() {
    let text = Run::of(&mut compare(&twin()));
    assert_eq!(text.code, Some(0), "{}", text.stderr);
    assert!(
        text.stdout.contains("median ratio") && text.stdout.contains("errors        0"),
        "{}",
        text.stdout
    );
    let markdown = Run::of(compare(&twin()).arg("--markdown"));
    assert_eq!(markdown.code, Some(0), "{}", markdown.stderr);
    for part in
        ["Machine: ", "Linux ", "rustc ", "| round | native requests/s |", "| **median** |", "; 0 errors."]
    {
        assert!(markdown.stdout.contains(part), "{part}: {}", markdown.stdout);
    }
}

#[test]
fn rusm_is_told_to_serve_the_app() {
    let run = Run::of(
        loadtest(&["compare", "http", "--app", "some/app", "--rusm", "/bin/echo"])
            .args(["--start-timeout", "30s"]),
    );
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("| serve some/app"), "{}", run.stderr);
}

#[test]
fn a_start_that_fails_shows_why() {
    let run = Run::of(&mut compare("echo 'error: no rusm.toml here' >&2; exit 1"));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("rusm ended (exit status: 1)"), "{}", run.stderr);
    assert!(run.stderr.contains("| error: no rusm.toml here"), "{}", run.stderr);
}

#[test]
fn a_binary_that_is_not_there_is_named() {
    let run = Run::of(&mut loadtest(&["compare", "http", "--rusm", "/no/such/rusm"]));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("/no/such/rusm serve ."), "{}", run.stderr);
}

#[test]
fn different_answers_are_not_compared() {
    let run = Run::of(&mut compare(&fake(|_| {
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nhi".to_owned()
    })));
    assert_eq!(run.code, Some(1));
    for difference in [
        r#"content-length: native ["11"], rusm ["2"]"#,
        r#"content-type: native ["text/plain; charset=utf-8"], rusm has none"#,
        r#"x-a: native has none, rusm ["1"]"#,
        r#"body: native "hello, bob\n" (11 bytes), rusm "hi" (2 bytes)"#,
    ] {
        assert!(run.stderr.contains(difference), "{difference}: {}", run.stderr);
    }
}

#[test]
fn what_tells_of_the_connection_is_no_difference() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nConnection: keep-alive\r\n\
                  Keep-Alive: timeout=5\r\ncontent-length: 11\r\n\r\nhello, bob\n";
    let run = Run::of(&mut compare(&fake(|_| answer.to_owned())));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn another_server_takes_the_native_ones_place() {
    let other = format!("{BINARY} native-http --listen 127.0.0.1:0");
    let run = Run::of(compare(&twin()).args(["--against", &other]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains(&format!("native is `{other}`")), "{}", run.stdout);
    let run = Run::of(compare(&twin()).args(["--against", "/no/such/server --fast"]));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("/no/such/server --fast"), "{}", run.stderr);
    let run = Run::of(compare(&twin()).args(["--against", ""]));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("--against names no command"), "{}", run.stderr);
}

#[test]
fn a_path_that_neither_knows_is_refused() {
    let run = Run::of(compare(&twin()).args(["--path", "/nowhere"]));
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("both servers answer GET /nowhere with 404"), "{}", run.stderr);
}

#[test]
fn an_error_in_one_turn_fails_the_comparison() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 11\r\n\r\n";
    let body = |number| {
        if number == 100 { "hello, eve\n" } else { "hello, bob\n" }
    };
    let run = Run::of(compare(&fake(move |number| format!("{head}{}", body(number)))).arg("--json"));
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    assert_eq!(report["errors"], 1, "{report}");
}

#[test]
fn an_interrupt_leaves_no_server_behind() {
    let mut command = compare_kind("http", "10m", &twin());
    let compare = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut compare = Reaped(compare.spawn().expect("the binary runs"));
    let stderr = compare.0.stderr.take().expect("stderr is piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("round 1 of")), "it starts the first round");

    let servers = children(compare.0.id());
    assert_eq!(servers.len(), 2);
    let pid = i32::try_from(compare.0.id()).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, Signal::INT).expect("it runs");
    assert_eq!(compare.0.wait().expect("it ends").code(), Some(1));
    assert!(lines.any(|line| line == "error: interrupted"));
    for server in servers {
        assert!(!Path::new(&format!("/proc/{server}")).exists(), "server {server} lives on");
    }
}

/// Processes whose parent is `parent`.
fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").expect("procfs is mounted").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        after_name.split_ascii_whitespace().nth(1) == Some(&parent.to_string())
    })
    .collect()
}
