//! Hono: its router, its helpers and its middleware.

use crate::serve;
use crate::support::client::{Client, Response};

fn send(client: &mut Client, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let length = body.len();
    client.send(format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ));
    // What comes as a stream comes in chunks.
    let mut reply = client.response_to_head();
    reply.body = match reply.header("content-length").parse() {
        Ok(length) => client.read(length),
        Err(_) => client.chunks(),
    };
    reply
}

fn get(client: &mut Client, path: &str, headers: &str) -> Response {
    send(client, "GET", path, headers, "")
}

#[test]
fn routes_lead_where_they_should() {
    let node = serve("hono");
    let mut client = node.client();
    for (method, path, status, text) in [
        ("GET", "/api/v1/users/7?page=2", 200, r#"{"id":7,"page":"2"}"#),
        ("GET", "/api/v1/users/bob%20b", 200, r#"{"name":"bob b"}"#),
        ("GET", "/api/v1/files/a/b.txt", 200, "/api/v1/files/a/b.txt"),
        ("DELETE", "/api/v1/any/x", 200, "DELETE x"),
        ("PATCH", "/api/v1/any", 200, "PATCH -"),
        ("GET", "/api/users/7", 404, "no /api/users/7"),
        ("POST", "/page", 404, "no /page"),
        ("GET", "/teapot", 418, "short and stout"),
        ("GET", "/broken", 500, "sorry"),
        ("GET", "/page", 200, r#"<p title="&quot;">&lt;b&gt;</p>"#),
    ] {
        let reply = send(&mut client, method, path, "", "");
        assert_eq!((reply.status, reply.text()), (status, text), "{method} {path}");
    }
    let away = get(&mut client, "/redirect", "");
    assert_eq!((away.status, away.header("location")), (303, "/page"));
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let reply = send(&mut client, "POST", "/api/v1/forms", form, "x=1&y=%26&x=2");
    assert_eq!(reply.text(), r#"{"x":["1","2"],"y":"&"}"#);
}

#[test]
fn middleware_goes_around_what_follows_it() {
    let node = serve("hono");
    let reply = get(&mut node.client(), "/order/tea", "");
    assert_eq!(reply.header("x-trace"), "outer in, inner in, tea, inner out, outer out");
    assert_eq!(reply.text(), "done");
}

#[test]
fn cookies_come_and_go() {
    let node = serve("hono");
    let mut client = node.client();
    let first = get(&mut client, "/cookies", "cookie: plain=x%20y; signed=ann.forged\r\n");
    assert_eq!(first.text(), r#"{"plain":"x y","signed":null}"#);
    let set: Vec<_> = first.all("set-cookie").into_iter().map(|line| str::from_utf8(line).unwrap()).collect();
    assert_eq!(set.len(), 3);
    assert_eq!(set[0], "plain=a%20b; Max-Age=60; Path=/; HttpOnly");
    assert!(set[1].starts_with("signed=ann.") && set[1].ends_with("SameSite=Strict"), "{}", set[1]);
    assert!(set[2].starts_with("old=; Max-Age=0"), "{}", set[2]);
    let (signed, _) = set[1].split_once(';').unwrap();
    let again = get(&mut client, "/cookies", &format!("cookie: {signed}\r\n"));
    assert_eq!(again.text(), r#"{"plain":null,"signed":"ann"}"#);
}

#[test]
fn a_token_opens_what_is_private() {
    let node = serve("hono");
    let mut client = node.client();
    let token = send(&mut client, "POST", "/login", "", "").text().to_owned();
    let old = get(&mut client, "/old-login", "").text().to_owned();
    let forged = format!("{}.{}", old.rsplit_once('.').unwrap().0, token.rsplit_once('.').unwrap().1);
    let mut me = |token: &str| get(&mut client, "/private/me", &format!("authorization: Bearer {token}\r\n"));
    assert_eq!(me(&token).text(), "ann");
    for refused in [old, forged, "nonsense".to_owned()] {
        assert_eq!(me(&refused).status, 401, "{refused}");
    }
    assert_eq!(get(&mut client, "/private/me", "").status, 401);
}

#[test]
fn replies_are_streamed() {
    let node = serve("hono");
    let mut client = node.client();
    for (path, text) in [
        ("/stream", "hi there"),
        ("/lines", "one\ntwo\n"),
        ("/events", "event: greeting\ndata: hello\ndata: there\nid: 1\n\n"),
    ] {
        let reply = get(&mut client, path, "");
        assert_eq!((reply.header("transfer-encoding"), reply.text()), ("chunked", text), "{path}");
    }
}

#[test]
fn what_hono_brings_for_the_web_works() {
    let node = serve("hono");
    let mut client = node.client();
    let tagged = get(&mut client, "/etag", "");
    let tag = tagged.header("etag");
    assert_eq!((tagged.status, tagged.text(), tag.len()), (200, "the same", 42));
    let same = format!("GET /etag HTTP/1.1\r\nhost: test\r\nif-none-match: {tag}\r\n\r\n");
    client.send(same);
    assert_eq!(client.response_to_head().status, 304);

    let squeezed = get(&mut client, "/compressed", "accept-encoding: gzip\r\n");
    assert_eq!(squeezed.header("content-encoding"), "gzip");
    assert!(squeezed.body.starts_with(&[0x1f, 0x8b]) && squeezed.body.len() < 100, "{}", squeezed.body.len());
    let shared = get(&mut client, "/cors", "origin: https://example.com\r\n");
    assert_eq!(shared.header("access-control-allow-origin"), "https://example.com");
}
