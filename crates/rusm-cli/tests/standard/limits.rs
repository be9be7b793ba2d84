//! A standard server that fails, or wants more than it may have.

use super::wire::{Exchange, get, post};
use super::{SERVERS, serve};

#[test]
fn a_failure_before_the_reply_is_a_500_with_a_line_that_says_why() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let mut cases = vec![
            ("panic", "trap: "),
            ("exit", "the guest ended itself with exit code 1"),
            ("error", "error: internal error: out of order"),
            ("memory", "out of memory: the profile allows 65536 KiB (max-memory)"),
        ];
        // The other's interface has no way to it.
        if server == "server" {
            cases.push(("none", "bad response: there is none"));
        }
        for (path, cause) in cases {
            let got = get(&node, &format!("/{path}"));
            assert_eq!((got.status, got.text()), (500, "Internal Server Error\n"), "{server}/{path}");
            let line = node.stderr.find(&format!("cause={cause}"));
            assert!(
                line.contains("request failed") && line.contains(&format!("action=\"{server}\"")),
                "{line}"
            );
        }
        assert_eq!(get(&node, "/status/150").status, 500);
        node.stderr.find("cause=bad response: the status 150 is not one of 200 to 599");
        assert_eq!(get(&node, "/status/200").text(), "200", "the next request is well");
    }
}

#[test]
fn a_failure_in_the_reply_breaks_it_off() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let got = get(&node, "/panic-late");
        assert!(!got.whole || got.status == 500, "{server}: {got:?}");
        node.stderr.find("request failed");
        // Fewer bytes than the head says are no whole reply either.
        let got = std::panic::catch_unwind(|| get(&node, "/short"));
        assert!(got.is_err() || got.is_ok_and(|got| !got.whole || got.status == 500), "{server}");
    }
}

#[test]
fn time_is_limited() {
    for server in SERVERS {
        // Each alone: how long CPU time takes by the clock depends on who else wants some.
        for (path, listener, profile, cause) in [
            ("hang", "request-timeout = \"300ms\"", "", "no reply within 300ms (request-timeout)"),
            ("spin", "", "max-cpu-time = \"50ms\"", "(max-cpu-time)"),
        ] {
            let node = serve(server, listener, profile);
            let got = get(&node, &format!("/{path}"));
            assert_eq!(got.status, 504, "{server}/{path}");
            node.stderr.find(cause);
        }
        let node = serve(server, "", "max-wall-time = \"300ms\"");
        let got = get(&node, "/hang-late");
        assert!(got.text().starts_with("begun") && !got.whole, "{server}: {got:?}");
        node.stderr.find("(max-wall-time)");
    }
}

#[test]
fn cpu_time_is_counted_between_the_pieces_of_bodies() {
    // Together they take more than one unit of work may.
    for server in SERVERS {
        let node = serve(server, "max-body-size = \"64 MiB\"", "max-cpu-time = \"40ms\"");
        let body = vec![b'b'; 32 << 20];
        let mut exchange =
            Exchange::begin(&node, "POST /echo", &format!("content-length: {}\r\n", body.len()));
        let got = std::thread::scope(|scope| {
            let mut sender = exchange.also();
            scope.spawn(move || sender.send_until_refused(body));
            exchange.finish()
        });
        assert!(got.whole && got.body.len() == 32 << 20, "{server}: {} bytes", got.body.len());
    }
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    for server in SERVERS {
        let node = serve(server, "max-body-size = \"1 KiB\"", "");
        assert_eq!(post(&node, "/length", "x".repeat(1024)).text(), "1024");
        assert_eq!(post(&node, "/length", "x".repeat(1025)).status, 413, "{server}");
        // One that does not say it beforehand.
        let mut exchange = Exchange::begin(&node, "POST /length", "transfer-encoding: chunked\r\n");
        exchange.send_until_refused(format!("401\r\n{}\r\n0\r\n\r\n", "x".repeat(1025)));
        assert_eq!(exchange.finish().status, 413, "{server}");
        node.stderr.find("(max-body-size)");
        // And one whose reply has begun.
        let mut exchange = Exchange::begin(&node, "POST /echo", "transfer-encoding: chunked\r\n");
        exchange.send_chunk(&"x".repeat(1000));
        assert_eq!(exchange.head().status, 200);
        assert_eq!(exchange.chunk().unwrap().unwrap().len(), 1000);
        exchange.send_until_refused(format!("19\r\n{}\r\n0\r\n\r\n", "x".repeat(25)));
        assert!(exchange.chunk().is_err(), "{server}");
    }
}

#[test]
fn what_a_guest_may_have_of_the_engines_is_limited() {
    let node = serve("modern", "", "");
    assert_eq!(get(&node, "/streams").status, 500);
    let line = node.stderr.find("request failed");
    assert!(!line.contains("max-memory") && !line.contains("max-cpu-time"), "{line}");
}

#[test]
fn a_client_that_leaves_ends_its_process() {
    for server in SERVERS {
        let node = serve(server, "", "max-cpu-time = \"none\"");
        for (so_far, path) in ["hang", "spin", "hang-late"].into_iter().enumerate() {
            let more = |text: &str| {
                let is_it = |line: &&String| line.contains(text);
                node.stderr.wait(|lines| (lines.iter().filter(is_it).count() > so_far).then_some(()));
            };
            let mut exchange = Exchange::begin(&node, &format!("GET /{path}"), "");
            if path == "hang-late" {
                exchange.head();
                exchange.chunk().unwrap();
            }
            more(&format!("spawn {server}#"));
            drop(exchange);
            more("the client left; its process ends");
        }
        assert_eq!(get(&node, "/status/200").status, 200);
    }
}

#[test]
fn a_guest_may_go_on_once_its_reply_is_out() {
    let node = serve("modern", "", "allow-stdio = true");
    assert_eq!(get(&node, "/later").text(), "done");
    node.stdout.find("afterwards");
}

#[test]
fn what_is_not_granted_is_denied() {
    for server in SERVERS {
        let node = serve(server, "", "");
        for (what, said) in [
            ("env", "could not: environment variable not found"),
            ("read", "could not: No such file or directory"),
            ("connect", "could not: Permission denied"),
            ("print", "printed"),
        ] {
            let got = get(&node, &format!("/try/{what}"));
            assert!(got.text().starts_with(said), "{server}/{what}: {}", got.text());
        }
        assert!(!node.stdout.so_far().contains(&"printed".to_owned()));

        let granted = "env = [\"GREETING\"]\nallow-stdio = true\nallow-sockets = true\n\
                       preopen = [{ host = \"data\", guest = \"/data\", read-only = true }]";
        let folder = super::folder(server, "", granted);
        folder.write("data/note", "a note");
        folder.write(".env", "GREETING=hello\n");
        let node = crate::support::server::Server::start(folder, "");
        for (what, said) in [
            ("env", "hello"),
            ("read", "a note"),
            ("connect", "could not: Connection refused"),
            ("print", "printed"),
        ] {
            let got = get(&node, &format!("/try/{what}"));
            assert!(got.text().starts_with(said), "{server}/{what}: {}", got.text());
        }
        node.stdout.find("printed");
    }
}
