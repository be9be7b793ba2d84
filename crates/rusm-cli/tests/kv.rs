//! `rusm kv`, with and without a node that has the store open.

mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use support::Folder;
use support::server::{App, Server};

const STORE: &str = "store = \"data/app.redb\"";
const SOCKET: &str = ".rusm/control.sock";

/// What a command wrote and how it ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Ended {
    fn of(child: Child) -> Ended {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        Ended { code: output.status.code(), stdout: output.stdout, stderr }
    }

    /// What a command wrote that must have gone well.
    #[track_caller]
    fn bytes(self) -> Vec<u8> {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout.escape_ascii());
        self.stdout
    }

    #[track_caller]
    fn text(self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    /// Asserts that the command failed with this code, this in its message and nothing on its output.
    #[track_caller]
    fn fails(self, code: i32, text: &str) {
        assert_eq!((self.code, self.stdout.as_slice()), (Some(code), &b""[..]), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: ") && self.stderr.contains(text), "{}", self.stderr);
    }
}

/// A folder with an app that has a store, whose node may run.
trait Kv {
    fn folder(&self) -> &Folder;

    fn start(&self, args: &[&str], input: Stdio) -> Child {
        let mut command = self.folder().command(&["kv"]);
        command.args(args).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn kv(&self, args: &[&str]) -> Ended {
        Ended::of(self.start(args, Stdio::null()))
    }

    fn feed(&self, args: &[&str], input: &[u8]) -> Ended {
        let mut child = self.start(args, Stdio::piped());
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // A command that fails may not read to the end.
            scope.spawn(move || drop(stdin.write_all(input)));
            Ended::of(child)
        })
    }
}

impl Kv for Folder {
    fn folder(&self) -> &Folder {
        self
    }
}

impl Kv for Server {
    fn folder(&self) -> &Folder {
        Server::folder(self)
    }
}

fn app() -> Folder {
    Folder::with([("rusm.toml", &format!("[node]\n{STORE}\n"))])
}

fn node() -> Server {
    App { node: STORE, ..App::default() }.serve()
}

/// The same without a node and with one.
fn both(test: impl Fn(&dyn Kv)) {
    let app = app();
    test(&app);
    assert!(!app.path(SOCKET).exists());
    let node = node();
    assert!(node.folder().path(SOCKET).exists());
    test(&node);
}

#[test]
fn a_value_is_set_and_read_as_it_is() {
    both(|app| {
        assert_eq!(app.kv(&["set", "users", "ann", "Ann Lee"]).text(), "");
        assert_eq!(app.kv(&["get", "users", "ann"]).text(), "Ann Lee");
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
        assert_eq!(app.feed(&["set", "users", "ann"], &bytes).text(), "");
        assert_eq!(app.kv(&["get", "users", "ann"]).bytes(), bytes);
        app.kv(&["set", "users", "nobody", ""]).text();
        assert_eq!(app.kv(&["get", "users", "nobody"]).text(), "");
        app.kv(&["set", "stats", "balance", "-12"]).text();
        assert_eq!(app.kv(&["get", "stats", "balance"]).text(), "-12");
    });
}

#[test]
fn what_is_not_there_has_an_exit_code_of_its_own() {
    both(|app| {
        app.kv(&["get", "users", "ann"]).fails(3, "there is no key `ann` in the bucket `users`");
        app.kv(&["rm", "users", "ann"]).fails(3, "there is no key `ann` in the bucket `users`");
        app.kv(&["rm", "--all", "users"]).fails(3, "there is no bucket `users`");
    });
}

#[test]
fn reading_makes_no_store() {
    let app = app();
    assert_eq!(app.kv(&["list"]).text(), "");
    app.kv(&["get", "users", "ann"]).fails(3, "no key");
    assert_eq!(app.kv(&["export"]).text(), "{\"rusm-kv\":1}\n");
    assert!(!app.path("data").exists());
}

