//! What reaches an action of a request, and what reaches the client of its response.

use crate::support::server::App;

/// The lines of a text that begin with this word.
fn lines<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' ')).collect()
}

#[test]
fn a_parameter_comes_decoded() {
    let node = App::default().serve();
    let response = node.get("/users/a%2Fb%20caf%C3%A9+");
    assert_eq!((response.status, response.text()), (200, "user a/b café+\n"));
    assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    assert!(!response.header("date").is_empty());
}

#[test]
fn path_and_query_come_as_they_were_and_parsed() {
    let node = App::default().serve();
    let response = node.get("/describe/a%20b/c/d%2F?q=caf%C3%A9+au+lait&tag=a&tag=b&flag");
    let text = response.text();
    assert_eq!(lines(text, "method"), ["GET"]);
    assert_eq!(lines(text, "path"), ["/describe/a%20b/c/d%2F"]);
    assert_eq!(lines(text, "param"), ["first=a b", "*=c/d/"]);
    assert_eq!(lines(text, "query"), ["q=café au lait", "tag=a", "tag=b", "flag="]);
}

#[test]
fn headers_of_a_request_keep_their_order_and_bytes() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send(
        b"GET /describe HTTP/1.1\r\nHost: test\r\nX-Twice: 1\r\nX-Bytes: \xff\x80 \xe9\r\nx-twice: 2\r\n\r\n",
    );
    let response = client.response();
    let headers = lines(response.text(), "header");
    assert!(headers.contains(&"host=test"), "{headers:?}");
    assert!(headers.contains(&r"x-bytes=\xff\x80 \xe9"), "{headers:?}");
    let twice: Vec<_> = headers.iter().filter(|header| header.starts_with("x-twice")).collect();
    assert_eq!(twice, [&"x-twice=1", &"x-twice=2"]);
}

#[test]
fn headers_of_a_response_keep_their_order_and_bytes() {
    let node = App::default().serve();
    let response = node.get("/headers");
    assert_eq!(response.all("set-cookie"), [b"a=1", b"b=2"]);
    assert_eq!(response.all("x-binary"), [b"\xff\x80"]);
    assert_eq!(response.header("content-length"), "0");
}

#[test]
fn the_clients_address_is_known() {
    let node = App::default().serve();
    let mut client = node.client();
    let response = client.get("/describe");
    assert_eq!(lines(response.text(), "remote"), [client.local_address().to_string()]);
}

#[test]
fn a_body_comes_whole() {
    let node = App::default().serve();
    let mut client = node.client();
    let large: Vec<u8> = (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for body in [b"".as_slice(), b"\0\xff small", &large] {
        let response = client.post("/echo", body);
        assert_eq!(response.status, 200);
        assert!(response.body == body, "{} bytes came back of {}", response.body.len(), body.len());
    }
}

#[test]
fn a_chunked_body_comes_whole() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send("5\r\nhello\r\n");
    client.send("7;name=value\r\n, world\r\n0\r\n\r\n");
    assert_eq!(client.response().text(), "hello, world");
    // Nothing of the body is left over for the next request.
    assert_eq!(client.get("/users/1").text(), "user 1\n");
}

#[test]
fn a_client_that_expects_a_100_gets_it() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
    assert_eq!(client.response_to_head().status, 100);
    client.send("ok");
    assert_eq!(client.response().text(), "ok");
}

#[test]
fn json_and_html_bear_their_types() {
    let node = App::default().serve();
    let response = node.get("/json");
    assert_eq!((response.header("content-type"), response.text()), ("application/json", "[1,2]"));
    let response = node.get("/html");
    assert_eq!((response.header("content-type"), response.text()), ("text/html; charset=utf-8", "<p>"));
}

#[test]
fn a_redirect_is_a_303() {
    let node = App::default().serve();
    let response = node.get("/redirect");
    assert_eq!((response.status, response.header("location")), (303, "/users/1"));
}

#[test]
fn an_action_sets_its_status() {
    let node = App::default().serve();
    for status in [201, 404, 418, 599] {
        let response = node.get(&format!("/status/{status}"));
        assert_eq!((response.status, response.text()), (status, "as asked\n"));
    }
}

#[test]
fn every_request_has_an_instance_of_its_own() {
    let node = App::default().serve();
    let mut client = node.client();
    for _ in 0..5 {
        assert_eq!(client.get("/count").text(), "1");
    }
}

#[test]
fn listeners_have_routes_of_their_own() {
    let second = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /:id\" = \"probe#user\"";
    let node = App { more: second, ..App::default() }.serve();
    let addresses = node.addresses(2);
    for (address, path, status) in
        [(addresses[0], "/users/7", 200), (addresses[1], "/7", 200), (addresses[1], "/users/7", 404)]
    {
        let response = crate::support::client::Client::connect(address).get(path);
        assert_eq!(response.status, status, "{address} {path}");
    }
}
