//! Standard commands: as residents, and spawned by name.

use rustix::process::Signal;

use super::wire::get;
use crate::support::Folder;
use crate::support::server::{Server, app};

/// An app whose residents are commands that do what their names say. `tables` says more of them, `profile` of what they
/// may do.
fn residents(names: &[&str], tables: &str, profile: &str) -> Folder {
    let mut manifest = format!("[capabilities.loud]\nallow-stdio = true\n{profile}\n");
    for name in names {
        let table = format!("[components.{name}]\ncapability = \"loud\"\nresident = true\n{tables}\n");
        manifest.push_str(&table);
    }
    let job = |name: &&str| if name.starts_with("modern") { "modern-job" } else { "job" };
    let components: Vec<_> = names.iter().map(|name| (*name, job(name))).collect();
    app("standard", &manifest, &components)
}

#[test]
fn one_runs_to_its_end_and_stays_there() {
    for name in ["once", "exits", "modern-once"] {
        let mut node = Server::run(residents(&[name], "restart = \"transient\"", ""));
        // Its argument is its name.
        node.stdout.find(&format!("up {name}"));
        if name != "exits" {
            node.stdout.find("done");
        }
        node.signal(Signal::TERM);
        assert!(node.exit().success());
        assert_eq!(node.stdout.so_far().iter().filter(|line| line.starts_with("up ")).count(), 1, "{name}");
        assert!(!node.stderr.so_far().iter().any(|line| line.contains("failed")), "{name}");
    }
}

#[test]
fn one_that_exits_with_another_code_has_crashed_and_is_started_again() {
    for (name, cause) in [
        ("fails", "exit code 1"),
        ("exits-with-1", "exit code 1"),
        ("exits-with-7", "exit code 7"),
        ("panics", "trap: "),
        ("modern-fails", "exit code 1"),
        ("modern-exits-with-1", "exit code 1"),
        ("modern-panics", "trap: "),
    ] {
        let node = Server::run(residents(&[name], "restart = \"transient\"\nmax-restarts = 2", ""));
        node.stderr.find(&format!("it stays down child=\"{name}\""));
        let failed = node.stderr.find("process failed");
        assert!(failed.contains(cause) && failed.contains(&format!("component=\"{name}\"")), "{failed}");
        node.stdout
            .wait(|lines| (lines.iter().filter(|line| line.starts_with("up ")).count() == 3).then_some(()));
    }
}

#[test]
fn one_that_stays_is_stopped_with_the_node() {
    let mut node = Server::run(residents(&["stays", "spins", "modern-stays"], "", "max-cpu-time = \"50ms\""));
    for name in ["stays", "spins", "modern-stays"] {
        node.stdout.find(&format!("up {name}"));
    }
    node.signal(Signal::TERM);
    assert!(node.exit().success());
}

#[test]
fn what_is_not_granted_is_denied() {
    let node = Server::run(residents(&["tries"], "restart = \"temporary\"", ""));
    node.stdout.find("env []");
    node.stdout.find("read Err(\"No such file or directory");
    node.stdout.find("connect Err(\"Permission denied");
    node.stderr.find("said on stderr");

    let granted = "env = [\"GREETING\"]\nallow-sockets = true\n\
                   preopen = [{ host = \"data\", guest = \"/data\", read-only = true }]";
    let folder = residents(&["tries"], "restart = \"temporary\"", granted);
    folder.write("data/note", "a note");
    folder.write(".env", "GREETING=hello\n");
    let node = Server::run(folder);
    node.stdout.find("env [(\"GREETING\", \"hello\")]");
    node.stdout.find("read Ok(\"a note\")");
    node.stdout.find("connect Err(\"Connection refused");
}

#[test]
fn one_is_spawned_by_name() {
    let manifest = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /end-of/:name\" = \"front#end_of\"\n\
                    [capabilities.spawner]\nallow-spawn = true\n[components.front]\ncapability = \"spawner\"\n\
                    [capabilities.hasty]\nmax-cpu-time = \"50ms\"\n[components.spins]\ncapability = \"hasty\"\n";
    let components = [
        ("front", "front"),
        ("once", "job"),
        ("exits-with-7", "job"),
        ("spins", "job"),
        ("modern-once", "modern-job"),
        ("modern-fails", "modern-job"),
        ("server", "server"),
    ];
    let node = Server::start(app("standard", manifest, &components), "");
    for (name, end) in [
        ("once", "normal"),
        ("modern-once", "normal"),
        ("exits-with-7", "exit code 7"),
        ("modern-fails", "exit code 1"),
        ("spins", "out of CPU time"),
        ("server", "`server` answers requests by wasi:http"),
    ] {
        let got = get(&node, &format!("/end-of/{name}"));
        assert!(got.text().contains(end), "{name}: {}", got.text());
    }
}