#[test]
fn buckets_and_keys_are_listed() {
    both(|app| {
        for key in ["b2", "a1", "b1", "c1", r"b\xff", r"b\\", r"b\x0a"] {
            app.kv(&["set", "letters", key, &format!("{key}\tof\n")]).text();
        }
        app.kv(&["set", "other things", "x", "1"]).text();
        assert_eq!(app.kv(&["list"]).text(), "letters\t7\nother things\t1\n");
        let list = |args: &[&str]| app.kv(&[&["list", "letters"], args].concat()).text();
        assert_eq!(list(&[]), "a1\nb\\x0a\nb1\nb2\nb\\\\\nb\\xff\nc1\n");
        assert_eq!(list(&["--prefix", "b", "--limit", "3"]), "b\\x0a\nb1\nb2\n");
        assert_eq!(list(&["--prefix", r"b\xff"]), "b\\xff\n");
        assert_eq!(list(&["--limit", "0"]), "");
        assert_eq!(list(&["--values", "--limit", "1"]), "a1\ta1\\x09of\\x0a\n");
        assert_eq!(app.kv(&["list", "nothing"]).text(), "");
    });
}

#[test]
fn a_key_is_given_back_as_it_was_shown() {
    both(|app| {
        let odd = [r"\xff\xfe", r"\x00", r"\\xff", "\u{fc}", r"\xc2\x85", " space "];
        for key in odd {
            app.kv(&["set", "odd", key, key]).text();
        }
        let shown = app.kv(&["list", "odd"]).text();
        assert_eq!(shown.lines().count(), odd.len());
        for key in shown.lines() {
            assert_eq!(app.kv(&["get", "odd", key]).text(), key);
            assert_eq!(app.kv(&["rm", "odd", key]).text(), "1 key deleted\n");
        }
        assert_eq!(app.kv(&["list"]).text(), "");
    });
}

#[test]
fn more_keys_than_a_page_has_are_listed() {
    both(|app| {
        let lines = (0..2500).map(|n| format!("{{\"bucket\":\"b\",\"key\":\"{n:04}\",\"value\":\"\"}}\n"));
        let export = std::iter::once("{\"rusm-kv\":1}\n".to_owned()).chain(lines).collect::<String>();
        assert_eq!(app.feed(&["import"], export.as_bytes()).text(), "2500 keys imported\n");
        let all: Vec<String> = (0..2500).map(|n| format!("{n:04}")).collect();
        let listed = |args: &[&str]| app.kv(args).text().lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(listed(&["list", "b"]), all);
        assert_eq!(listed(&["list", "b", "--limit", "2001"]), all[..2001]);
        assert_eq!(app.kv(&["rm", "--all", "b"]).text(), "2500 keys deleted\n");
    });
}

#[test]
fn a_key_lives_as_long_as_it_was_given() {
    both(|app| {
        app.kv(&["set", "sessions", "long", "1", "--ttl", "12h"]).text();
        app.kv(&["set", "sessions", "short", "1", "--ttl", "1ms"]).text();
        let exported = app.kv(&["export"]).text();
        assert!(exported.contains("\"key\":\"long\",\"value\":\"1\",\"expires\":"), "{exported}");
        // It took longer than that to get here.
        app.kv(&["get", "sessions", "short"]).fails(3, "no key");
        assert_eq!(app.kv(&["list"]).text(), "sessions\t1\n");
    });
}

#[test]
fn an_export_goes_into_another_store() {
    let from = node();
    for (key, value) in [("ann", &b"Ann"[..]), (r"\xff\x00", b"\xfe\xff"), ("empty", b"")] {
        from.feed(&["set", "users", key], value).text();
    }
    from.kv(&["set", "sessions", "c0ffee", "ann", "--ttl", "1h"]).text();
    let all = from.kv(&["export"]).text();
    let users = from.kv(&["export", "users"]).text();
    assert_eq!(users.lines().count(), 4);
    assert!(!users.contains("sessions"));

    both(|to| {
        assert_eq!(to.feed(&["import"], all.as_bytes()).text(), "4 keys imported\n");
        // Keys, values and times of expiry are the same.
        assert_eq!(to.kv(&["export"]).text(), all);
        assert_eq!(to.kv(&["get", "users", r"\xff\x00"]).bytes(), b"\xfe\xff");
        assert_eq!(to.kv(&["export", "users"]).text(), users);
    });
}

