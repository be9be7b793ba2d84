//! What a profile does not grant is denied, in whatever way a guest tries, and works when it is granted.
//!
//! One component is mounted three times: without grants, with all of them, and with a read-only directory. Each row of
//! the table is a thing that it tries, what it hears without the grant, and what it hears with it. To cover a further
//! capability, add an attempt to `tests/apps/denials/components/tries` and a row here.

mod support;

use std::os::unix::fs::symlink;

use support::Folder;
use support::server::{self, Server};
use support::upstream::Upstream;

/// A thing to try: its name in the component, what it is tried on, and what the component then says without and with
/// the grant.
struct Row {
    what: &'static str,
    object: &'static str,
    denied: &'static str,
    granted: &'static str,
}

const fn row(what: &'static str, object: &'static str, denied: &'static str, granted: &'static str) -> Row {
    Row { what, object, denied, granted }
}

/// Where a language gives a denial no text of its own, the standard's error is what the guest hears.
const NO_DIRECTORY: &str = "could not: No such file or directory";
const OUTSIDE: &str = "could not: Operation not permitted";
const NO_ADDRESS: &str = "could not: failed to lookup address information";
const NOT_PERMITTED: &str = "could not: Permission denied";
const NOT_THERE: &str = "could not: operation not supported on this platform";
const CONTROL: &str = "its profile `sealed` does not grant `allow-process-control`";
const SPAWN: &str = "its profile `sealed` does not grant `allow-spawn`";
const NETWORK: &str = "could not: denied: this component's profile does not grant `allow-network` for ";

/// In the order in which they are tried. `UPSTREAM` stands for the address of a server that says "reached".
const ROWS: &[Row] = &[
    // preopen
    row("fs-read", "/data/note", NO_DIRECTORY, "did it: a note"),
    row("fs-write", "/data/new", NO_DIRECTORY, "did it: ()"),
    row("fs-append", "/data/new", NO_DIRECTORY, "did it: ()"),
    row("fs-read", "/data/new", NO_DIRECTORY, "did it: written, and more"),
    row("fs-create-dir", "/data/folder", NO_DIRECTORY, "did it: ()"),
    row("fs-read-dir", "/data", NO_DIRECTORY, "did it: absolute folder link new note up"),
    row("fs-metadata", "/data/note", NO_DIRECTORY, "did it: 6 bytes"),
    row("fs-rename", "/data/new", NO_DIRECTORY, "did it: ()"),
    row("fs-remove", "/data/new.renamed", NO_DIRECTORY, "did it: ()"),
    row("fs-remove-dir", "/data/folder", NO_DIRECTORY, "did it: ()"),
    // env
    row("env-vars", "", "did it: []", "did it: [(\"GREETING\", \"hello\")]"),
    row("env-var", "GREETING", "could not: environment variable not found", "did it: hello"),
    // allow-sockets
    row("net-connect", "UPSTREAM", NOT_PERMITTED, "did it: reached"),
    row("net-connect-name", "UPSTREAM", NO_ADDRESS, "did it: reached"),
    row("net-listen", "", NOT_PERMITTED, "did it: 127.0.0.1"),
    row("net-udp", "", NOT_PERMITTED, "did it: 5 bytes sent"),
    row("net-look-up", "", NO_ADDRESS, "did it: 1 found"),
    // allow-network
    row("fetch", "UPSTREAM", NETWORK, "did it: reached"),
    row("fetch-name", "UPSTREAM", NETWORK, "did it: reached"),
    // allow-spawn
    row("spawn", "", SPAWN, "did it: true"),
    row("spawn-link", "", SPAWN, "did it: true"),
    row("call", "", SPAWN, "did it: 200"),
    row("own-child", "", SPAWN, "did it: seen true, then Down("),
    // allow-process-control
    row("monitor", "", CONTROL, "did it: ()"),
    row("link", "", CONTROL, "did it: ()"),
    row("info", "", CONTROL, "did it: [\"idle\"]"),
    row("list", "", CONTROL, "did it: true"),
    row("exit", "first-victim", CONTROL, "did it: ()"),
    row("kill", "second-victim", CONTROL, "did it: ()"),
    // allow-stdio
    row("log", "a line of its own", "did it: enabled: false", "did it: enabled: true"),
];

