//! Modes `ws` and `conn`, driven from outside against servers that behave and servers that do not.

mod support;

use std::net::SocketAddr;

use serde_json::Value;
use support::{Native, Peer, Run, SWITCHING, frame, loadtest, server};

/// First bytes of whole frames.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A short run of `mode`.
fn drive(mode: &str, url: &str, args: &[&str]) -> Run {
    let short = [mode, url, "--connections", "4", "--duration", "200ms", "--warmup", "20ms"];
    Run::of(loadtest(&short).args(args))
}

/// The report of a run in which there was nothing but errors of `kind`.
fn errors_of(kind: &str, address: SocketAddr, args: &[&str]) -> Value {
    let run = drive("ws", &format!("ws://{address}/ws"), &[&["--json"], args].concat());
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    let by_kind = &report["errors_by_kind"];
    assert!(by_kind[kind].as_u64().is_some_and(|count| count > 0), "{kind}: {report}");
    assert_eq!(by_kind[kind], report["errors"], "nothing but {kind}: {report}");
    report
}

/// A server that upgrades and then does `talk` with each connection.
fn upgraded(talk: impl Fn(&mut Peer) + Send + Sync + 'static) -> SocketAddr {
    server(move |mut peer, _| {
        if peer.upgrade() {
            talk(&mut peer);
        }
    })
}

/// A server that answers each message by what `answer` makes of it, and closes as it should.
fn answering(answer: impl Fn(u8, &[u8]) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    upgraded(move |peer| {
        while let Some((first, payload)) = peer.frame() {
            if first == CLOSE {
                peer.send(&frame(CLOSE, &payload));
                return;
            }
            peer.send(&answer(first, &payload));
        }
    })
}