/// Through a pipe, neither side holding all of it.
#[test]
fn a_large_store_goes_from_node_to_node() {
    let (from, to) = (node(), node());
    let value = vec![b'x'; 1 << 20];
    for n in 0..40 {
        from.feed(&["set", "blobs", &n.to_string()], &value).text();
    }
    let mut export = from.start(&["export"], Stdio::null());
    let import = to.start(&["import"], export.stdout.take().unwrap().into());
    assert_eq!(Ended::of(import).text(), "40 keys imported\n");
    assert!(export.wait().unwrap().success());
    assert_eq!(to.kv(&["get", "blobs", "39"]).bytes(), value);
}

#[test]
fn the_longest_value_fits_and_no_longer_one() {
    both(|app| {
        let mut value = vec![0; 8 << 20];
        app.feed(&["set", "b", "k"], &value).text();
        assert!(app.kv(&["get", "b", "k"]).bytes() == value);
        value.push(0);
        app.feed(&["set", "b", "long"], &value).fails(1, "more than the 8388608 bytes");
        assert_eq!(app.kv(&["list", "b"]).text(), "k\n");
        // Without end: it must be refused before it is read.
        let endless = fs::File::open("/dev/zero").unwrap();
        Ended::of(app.start(&["set", "b", "long"], endless.into())).fails(1, "more than");
    });
}

#[test]
fn an_import_says_what_is_wrong_and_what_it_did() {
    both(|app| {
        let good = "{\"rusm-kv\":1}\n{\"bucket\":\"b\",\"key\":\"k\",\"value\":\"v\"}\n";
        let import = |input: &[u8]| app.feed(&["import"], input);
        import(b"").fails(1, "the input is empty");
        import(b"hello\n").fails(1, "line 1 cannot be imported: not the head of an export");
        import(b"{\"rusm-kv\":9}\n").fails(1, "the export has the format 9, and this version knows 1");
        import(format!("{good}{{\"bucket\":\"b\"}}\n").as_bytes()).fails(1, "line 3 cannot be imported");
        let endless = [good.as_bytes(), &vec![b' '; 64 << 20]].concat();
        import(&endless).fails(1, "line 3 cannot be imported: it is longer than any key and value");
        assert_eq!(app.kv(&["list"]).text(), "");
    });
}

#[test]
fn bad_arguments_are_explained() {
    both(|app| {
        app.kv(&["get", "", "k"]).fails(1, "the bucket's name is empty");
        app.kv(&["get", &"b".repeat(65), "k"]).fails(1, "the bucket's name has 65 bytes");
        app.kv(&["set", "b\n", "k", "v"]).fails(1, "control character");
        app.kv(&["get", "b", ""]).fails(1, "the key is empty");
        app.kv(&["set", "b", &"k".repeat(1025), "v"]).fails(1, "the key has 1025 bytes");
        app.kv(&["export", ""]).fails(1, "the bucket's name is empty");
    });
    let app = app();
    for (args, text) in [
        (&["get", "b", r"\q"][..], r"`\q` is no escape"),
        (&["set", "b", "k", "v", "--ttl", "30"], "`30` has no unit: use ms, s, m or h"),
        (&["set", "b", "k", "v", "--ttl", "0s"], "must be longer than zero"),
        (&["list", "--limit", "1"], "<BUCKET>"),
        (&["rm", "b"], "<KEY>"),
        (&["rm", "b", "k", "--all"], "cannot be used with"),
        (&["get", "b"], "<KEY>"),
        (&["drop", "b"], "unrecognized subcommand"),
    ] {
        app.kv(args).fails(2, text);
    }
}

#[test]
fn an_app_without_a_store_is_told_how_to_get_one() {
    let app = Folder::with([("rusm.toml", "")]);
    app.kv(&["list"]).fails(1, "this app has no store");
    assert!(app.kv(&["list"]).stderr.contains("`store = \"data/app.redb\"` in `[node]`"));
    Folder::new().kv(&["list"]).fails(1, "there is no rusm.toml");
}

