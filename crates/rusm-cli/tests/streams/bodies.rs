//! Bodies that pass through an action piece by piece.

use crate::support::client::Client;
use crate::support::live::Live;

const SMALL: Live<'_> =
    Live { node: "", listener: "max-body-size = \"1 GiB\"", profile: "max-memory = \"8 MiB\"" };
const SIZE: usize = 64 << 20;

/// Each byte is the low one of its place.
fn pattern(length: usize) -> Vec<u8> {
    (0..=255).cycle().take(length).collect()
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

#[test]
fn an_upload_passes_through_less_memory_than_it_has() {
    let node = SMALL.serve();
    let before = node.resident();
    let body = pattern(SIZE);
    let mut client = node.client();
    assert_eq!(client.post("/upload", &body).text(), format!("{SIZE} {}", sum(&body)));
    // In chunks as well.
    client.send("POST /upload HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    for piece in body.chunks(100_000) {
        client.send(format!("{:x}\r\n", piece.len()));
        client.send(piece);
        client.send("\r\n");
    }
    client.send("0\r\nx-trailer: ignored\r\n\r\n");
    assert_eq!(client.response().text(), format!("{SIZE} {}", sum(&body)));
    let more = node.resident().saturating_sub(before);
    assert!(more < 32 << 10, "{more} KiB");
}

#[test]
fn a_download_passes_through_less_memory_than_it_has() {
    let node = SMALL.serve();
    let before = node.resident();
    let mut client = node.client();
    client.ask(&format!("/download/{SIZE}"));
    assert_eq!(client.response_to_head().header("transfer-encoding"), "chunked");
    let mut next = 0_u8;
    let mut length = 0;
    while let Some(chunk) = client.chunk() {
        assert!(chunk.len() <= 128 << 10, "{}", chunk.len());
        for byte in &chunk {
            assert_eq!(*byte, next);
            next = next.wrapping_add(1);
        }
        length += chunk.len();
    }
    assert_eq!(length, SIZE);
    let more = node.resident().saturating_sub(before);
    assert!(more < 32 << 10, "{more} KiB");
}

#[test]
fn both_ways_at_once() {
    let node = SMALL.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    let echoed = |client: &mut Client, text: &str| {
        client.send(format!("{:x}\r\n{text}\r\n", text.len()));
        assert_eq!(client.at_least(text.len()), text.as_bytes());
    };
    client.send("5\r\nfirst\r\n");
    assert_eq!(client.response_to_head().status, 200);
    assert_eq!(client.at_least(5), b"first");
    // Each piece is answered before the next is sent.
    for text in ["second", &"x".repeat(3000), "third"] {
        echoed(&mut client, text);
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.chunks(), b"");
    assert_eq!(client.get("/plain").text(), "plain");
}

#[test]
fn a_body_past_the_limit_is_413_for_a_reader_too() {
    let node = Live { listener: "max-body-size = \"64 KiB\"", ..Live::default() }.serve();
    let at = vec![b'x'; 64 << 10];
    assert!(node.post("/upload", &at).text().starts_with("65536 "));
    assert_eq!(node.post("/length", &at).text(), "65536");
    let past = vec![b'x'; (64 << 10) + 1];
    for path in ["/upload", "/length"] {
        let mut client = node.client();
        client.post(path, &past).assert_bare(413, "Payload Too Large");
        let mut client = node.client();
        client.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"));
        client.send(format!("{:x}\r\n", past.len()));
        client.send(&past);
        client.response().assert_bare(413, "Payload Too Large");
    }
}

/// The reply has begun, so there is no status left to say it by.
#[test]
fn a_body_that_grows_past_the_limit_breaks_the_reply_off() {
    let node = Live { listener: "max-body-size = \"64 KiB\"", ..Live::default() }.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    assert_eq!(client.response_to_head().status, 200);
    assert_eq!(client.at_least(5), b"first");
    client.send(format!("{:x}\r\n", 64 << 10));
    client.send(vec![b'x'; 64 << 10]);
    let rest = client.rest();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "{}", rest.len());
    node.stderr.find("max-body-size");
}

#[test]
fn a_client_that_waits_for_a_100_is_told_when_to_go_on() {
    let node = Live { listener: "max-body-size = \"64 KiB\"", ..Live::default() }.serve();
    for path in ["/upload", "/length"] {
        let mut client = node.client();
        client.send(format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n"
        ));
        assert_eq!(client.response_to_head().status, 100, "{path}");
        client.send("abc");
        assert!(client.response().text().starts_with('3'));
        assert_eq!(client.get("/plain").text(), "plain");
        // Once told to go on it sends all of a body, and is not cut off within it.
        let mut client = node.client();
        client.send(format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ntransfer-encoding: chunked\r\n\r\n"
        ));
        assert_eq!(client.response_to_head().status, 100, "{path}");
        client.send(format!("{:x}\r\n", 16 << 20));
        client.send(vec![b'x'; 16 << 20]);
        client.send("\r\n0\r\n\r\n");
        client.response().assert_bare(413, "Payload Too Large");
    }
}

#[test]
fn a_body_that_stops_is_408_where_it_is_awaited_and_504_where_it_is_read() {
    let node = Live { listener: "request-timeout = \"300ms\"", ..Live::default() }.serve();
    for (path, status, name) in [
        ("/length", 408, "Request Timeout"),
        ("/upload", 504, "Gateway Timeout"),
        ("/silent", 504, "Gateway Timeout"),
    ] {
        let mut client = node.client();
        client.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nabc"));
        client.response().assert_bare(status, name);
    }
}

#[test]
fn a_body_that_fails_half_way_is_broken_off() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.ask("/breaks");
    // Nothing of it was out, so the client gets no half of it.
    client.response().assert_bare(500, "Internal Server Error");
    node.stderr.find("the source ran dry");
}

/// Two requests at once on one connection are answered one after the other.
#[test]
fn requests_behind_a_stream_wait_for_its_end() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.ask("/count/2");
    client.ask("/plain");
    client.response_to_head();
    assert_eq!(client.chunks(), b"data: tick 0\n\ndata: tick 1\n\n");
    assert_eq!(client.response().text(), "plain");
}

/// 2 GiB each way through 64 MiB of memory.
#[test]
#[ignore = "4 GiB through a sandbox; run by ci/soak"]
fn transfers() {
    const SIZE: usize = 2 << 30;
    let listener = "max-body-size = \"4 GiB\"\nrequest-timeout = \"1h\"";
    let profile = "max-memory = \"64 MiB\"\nmax-cpu-time = \"none\"";
    let node = Live { listener, profile, ..Live::default() }.serve();
    let start = node.resident();
    let mut client = node.client();
    client.send(format!("POST /upload HTTP/1.1\r\nhost: test\r\ncontent-length: {SIZE}\r\n\r\n"));
    let piece = pattern(1 << 20);
    for _ in 0..SIZE / piece.len() {
        client.send(&piece);
    }
    let sum = sum(&piece) * (SIZE / piece.len()) as u64;
    assert_eq!(client.response().text(), format!("{SIZE} {sum}"));
    println!("2 GiB up: {start} KiB resident at start, {} KiB after", node.resident());

    client.ask(&format!("/download/{SIZE}"));
    client.response_to_head();
    let (mut length, mut received) = (0, 0);
    while let Some(chunk) = client.chunk() {
        length += chunk.len();
        received += self::sum(&chunk);
    }
    assert_eq!((length, received), (SIZE, sum));
    let after = node.resident();
    println!("2 GiB down: {after} KiB after");
    assert!(after < start + (100 << 10), "{after} KiB after, {start} KiB at start");
}
