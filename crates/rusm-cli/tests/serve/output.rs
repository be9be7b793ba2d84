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

#[test]
fn a_log_that_is_off_is_silent() {
    let mut node = App { log: "level = \"off\"", ..App::default() }.serve();
    node.post("/panic", "unheard").assert_bare(500, "Internal Server Error");
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    assert_eq!(node.stderr.so_far(), [""; 0]);
}