#[test]
fn an_app_is_found_from_below_or_named() {
    let app = app();
    app.kv(&["set", "b", "k", "v"]).text();
    app.write("components/x", "");
    let value = |command: &mut Command| command.output().unwrap().stdout;
    assert_eq!(value(app.command(&["kv", "get", "b", "k"]).current_dir(app.path("components"))), b"v");
    let folder = app.path("");
    let elsewhere = Folder::new();
    for args in [
        ["kv", "--app", folder.to_str().unwrap(), "get", "b", "k"],
        ["kv", "get", "b", "k", "--app", folder.to_str().unwrap()],
    ] {
        assert_eq!(value(&mut elsewhere.command(&args)), b"v");
    }
}

#[test]
fn a_file_that_is_no_store_is_named() {
    let app = app();
    app.write("data/app.redb", "not a database");
    app.kv(&["list"]).fails(1, "data/app.redb is not a store");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    both(|app| {
        app.feed(&["set", "b", "k"], &vec![b'x'; 8 << 20]).text();
        let mut child = app.start(&["export"], Stdio::null());
        let mut some = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut some).unwrap();
        let ended = Ended::of(child);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    });
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_socket_and_the_file_are_the_owners_alone() {
    let node = node();
    assert!(fs::metadata(node.folder().path(SOCKET)).unwrap().file_type().is_socket());
    assert_eq!(mode(&node.folder().path(SOCKET)), 0o600);
    assert_eq!(mode(&node.folder().path("data/app.redb")), 0o600);
    assert_eq!(support::names(&node.folder().path(".rusm")), ["control.sock"]);
}

#[test]
fn the_socket_goes_with_the_node_and_the_store_stays() {
    let mut node = node();
    node.kv(&["set", "b", "k", "v"]).text();
    node.signal(Signal::TERM);
    assert!(node.exit().success());
    assert!(!node.folder().path(SOCKET).exists());
    assert_eq!(node.kv(&["get", "b", "k"]).text(), "v");
}

#[test]
fn a_node_without_a_store_has_no_socket() {
    let node = App::default().serve();
    assert!(!node.folder().path(SOCKET).exists());
}

#[test]
fn what_a_killed_node_left_is_no_obstacle() {
    let mut node = node();
    node.kv(&["set", "b", "k", "v"]).text();
    node.signal(Signal::KILL);
    node.exit();
    assert!(node.folder().path(SOCKET).exists());
    assert_eq!(node.kv(&["get", "b", "k"]).text(), "v");
    assert!(node.folder().path(SOCKET).exists());
    let node = node.again();
    assert_eq!(node.kv(&["get", "b", "k"]).text(), "v");
}

#[test]
fn a_second_node_on_the_same_file_is_refused_and_harms_nothing() {
    let node = node();
    node.kv(&["set", "b", "k", "v"]).text();
    let second = node.folder().rusm(&["serve"]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("is in use by another process"), "{}", second.stderr);
    assert_eq!(node.kv(&["get", "b", "k"]).text(), "v");
    // From another app.
    let manifest = format!("[node]\nstore = {:?}\n", node.folder().path("data/app.redb"));
    let other = Folder::with([("rusm.toml", &manifest)]);
    other.kv(&["get", "b", "k"]).fails(1, "is in use by another process");
}

#[test]
fn a_second_node_of_the_app_with_another_store_is_refused() {
    let node = node();
    let manifest = node.folder().read("rusm.toml").replace("app.redb", "other.redb");
    node.folder().write("rusm.toml", &manifest);
    let second = node.folder().rusm(&["serve"]);
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("another node of this app is running"), "{}", second.stderr);
    node.folder().write("rusm.toml", &manifest.replace("other.redb", "app.redb"));
    node.kv(&["set", "b", "k", "v"]).text();
}

/// A socket's address has room for 107 bytes, a folder's path for more.
#[test]
fn a_long_path_is_no_obstacle() {
    let (folder, long) = (App { node: STORE, ..App::default() }.folder(), "long/".repeat(40));
    fs::create_dir_all(folder.path(&long)).unwrap();
    for name in ["rusm.toml", "wasm"] {
        fs::rename(folder.path(name), folder.path(&long).join(name)).unwrap();
    }
    let node = Server::start(folder, &long);
    assert!(node.folder().path(&long).join(SOCKET).exists());
    // By its whole path, since the current folder would make it short.
    let app = node.folder().path(&long);
    node.kv(&["set", "--app", app.to_str().unwrap(), "b", "k", "v"]).text();
    assert_eq!(node.kv(&["get", "--app", app.to_str().unwrap(), "b", "k"]).text(), "v");
}

