//! What a request and a reply are to a standard server.

use super::wire::{Exchange, get, post};
use super::{SERVERS, folder, serve};
use crate::support::server::{Server, app};

#[test]
fn a_server_that_is_a_program_or_a_library_is_built_and_serves() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let got = get(&node, "/status/418");
        assert_eq!((got.status, got.text(), got.whole), (418, "418", true), "{server}");
    }
}

#[test]
fn it_sees_the_request_as_it_was_made() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let mut exchange =
            Exchange::begin(&node, "DELETE /about?q=%20", "x-name: a\r\nx-name: b\r\nconnection: close\r\n");
        let got = exchange.finish();
        let mut lines: Vec<_> = got.text().lines().collect();
        lines[1..].sort_unstable();
        // What belongs to the connection, and the host, which is the target's, are no fields.
        assert_eq!(lines, ["DELETE http://test:80/about?q=%20", "x-name: a", "x-name: b"], "{server}");
        assert!(got.has("x-answer: one") && got.has("x-answer: two"), "{got:?}");
    }
}

#[test]
fn a_request_without_a_host_is_refused() {
    let node = serve("server", "", "");
    for (request, status) in [
        ("GET /status/200 HTTP/1.1\r\n\r\n", 400),
        ("GET /status/200 HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        ("GET /status/200 HTTP/1.1\r\nhost: a b\r\n\r\n", 400),
        ("GET /status/200 HTTP/1.0\r\n\r\n", 200),
    ] {
        let mut client = node.client();
        client.send(request);
        assert_eq!(client.response_to_head().status, status, "{request}");
    }
}

#[test]
fn a_body_goes_out_while_more_comes_in() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let mut exchange = Exchange::begin(&node, "POST /echo", "transfer-encoding: chunked\r\n");
        exchange.send_chunk("one");
        assert_eq!(exchange.head().status, 200);
        for word in ["two", "three"] {
            let mut came = Vec::new();
            let before = if word == "two" { "one" } else { "two" };
            while came.len() < before.len() {
                came.extend(exchange.chunk().unwrap().unwrap());
            }
            assert_eq!(came, before.as_bytes(), "{server}");
            exchange.send_chunk(word);
        }
        exchange.send("0\r\n\r\n");
        assert_eq!(exchange.chunk(), Ok(Some(b"three".to_vec())), "{server}");
        assert_eq!(exchange.chunk(), Ok(None), "{server}");
    }
}

#[test]
fn a_body_that_the_guest_only_hands_back_is_whole() {
    let node = serve("modern", "", "");
    let body = vec![b'b'; 300_000];
    let got = post(&node, "/hand-back", &body);
    assert!(got.whole && got.body == body);
}

#[test]
fn a_long_body_comes_whole_and_a_short_one_with_its_length() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let got = get(&node, "/blocks/40");
        assert!(got.whole && got.body.len() == 40 * (64 << 10), "{server}");
        // It is all there when the head goes out, unless the guest was interrupted before.
        while !get(&node, "/try/arguments").has(&format!("content-length: {}", server.len())) {}
    }
}

#[test]
fn trailers_go_through() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let got = Exchange::begin(&node, "GET /trailers", "te: trailers\r\n").finish();
        assert_eq!(got.text(), "data", "{server}");
        assert!(got.whole && got.has("x-sum: 42"), "{server}: {got:?}");
    }
}

#[test]
fn head_has_a_length_and_no_body() {
    for server in SERVERS {
        let node = serve(server, "", "");
        let mut client = node.client();
        client.send("HEAD /status/200 HTTP/1.1\r\nhost: test\r\n\r\n");
        assert_eq!(client.response_to_head().status, 200);
        // The connection is in order afterwards.
        client.send("GET /about HTTP/1.1\r\nhost: test\r\n\r\n");
        assert_eq!(client.response_to_head().status, 200, "{server}");
    }
}

#[test]
fn it_stands_on_routes_beside_others() {
    let manifest = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /about\" = \"server\"\n\
                    \"POST /:what\" = \"modern\"\n\"GET /end-of/:name\" = \"front#end_of\"\n";
    let components = [("server", "server"), ("modern", "modern"), ("front", "front")];
    let node = Server::start(app("standard", manifest, &components), "");
    assert!(get(&node, "/about").text().starts_with("GET http://test:80/about"));
    assert_eq!(post(&node, "/length", "four").text(), "4");
    assert_eq!(get(&node, "/length").status, 405);
    assert_eq!(get(&node, "/end-of/server").text().lines().count(), 1);
}

#[test]
fn two_pools_fit_or_say_so() {
    let folder = folder("modern", "", "");
    let manifest = folder.read("rusm.toml").replacen("64", "1000000", 1);
    folder.write("rusm.toml", &manifest);
    let mut node = Server::spawn(folder, "");
    node.stderr.find("max-instances = 1000000 needs");
    assert_eq!(node.exit().code(), Some(1));
}

#[test]
fn where_it_does_not_belong_is_said() {
    let manifest = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /a\" = \"job\"\n\"GET /b\" = \"server#show\"\n\
                    [[serve]]\nlisten = \"127.0.0.1:0\"\nprotocol = \"ws\"\ncomponent = \"server\"\n\
                    [components.server]\nresident = true\nkind = \"command\"\n";
    let folder = app("standard", manifest, &[("server", "server"), ("job", "job")]);
    let checked = folder.rusm(&["check"]);
    assert_eq!(checked.code, Some(1));
    for said in [
        "component `job` has processes that live by themselves, and answers no requests",
        "component `server` has no action `show`",
        "component `server` does not speak WebSocket, and this listener nothing else",
        "component `server` answers requests by wasi:http, and runs for those alone",
        "component `server` is of another kind",
    ] {
        assert!(checked.stderr.contains(said), "{said}\n{}", checked.stderr);
    }
}
