//! Residents: started in order, supervised, stopped in reverse.

mod support;

use rustix::process::Signal;
use support::server::{Server, app};
use support::{Folder, run};

const ROUTES: &str = r#"
[[serve]]
listen = "127.0.0.1:0"
[serve.routes]
"GET /tell/:name/:word" = "ctl#tell"
"GET /ask/:name" = "ctl#ask"
[capabilities.loud]
allow-stdio = true
max-cpu-time = "100ms"
"#;

/// An app with these residents, whose tables say more.
fn residents(names: &[(&str, &str)]) -> Folder {
    let tables: String = names
        .iter()
        .map(|(name, more)| format!("[components.{name}]\ncapability = \"loud\"\nresident = true\n{more}\n"))
        .collect();
    let mut components = vec![("ctl", "ctl")];
    components.extend(names.iter().map(|(name, _)| (*name, "res")));
    app("residents", &format!("{ROUTES}{tables}"), &components)
}

/// Waits until a resident answers as another process than this.
fn after(node: &Server, name: &str, old: &str) -> String {
    loop {
        let answer = node.get(&format!("/ask/{name}"));
        if answer.status == 200 && answer.text() != old {
            return answer.text().to_owned();
        }
    }
}

/// Waits until that many lines begin with this. More may follow, so what comes next is asked for afterwards.
fn wait_for(node: &Server, word: &str, count: usize) {
    node.stdout
        .wait(|lines| (lines.iter().filter(|line| line.starts_with(word)).count() == count).then_some(()));
}

fn said(node: &Server, word: &str) -> Vec<String> {
    node.stdout.so_far().into_iter().filter(|line| line.starts_with(word)).collect()
}

#[test]
fn they_start_in_the_manifests_order_and_stop_in_reverse() {
    // The manifest's order is not the alphabet's.
    let mut node = Server::run(residents(&[("zoe", ""), ("adam", ""), ("mia", "")]));
    node.stdout.find("running zoe, adam, mia");
    for name in ["zoe", "adam", "mia"] {
        node.stdout.find(&format!("up {name}"));
    }
    node.signal(Signal::TERM);
    assert!(node.exit().success());
    assert_eq!(said(&node, "down"), ["down mia: shutdown", "down adam: shutdown", "down zoe: shutdown"]);
    // It opened no port.
    assert!(said(&node, "listening").is_empty());
}

#[test]
fn one_that_fails_is_started_again_under_its_name() {
    let node = Server::start(residents(&[("one", "max-restarts = 10"), ("other", "")]), "");
    let other = after(&node, "other", "");
    let mut pid = after(&node, "one", "");
    for (word, cause) in [("panic", "told to"), ("fail", "error: told to"), ("return", "")] {
        node.get(&format!("/tell/one/{word}"));
        let new = after(&node, "one", &pid);
        // Written after the line on the failure.
        node.stderr.find(&format!("restarted child=\"one\" pid={new}"));
        let failed =
            |line: &&String| line.contains("process failed") && line.contains(&format!("pid={pid} "));
        let line = node.stderr.so_far().iter().find(failed).cloned().unwrap_or_default();
        assert!(line.contains(cause), "{line}");
        assert_eq!(line.is_empty(), cause.is_empty(), "{line}");
        pid = new;
    }
    assert_eq!(after(&node, "other", ""), other, "a neighbour notices nothing");
}

#[test]
fn one_that_keeps_failing_stays_down_and_the_rest_goes_on() {
    let node = Server::start(residents(&[("doomed", "max-restarts = 2"), ("one", "")]), "");
    node.stderr.find("it stays down child=\"doomed\"");
    wait_for(&node, "up doomed", 3);
    assert_eq!(node.get("/ask/doomed").status, 404);
    after(&node, "one", "");
}

#[test]
fn restart_says_after_which_ends() {
    let tables = [("transient", "restart = \"transient\""), ("temporary", "restart = \"temporary\"")];
    let node = Server::start(residents(&tables), "");
    let pid = after(&node, "transient", "");
    node.get("/tell/transient/panic");
    after(&node, "transient", &pid);
    for (name, word) in [("transient", "shutdown"), ("temporary", "panic")] {
        after(&node, name, "");
        node.get(&format!("/tell/{name}/{word}"));
        while node.get(&format!("/ask/{name}")).status != 404 {}
    }
    wait_for(&node, "up transient", 2);
    wait_for(&node, "up temporary", 1);
}

#[test]
fn a_resident_may_use_all_the_cpu_time_that_it_wants() {
    let node = Server::start(residents(&[("one", "")]), "");
    let pid = after(&node, "one", "");
    node.get("/tell/one/spin");
    assert_eq!(after(&node, "one", ""), pid);
}

#[test]
fn a_component_of_handlers_is_no_resident() {
    let manifest = format!("{ROUTES}[components.ctl]\nresident = true\n");
    let folder = app("residents", &manifest, &[("ctl", "ctl")]);
    for command in ["check", "serve", "run"] {
        let outcome = run(&mut folder.command(&[command]));
        assert_eq!(outcome.code, Some(1), "{command}");
        assert!(outcome.stderr.contains("`ctl` is one of handlers"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("[components.ctl]"), "{}", outcome.stderr);
    }
}

#[test]
fn a_kind_that_the_component_has_not_is_refused() {
    let manifest = |kind| format!("[components.one]\nresident = true\nkind = \"{kind}\"\n");
    let folder = app("residents", &manifest("main"), &[("one", "res")]);
    assert_eq!(folder.rusm(&["check"]).code, Some(0));
    let folder = app("residents", &manifest("service"), &[("one", "res")]);
    let outcome = folder.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("of another kind"), "{}", outcome.stderr);
}

#[test]
fn what_cannot_be_hosted_is_said() {
    let folder = app("residents", ROUTES, &[("ctl", "ctl")]);
    let outcome = folder.rusm(&["run"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("no resident"), "{}", outcome.stderr);

    let manifest = "[components.one]\nresident = true\n";
    let folder = app("residents", manifest, &[("one", "res")]);
    let outcome = folder.rusm(&["serve"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("`rusm run`"), "{}", outcome.stderr);

    let manifest = "[components.one]\nresident = true\n[capabilities.x]\nallow-spawn = [\"nobody\"]\n";
    let folder = app("residents", manifest, &[("one", "res")]);
    let outcome = folder.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("nobody"), "{}", outcome.stderr);
}