/// Each has the file to itself for a moment; none fails for that.
#[test]
fn many_commands_at_once_take_turns() {
    both(|app| {
        let keys: Vec<String> = (0..8).map(|n| n.to_string()).collect();
        let all: Vec<_> = keys.iter().map(|key| app.start(&["set", "b", key, key], Stdio::null())).collect();
        for child in all {
            Ended::of(child).text();
        }
        assert_eq!(app.kv(&["list"]).text(), "b\t8\n");
    });
}

/// What a client says that is no client of this version, or leaves in the middle.
#[test]
fn a_node_survives_bad_clients() {
    let node = node();
    let connect = || {
        let mut stream = UnixStream::connect(node.folder().path(SOCKET)).unwrap();
        let mut greeting = [0; 13];
        stream.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"rusm-control ");
        stream
    };
    let frame = |kind: u8, content: &[u8]| {
        [&[kind][..], &u32::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
    };
    let set = frame(0, br#"{"set":{"bucket":"b","key":"k","ttl":null}}"#);
    let data = frame(1, b"half a value");
    let attempts = [
        Vec::new(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0; 1 << 20],
        vec![0xff; 1 << 20],
        frame(0, b"{}"),
        frame(0, br#"{"drop":{}}"#),
        frame(1, b"data first"),
        [set.clone(), data.clone()].concat(),
        [set.clone(), frame(0, b"\"import\"")].concat(),
        [set, data, vec![1, 0xff, 0xff, 0xff, 0xff]].concat(),
    ];
    for bytes in attempts {
        let mut stream = connect();
        // The node may close before it has read all.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    // More than are served at once, who say nothing and leave.
    let silent: Vec<_> = (0..40).map(|_| UnixStream::connect(node.folder().path(SOCKET)).unwrap()).collect();
    drop(silent);
    assert_eq!(node.kv(&["list"]).text(), "");
    assert_eq!(node.get("/users/1").text(), "user 1\n");
}

/// A stand-in for a node of some other version.
#[test]
fn a_node_of_another_version_is_not_spoken_to() {
    let app = app();
    fs::create_dir(app.path(".rusm")).unwrap();
    let listener = UnixListener::bind(app.path(SOCKET)).unwrap();
    for (greeting, text) in [
        (&b"rusm-control 99 9.9.9\n"[..], "the running node is of rusm 9.9.9, and this is rusm "),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot speak to the running node"),
        (&[b'x'; 1000], "cannot speak to the running node"),
    ] {
        let command = app.start(&["set", "b", "k", "v"], Stdio::null());
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.write_all(greeting);
        Ended::of(command).fails(1, text);
    }
    // One that ends before it greets is no node any more.
    let command = app.start(&["set", "b", "k", "v"], Stdio::null());
    drop((listener.accept().unwrap(), listener));
    Ended::of(command).text();
}

#[test]
fn a_node_that_ends_in_the_middle_is_told_of() {
    let mut node = node();
    let mut import = node.start(&["import"], Stdio::piped());
    let mut stdin = import.stdin.take().unwrap();
    stdin.write_all(b"{\"rusm-kv\":1}\n").unwrap();
    for n in 0..2000 {
        writeln!(stdin, "{{\"bucket\":\"b\",\"key\":\"{n}\",\"value\":\"v\"}}").unwrap();
    }
    stdin.flush().unwrap();
    // A thousand lines are a batch: it is in the middle now.
    while node.kv(&["list"]).text().is_empty() {}
    node.signal(Signal::TERM);
    assert!(node.exit().success());
    Ended::of(import).fails(1, "the node ended before it had answered");
    drop(stdin);
    // Whole batches, and none half.
    let count: u64 = node.kv(&["list"]).text().trim().rsplit('\t').next().unwrap().parse().unwrap();
    assert!(count == 1000, "{count}");
}
