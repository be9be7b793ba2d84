//! What a profile grants a guest of the node's environment and output, and the log's forms.

use crate::support::server::App;

#[test]
fn a_variable_is_seen_when_it_is_granted() {
    let env = "GRANTED=from .env\nWITHHELD=secret\n";
    let node = App { profile: "env = [\"GRANTED\", \"UNSET\"]", env, ..App::default() }.serve();
    assert_eq!(node.get("/env").text(), "GRANTED=from .env\n");
}

#[test]
fn without_a_grant_there_is_no_environment() {
    let node = App { env: "WITHHELD=secret\n", ..App::default() }.serve();
    assert_eq!(node.get("/env").text(), "");
}

#[test]
fn output_goes_to_the_nodes_when_it_is_granted() {
    let node = App { profile: "allow-stdio = true", ..App::default() }.serve();
    assert_eq!(node.get("/print").text(), "printed\n");
    node.stdout.find("to standard output");
    node.stderr.find("to standard error");
}

#[test]
fn output_goes_nowhere_without_a_grant() {
    let mut node = App::default().serve();
    assert_eq!(node.get("/print").text(), "printed\n");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    let (out, err) = (node.stdout.so_far(), node.stderr.so_far());
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(!err.iter().any(|line| line.contains("to standard error")), "{err:?}");
}

#[test]
fn a_json_log_is_an_object_a_line() {
    let mut node = App { log: "format = \"json\"\nlevel = \"debug\"", ..App::default() }.serve();
    node.post("/fail", "a \"quoted\"\ntext").assert_bare(500, "Internal Server Error");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    let lines = node.stderr.so_far();
    let events: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let failed = events.iter().find(|event| event["message"] == "request failed").unwrap();
    assert_eq!((&failed["level"], &failed["action"]), (&"ERROR".into(), &"probe#fail".into()));
    assert_eq!(failed["cause"], r#"error: a "quoted"\ntext"#);
    assert!(failed["pid"].as_str().unwrap().parse::<u64>().is_ok(), "{failed}");
}

/// The log of a node on which a guest logs, fails, and is the only one to run. Times and pids are left out.
fn log_of(log: &str) -> String {
    let mut node = App { log, profile: "allow-stdio = true", ..App::default() }.serve();
    node.post("/log", "three \"left\"\nof ten\x1b[2K");
    node.post("/fail", "none left").assert_bare(500, "Internal Server Error");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    let lines = node.stderr.so_far();
    // Where the kernel lacks a way to reset instances, the log begins with that.
    let lines = lines.iter().filter(|line| !line.contains("PAGEMAP_SCAN") && !line.contains("pagemap"));
    lines.map(|line| without_numbers(line) + "\n").collect()
}

/// A line's time as `TIME`, and each number of four digits and more as `PID`.
fn without_numbers(line: &str) -> String {
    let (time, rest) = match line.strip_prefix("{\"timestamp\":\"") {
        Some(rest) => ("{\"timestamp\":\"TIME", rest.split_once('"').unwrap().1),
        None => ("TIME", line.split_once('Z').unwrap().1),
    };
    let mut text = time.to_owned();
    if time.starts_with('{') {
        text.push('"');
    }
    for part in rest.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        let more = &part[digits.len()..];
        text += if digits.len() > 3 { "PID" } else { digits };
        text += more;
    }
    text
}

#[test]
fn a_log_for_people_tells_guests_from_the_platform() {
    insta::assert_snapshot!("log-text", log_of("level = \"debug\""));
}

#[test]
fn a_log_for_machines_has_the_same() {
    insta::assert_snapshot!("log-json", log_of("level = \"debug\"\nformat = \"json\""));
}

#[test]
fn the_level_holds_for_guests_and_processes_too() {
    let log = log_of("level = \"warn\"");
    assert_eq!(log.matches("three").count(), 2, "{log}");
    assert!(!log.contains("spawn") && !log.contains("exit"), "{log}");
}

#[test]
fn a_guests_log_needs_a_grant() {
    let mut node = App::default().serve();
    node.post("/log", "unheard");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    assert!(!node.stderr.so_far().concat().contains("unheard"));
}

#[test]
fn a_log_that_is_off_is_silent() {
    let mut node = App { log: "level = \"off\"", ..App::default() }.serve();
    node.post("/panic", "unheard").assert_bare(500, "Internal Server Error");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    assert_eq!(node.stderr.so_far(), [""; 0]);
}