/// What no profile grants, and what every profile does.
const ALIKE: &[Row] = &[
    row("fs-read", "/etc/passwd", NO_DIRECTORY, NO_DIRECTORY),
    row("fs-read", "etc/passwd", NO_DIRECTORY, NO_DIRECTORY),
    row("fs-read", "/data/../secret", NO_DIRECTORY, OUTSIDE),
    row("fs-read", "/data/../../../../../../etc/passwd", NO_DIRECTORY, OUTSIDE),
    row("fs-read", "/data/up", NO_DIRECTORY, OUTSIDE),
    row("fs-read", "/data/absolute", NO_DIRECTORY, OUTSIDE),
    row("fs-read", "/data/link/secret", NO_DIRECTORY, OUTSIDE),
    row("fs-write", "/data/link/planted", NO_DIRECTORY, OUTSIDE),
    row("fs-write", "/data/../planted", NO_DIRECTORY, OUTSIDE),
    row("fs-create-dir", "/data/../planted", NO_DIRECTORY, OUTSIDE),
    row("fs-hard-link", "/data/../secret", NO_DIRECTORY, OUTSIDE),
    row("fs-hard-link", "/etc/passwd", NO_DIRECTORY, NO_DIRECTORY),
    row("fs-rename", "/data/../secret", NO_DIRECTORY, OUTSIDE),
    row("fs-remove-dir", "/data/../shared", NO_DIRECTORY, OUTSIDE),
    row(
        "env-var",
        "WITHHELD",
        "could not: environment variable not found",
        "could not: environment variable not found",
    ),
    row("env-args", "", "did it: [\"sealed\"]", "did it: [\"open\"]"),
    row("env-current-dir", "", "did it: /", "did it: /"),
    row("env-current-exe", "", NOT_THERE, NOT_THERE),
    row("process-command", "", NOT_THERE, NOT_THERE),
    row("thread-spawn", "", "could not: Not supported", "could not: Not supported"),
    row("spawn-ungranted", "", "could not: denied: ", "could not: denied: "),
    row("register-reserved", "", "could not: `idle` is a component", "could not: `idle` is a component"),
    row("stdin", "", "did it: 0 bytes", "did it: 0 bytes"),
    // Whoever knows a process may send to it and ask whether it lives.
    row("send", "", "did it: ()", "did it: ()"),
    row("is-alive", "", "did it: true", "did it: true"),
    row("clock", "", "did it: true", "did it: true"),
    row("random", "", "did it: true", "did it: true"),
    row("sleep", "", "did it: ()", "did it: ()"),
];

const MANIFEST: &str = r#"
[log]
level = "debug"

[[serve]]
listen = "127.0.0.1:0"

[serve.routes]
"POST /sealed/:what" = "sealed#attempt"
"POST /open/:what" = "open#attempt"
"POST /reading/:what" = "reading#attempt"
"GET /answer" = "answers#answer"

[capabilities.sealed]

[capabilities.open]
allow-stdio = true
allow-network = true
allow-sockets = true
allow-spawn = ["idle", "answers"]
allow-process-control = true
env = ["GREETING"]
preopen = [{ host = "shared", guest = "/data", read-only = false }]

[capabilities.reading]
preopen = [{ host = "shared", guest = "/data" }]

[components]
sealed = { capability = "sealed" }
open = { capability = "open" }
reading = { capability = "reading" }
idle = { resident = true }
first-victim = { resident = true, restart = "temporary" }
second-victim = { resident = true, restart = "temporary" }
"#;

fn app() -> Folder {
    let components = [
        ("sealed", "tries"),
        ("open", "tries"),
        ("reading", "tries"),
        ("answers", "tries"),
        ("idle", "idle"),
        ("first-victim", "idle"),
        ("second-victim", "idle"),
    ];
    let folder = server::app("denials", MANIFEST, &components);
    folder.write(".env", "GREETING=hello\nWITHHELD=secret\n");
    folder.write("secret", "a secret");
    folder.write("shared/note", "a note");
    // Ways out that somebody left in the directory.
    symlink("../secret", folder.path("shared/up")).unwrap();
    symlink(folder.path("secret"), folder.path("shared/absolute")).unwrap();
    symlink("..", folder.path("shared/link")).unwrap();
    folder
}

fn try_it(node: &Server, component: &str, row: &Row, upstream: &Upstream) -> String {
    let object = row.object.replace("UPSTREAM", &upstream.address.to_string());
    let response = node.post(&format!("/{component}/{}", row.what), object);
    format!("{} {}", response.status, response.text())
}

fn upstream() -> Upstream {
    Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"reached"))
}

