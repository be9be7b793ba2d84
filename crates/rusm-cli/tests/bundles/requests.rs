//! Requests and responses, as a fetch handler has them.

use std::io::Write;

use crate::support::client::Client;
use crate::support::server::Server;
use crate::{answer, folder};

fn node() -> Server {
    let manifest = "[log]\nlevel = \"debug\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\nmax-body-size = \"64 MiB\"\n\
                    [serve.routes]\n\"GET /:case\" = \"web\"\n\"GET /:case/:n\" = \"web\"\n\"POST /:case\" = \"web\"\n\
                    \"POST /:case/:n\" = \"web\"\n\"DELETE /:case\" = \"web\"\n\"HEAD /:case\" = \"web\"\n\
                    [capabilities.loud]\nallow-stdio = true\n[components.web]\ncapability = \"loud\"\n";
    Server::start(folder(manifest, &[("web", "bundles/web")]), "")
}

#[test]
fn a_handler_answers_at_once_or_later() {
    let node = node();
    assert_eq!(answer(&node, "/sync"), "at once");
    assert_eq!(answer(&node, "/later"), "later");
    assert_eq!(node.get("/nothing").status, 404);
    // One connection, one request after another.
    let mut client = node.client();
    for _ in 0..20 {
        assert_eq!(client.get("/plain").text(), "plain");
    }
}