#[test]
fn a_clean_run_has_figures_and_no_errors() {
    let native = Native::start("native-ws");
    for (mode, unit, args) in [
        ("ws", "messages", &["--threads", "2"][..]),
        ("ws", "messages", &["--binary", "--size", "100000"]),
        ("ws", "messages", &["--size", "0"]),
        ("conn", "connections", &[]),
    ] {
        let run = drive(mode, &native.url("/ws"), &[&["--json"], args].concat());
        let report = run.json();
        assert_eq!(run.code, Some(0), "{mode} {args:?}: {report}");
        assert_eq!(report["errors"], 0, "{report}");
        for figure in [unit, &format!("{unit}_per_second"), "received_bytes"] {
            assert!(report[figure].as_f64().is_some_and(|number| number > 0.0), "{figure}: {report}");
        }
        assert!(report["latency_us"]["p50"].as_f64().is_some_and(|p50| p50 > 0.0), "{report}");
    }
    let text = drive("conn", &native.url("/ws"), &[]).stdout;
    for word in ["connections/s", "p50", "errors         0\n"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn fragments_and_control_frames_between_them_make_an_echo() {
    let address = upgraded(|peer| {
        while let Some((first, payload)) = peer.frame() {
            match first {
                CLOSE => {
                    peer.send(&frame(PING, b"on its way"));
                    peer.send(&frame(CLOSE, b""));
                    return;
                }
                PONG => assert_eq!(payload, b"there?"),
                _ => {
                    let (start, rest) = payload.split_at(5);
                    peer.send(&frame(TEXT & 0x7f, start));
                    peer.send(&[frame(PING, b"there?"), frame(PONG, b"unasked"), frame(0, b"")].concat());
                    peer.send(&frame(0x80, rest));
                }
            }
        }
    });
    let run = drive("ws", &format!("ws://{address}/ws"), &["--json"]);
    assert_eq!(run.code, Some(0), "{} {}", run.stdout, run.stderr);
}

#[test]
fn an_echo_of_other_bytes_or_another_type_is_a_body_error() {
    for (wrong, detail) in [
        (
            &(|first, payload: &[u8]| frame(first, &payload[1..]))
                as &'static (dyn Fn(u8, &[u8]) -> _ + Sync),
            "cut short",
        ),
        (&|first, payload: &[u8]| frame(first, &[payload, b"!"].concat()), "longer"),
        (&|first, payload: &[u8]| frame(first, &[b"!", &payload[1..]].concat()), "differs"),
        (&|_, payload: &[u8]| frame(BINARY, payload), "is binary for text"),
    ] {
        let report = errors_of("body", answering(wrong), &[]);
        let first = report["errors_by_kind"]["first"].as_str().expect("the first in words").to_owned();
        // A payload without its first byte differs, too, from the start on.
        assert!(first.contains(detail) || detail == "cut short", "{detail}: {first}");
    }
}

#[test]
fn an_echo_that_comes_twice_is_noticed() {
    let twice = |first, payload: &[u8]| [frame(first, payload), frame(first, payload)].concat();
    errors_of("body", answering(twice), &[]);
}

#[test]
fn an_upgrade_that_is_refused_is_counted_by_its_status() {
    let native = Native::start("native-ws");
    let run = drive("ws", &native.url("/nowhere"), &["--json"]);
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    let refused = report["errors_by_kind"]["status"]["404"].as_u64();
    assert!(refused.is_some() && refused == report["errors"].as_u64(), "{report}");
}

#[test]
fn a_handshake_that_is_wrong_is_a_handshake_error() {
    let wrong_key = format!("{SWITCHING}sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    let endless = format!("{SWITCHING}x: {}\r\n", "x".repeat(1 << 20));
    for (answer, detail) in [
        (wrong_key, "does not belong to the key"),
        (format!("{SWITCHING}\r\n"), "has no `sec-websocket-accept`"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(), "malformed answer"),
        (endless, "more than 4096 bytes"),
        (String::new(), "closed before it was upgraded"),
    ] {
        let address = server(move |mut peer, _| {
            if peer.request().is_some() {
                peer.answer(&answer);
            }
        });
        let report = errors_of("handshake", address, &[]);
        let first = report["errors_by_kind"]["first"].as_str().expect("the first in words");
        assert!(first.contains(detail), "{detail}: {first}");
    }
}

#[test]
fn garbage_after_the_upgrade_is_a_frame_error() {
    for garbage in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        &[0xff; 64],
        &[TEXT, 0xff, 1, 2, 3, 4],
        &[0x80, 1, b'x'],
        &[TEXT, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        let garbage = garbage.to_vec();
        errors_of("frame", answering(move |_, _| garbage.clone()), &[]);
    }
}

#[test]
fn a_server_that_closes_early_is_counted() {
    // With a close frame, and why.
    let closing = |_, _: &[u8]| frame(CLOSE, &[&1011_u16.to_be_bytes()[..], b"handler failed"].concat());
    let report = errors_of("closed", answering(closing), &[]);
    assert_eq!(report["errors_by_kind"]["first"], "the server closed: 1011 handler failed");

    // Without one, inside an echo.
    let report = errors_of(
        "read",
        upgraded(|peer| {
            peer.frame();
            peer.send(&[TEXT, 32, b'x']);
        }),
        &[],
    );
    assert_eq!(report["errors_by_kind"]["first"], "the connection ended without a close frame");
}

#[test]
fn silence_is_a_timeout_before_and_after_the_upgrade() {
    let mute = server(|mut peer, _| while peer.request().is_some() {});
    errors_of("timeout", mute, &["--timeout", "50ms"]);
    errors_of("timeout", upgraded(|peer| while peer.frame().is_some() {}), &["--timeout", "50ms"]);
}

#[test]
fn a_drip_of_control_frames_does_not_put_off_the_deadline() {
    let dripping = upgraded(|peer| while peer.send(&frame(PING, b"")) && peer.frame().is_some() {});
    errors_of("timeout", dripping, &["--timeout", "50ms"]);
}

#[test]
fn a_close_that_is_not_answered_is_an_error() {
    let unanswered = answering_but_not_closing(|_| true);
    let args = ["--connections", "1", "--json", "--timeout", "100ms"];
    let run = drive("conn", &format!("ws://{unanswered}/ws"), &args[2..]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.json()["errors_by_kind"]["timeout"].as_u64() > Some(0), "{}", run.stdout);

    // Answered, but the connection stays open.
    let open = answering_but_not_closing(|peer| peer.send(&frame(CLOSE, b"")));
    let run = drive("conn", &format!("ws://{open}/ws"), &args[2..]);
    assert!(run.json()["errors_by_kind"]["timeout"].as_u64() > Some(0), "{}", run.stdout);

    // Another code than the one that was sent.
    let failing = answering_but_not_closing(|peer| peer.send(&frame(CLOSE, &1011_u16.to_be_bytes())));
    let run = drive("conn", &format!("ws://{failing}/ws"), &args[2..]);
    assert!(run.json()["errors_by_kind"]["closed"].as_u64() > Some(0), "{}", run.stdout);
}

/// A server that echoes, does `at_close` with a close frame, and then waits for the client to go.
fn answering_but_not_closing(at_close: impl Fn(&mut Peer) -> bool + Send + Sync + 'static) -> SocketAddr {
    upgraded(move |peer| {
        while let Some((first, payload)) = peer.frame() {
            if first == CLOSE {
                at_close(peer);
            } else {
                peer.send(&frame(first, &payload));
            }
        }
    })
}