/// Tries all rows in order, and says of all that differ, not only of the first.
#[track_caller]
fn assert_each(component: &str, heard: impl Fn(&Row) -> &'static str) {
    let (folder, upstream) = (app(), upstream());
    let (secret, planted) = (folder.path("secret"), folder.path("planted"));
    let node = Server::start(folder, "");
    let mut wrong = Vec::new();
    for row in ROWS.iter().chain(ALIKE) {
        let said = try_it(&node, component, row, &upstream);
        let expected = heard(row);
        if !said.starts_with("200 ") || !said.contains(expected) {
            wrong.push(format!("{} {}: {said}\n    rather than: {expected}", row.what, row.object));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "a secret");
    assert!(!planted.exists());
}

#[test]
fn what_is_not_granted_is_denied() {
    assert_each("sealed", |row| row.denied);
}

#[test]
fn what_is_granted_works() {
    assert_each("open", |row| row.granted);
}

#[test]
fn a_read_only_directory_is_read_and_not_written() {
    let node = Server::start(app(), "");
    let tried = |what: &str, object: &str| node.post(&format!("/reading/{what}"), object).text().to_owned();
    assert_eq!(tried("fs-read", "/data/note"), "did it: a note");
    assert_eq!(tried("fs-metadata", "/data/note"), "did it: 6 bytes");
    assert_eq!(tried("fs-read-dir", "/data"), "did it: absolute link note up");
    for (what, object) in [
        ("fs-write", "/data/new"),
        ("fs-write", "/data/note"),
        ("fs-append", "/data/note"),
        ("fs-create-dir", "/data/folder"),
        ("fs-rename", "/data/note"),
        ("fs-hard-link", "/data/note"),
        ("fs-remove", "/data/note"),
        ("fs-remove", "/data/link"),
    ] {
        let said = tried(what, object);
        assert!(said.starts_with("could not: "), "{what} {object}: {said}");
    }
    assert_eq!(tried("fs-read", "/data/note"), "did it: a note");
}

#[test]
fn output_is_heard_when_it_is_granted() {
    let mut node = Server::start(app(), "");
    for (component, text) in [("sealed", "unheard"), ("open", "heard")] {
        assert_eq!(node.post(&format!("/{component}/print"), text).text(), "did it: printed");
        node.post(&format!("/{component}/log"), text);
    }
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    let (out, err) = (node.stdout.so_far(), node.stderr.so_far());
    assert!(out.contains(&"heard on standard output".to_owned()), "{out:?}");
    assert!(err.contains(&"heard on standard error".to_owned()), "{err:?}");
    assert!(err.iter().any(|line| line.contains(" INFO open[") && line.contains("tries: heard")), "{err:?}");
    assert!(!out.iter().chain(&err).any(|line| line.contains("unheard")), "{out:?} {err:?}");
}

/// Rust's `eprint!` is a call of the node for each piece of a line.
#[test]
fn the_lines_of_guests_do_not_mix() {
    let node = Server::start(app(), "");
    let texts: Vec<String> = (0..20).map(|n| format!("{n}").repeat(200)).collect();
    let mut clients: Vec<_> = texts.iter().map(|_| node.client()).collect();
    for _ in 0..5 {
        for (client, text) in clients.iter_mut().zip(&texts) {
            client.send(format!(
                "POST /open/pieces HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n",
                text.len()
            ));
            client.send(text);
        }
        for client in &mut clients {
            assert_eq!(client.response().text(), "did it: 10 lines");
        }
    }
    for lines in [&node.stdout, &node.stderr] {
        for text in &texts {
            let whole = format!("begun: {text} :ended");
            lines.wait(|lines| (lines.iter().filter(|line| **line == whole).count() == 50).then_some(()));
        }
        // The last, which no line end followed, stands alone too.
        lines.wait(|lines| (lines.iter().filter(|line| *line == "and a rest").count() == 100).then_some(()));
        assert!(!lines.so_far().iter().any(|line| line.contains("begun") && !line.ends_with(":ended")));
    }
}

#[test]
fn a_directory_that_is_not_there_is_an_error_at_its_place() {
    let folder = app();
    std::fs::remove_dir_all(folder.path("shared")).unwrap();
    for command in ["check", "serve"] {
        let outcome = folder.rusm(&[command]);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        for text in [
            "the directory shared cannot be shared: No such file or directory",
            "rusm.toml:23:21",
            "rusm.toml:26:21",
        ] {
            assert!(outcome.stderr.contains(text), "{}", outcome.stderr);
        }
    }
    folder.write("shared", "a file");
    let outcome = folder.rusm(&["check"]);
    assert!(outcome.stderr.contains("shared is no directory"), "{}", outcome.stderr);
}