#[test]
fn a_request_is_what_the_client_sent() {
    let node = node();
    assert_eq!(answer(&node, "/params/a%20b%2Fc"), r#"{"case":"params","n":"a b/c"}"#);
    let mut client = node.client();
    client.send("DELETE /request?a=1&a=%C3%A9&b HTTP/1.1\r\nhost: example.org:81\r\nx-agent: one\r\nX-Agent: two\r\n\r\n");
    assert_eq!(
        client.response().text(),
        "{\"method\":\"DELETE\",\"url\":\"http://example.org:81/request?a=1&a=%C3%A9&b\",\"pathname\":\"/request\",\
         \"query\":[[\"a\",\"1\"],[\"a\",\"é\"],[\"b\",\"\"]],\"agent\":\"one, two\"}"
    );
}

#[test]
fn a_body_is_read_in_every_form() {
    let node = node();
    assert_eq!(node.post("/text", "κόσμε 🦀").text(), "κόσμε 🦀");
    assert_eq!(node.post("/text", [b'a', 0xff]).text(), "a\u{fffd}");
    assert_eq!(node.post("/json", r#"{"a":[1,null,"é"]}"#).text(), r#"{"got":{"a":[1,null,"é"]}}"#);
    assert_eq!(node.post("/bytes", [1, 2, 255]).text(), r#"{"length":3,"sum":258}"#);
    assert_eq!(node.post("/twice", "x").text(), "TypeError");
    assert_eq!(node.post("/json", "{").status, 500);
    node.stderr.find("SyntaxError");

    let typed = |path: &str, kind: &str, body: &str| {
        let mut client = node.client();
        let length = body.len();
        client.send(format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"));
        client.response().text().to_owned()
    };
    assert_eq!(
        typed("/form", "application/x-www-form-urlencoded", "a=1&b=c+d%26&a="),
        r#"[["a","1"],["b","c d&"],["a",""]]"#
    );
    assert_eq!(
        typed(
            "/multipart",
            "multipart/form-data; boundary=XX",
            "--XX\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\none\r\n\
             --XX\r\ncontent-disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\ncontent-type: text/x\r\n\r\ntwo\r\n3\r\n--XX--\r\n"
        ),
        r#"[["a","one"],["f","n.txt","text/x",6,"two\r\n3"]]"#
    );
}

/// Each byte of a header's value is a character, in both directions.
#[test]
fn a_header_need_not_be_text() {
    let node = node();
    let mut client = node.client();
    client.send(b"GET /latin HTTP/1.1\r\nhost: x\r\nx-name: \xe9\xff\xc3\xa9\r\n\r\n");
    let response = client.response();
    assert_eq!(response.text(), "[233,255,195,169]");
    assert_eq!(response.all("x-name"), [b"caf\xe9 \xff"]);
}

#[test]
fn a_response_is_what_the_handler_made() {
    let node = node();
    let made = node.get("/made");
    assert_eq!((made.status, made.text(), made.header("x-one")), (201, "made", "1"));
    assert_eq!(made.all("set-cookie"), [b"a=1; Path=/".as_slice(), b"b=2"]);
    assert_eq!(made.header("content-type"), "text/plain;charset=UTF-8");
    let lists: Vec<_> = made.all("x-list").concat();
    assert!(lists == b"a, b" || lists == b"ab", "{}", lists.escape_ascii());

    let mut client = node.client();
    client.ask("/empty");
    let empty = client.response_to_head();
    assert_eq!((empty.status, empty.header("content-length")), (204, ""));
    client.ask("/redirect");
    let redirect = client.response();
    assert_eq!((redirect.status, redirect.header("location")), (303, "https://example.org/elsewhere"));
    client.send("HEAD /head HTTP/1.1\r\nhost: x\r\n\r\n");
    let head = client.response_to_head();
    assert_eq!((head.status, head.header("content-length")), (200, "4"));
    assert_eq!(client.get("/plain").text(), "plain");
}

const MEGABYTE: usize = 1 << 20;

#[test]
fn a_body_comes_and_goes_piece_by_piece() {
    let node = node();
    assert_eq!(
        node.post("/upload", vec![1; 3 * MEGABYTE]).text(),
        format!(r#"{{"length":{},"inPieces":true}}"#, 3 * MEGABYTE)
    );
    let mut client = node.client();
    client.ask("/download/100");
    let head = client.response_to_head();
    assert_eq!((head.status, head.header("transfer-encoding")), (200, "chunked"));
    let body = client.chunks();
    assert!(body.len() == 100 << 16 && body.iter().all(|byte| *byte == 7), "{}", body.len());
    assert_eq!(client.get("/plain").text(), "plain");
}

/// What comes out is what went in, while more goes in: neither side waits for the other's end.
#[test]
fn a_request_is_sent_back_as_it_comes() {
    let node = node();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("5\r\nfirst\r\n");
    assert_eq!(client.response_to_head().status, 200);
    assert_eq!(client.at_least(5), b"first");
    for n in 0..50 {
        let piece = format!("piece {n}");
        client.send(format!("{:x}\r\n{piece}\r\n", piece.len()));
        assert_eq!(client.at_least(piece.len()), piece.as_bytes());
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.chunk(), None);

    client.send("POST /upper HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    // A character in two pieces.
    client.send(b"3\r\nk\xc3\xa9\r\n2\r\n \xc3\r\n1\r\n\xa8\r\n0\r\n\r\n");
    assert_eq!(client.response_to_head().status, 200);
    assert_eq!(client.chunks(), "KÉ È".as_bytes());
}

#[test]
fn a_long_request_is_sent_back_whole() {
    let node = node();
    let mut client = node.client();
    let length = 4 * MEGABYTE;
    client.send(format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"));
    let mut sending = client.stream().try_clone().unwrap();
    let sent: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
    let body = std::thread::scope(|scope| {
        scope.spawn(|| sending.write_all(&sent).unwrap());
        client.response_to_head();
        client.chunks()
    });
    assert!(body == sent, "{} of {length}", body.len());
}

fn events(node: &Server) -> (Client, String) {
    let mut client = node.client();
    client.ask("/events");
    let head = client.response_to_head();
    assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"));
    let first = String::from_utf8(client.chunk().unwrap()).unwrap();
    let pid = first.strip_prefix("event: pid\ndata: ").unwrap().trim().to_owned();
    (client, pid)
}

#[test]
fn events_go_out_when_they_are_made() {
    let node = node();
    let (mut client, pid) = events(&node);
    for n in 0..3 {
        assert_eq!(node.post(&format!("/push/{pid}"), format!("tick {n}")).text(), "sent");
        assert_eq!(client.chunk().unwrap(), format!("data: tick {n}\n\n").as_bytes());
    }
    node.post(&format!("/push/{pid}"), "end");
    assert_eq!(client.chunk(), None);
    assert_eq!(client.get("/plain").text(), "plain");
}

/// How many clients have left so far, in the words of the log.
fn left(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.contains("the client left; its process ends")).count()
}

#[test]
fn a_client_that_leaves_ends_the_process() {
    let node = node();
    for path in ["/flood", "/ticks"] {
        let mut client = node.client();
        client.ask(path);
        client.response_to_head();
        client.at_least(4);
        let before = left(&node.stderr.so_far());
        drop(client);
        node.stderr.wait(|lines| (left(lines) > before).then_some(()));
    }
    // So is one that has nothing to write.
    let (client, pid) = events(&node);
    drop(client);
    node.stderr
        .wait(|lines| lines.iter().any(|line| line.contains(&format!("exit web#{pid}"))).then_some(()));
}
