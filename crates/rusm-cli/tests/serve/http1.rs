//! Routing's own answers, and HTTP/1 connections.

use crate::support::server::App;

#[test]
fn no_route_is_404() {
    let node = App::default().serve();
    node.get("/nowhere").assert_bare(404, "Not Found");
    node.get("/users/1/").assert_bare(404, "Not Found");
}

#[test]
fn another_method_is_405_and_names_the_methods() {
    let node = App::default().serve();
    let response = node.post("/users/1", "");
    response.assert_bare(405, "Method Not Allowed");
    assert_eq!(response.header("allow"), "GET, HEAD");
    let response = node.get("/echo");
    response.assert_bare(405, "Method Not Allowed");
    assert_eq!(response.header("allow"), "POST");
}

#[test]
fn head_is_get_without_the_body() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send("HEAD /users/42 HTTP/1.1\r\nhost: test\r\n\r\n");
    let response = client.response_to_head();
    assert_eq!((response.status, response.header("content-length")), (200, "8"));
    client.send("HEAD /nowhere HTTP/1.1\r\nhost: test\r\n\r\n");
    let response = client.response_to_head();
    assert_eq!((response.status, response.header("content-length")), (404, "10"));
    // A body that came all the same would stand in front of this response.
    assert_eq!(client.get("/users/43").text(), "user 43\n");
}

#[test]
fn a_parameter_that_is_no_text_is_400() {
    let node = App::default().serve();
    node.get("/users/%FF").assert_bare(400, "Bad Request");
}

#[test]
fn what_is_no_http_is_400() {
    let node = App::default().serve();
    for nonsense in ["NONSENSE\r\n\r\n", "GET /users/1 HTTP/1.1\r\nno colon\r\n\r\n"] {
        let mut client = node.client();
        client.send(nonsense);
        assert_eq!(client.response_to_head().status, 400);
        client.closed();
    }
    assert_eq!(node.get("/users/1").status, 200);
}

#[test]
fn a_connection_serves_many_requests() {
    let node = App::default().serve();
    let mut client = node.client();
    for id in 0..20 {
        assert_eq!(client.get(&format!("/users/{id}")).text(), format!("user {id}\n"));
    }
    // After the node's own answers too.
    client.get("/nowhere").assert_bare(404, "Not Found");
    assert_eq!(client.post("/echo", "still here").text(), "still here");
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let node = App::default().serve();
    let mut client = node.client();
    let requests: String =
        (0..20).map(|id| format!("GET /users/{id} HTTP/1.1\r\nhost: test\r\n\r\n")).collect();
    client.send(requests);
    for id in 0..20 {
        assert_eq!(client.response().text(), format!("user {id}\n"));
    }
}

#[test]
fn an_answer_does_not_wait_for_the_next() {
    let node = App { profile: "allow-stdio = true", ..App::default() }.serve();
    let mut client = node.client();
    client.send("GET /users/2 HTTP/1.1\r\nhost: test\r\n\r\nGET /spin HTTP/1.1\r\nhost: test\r\n\r\n");
    assert_eq!(client.response().text(), "user 2\n");
    node.stdout.find("spinning");
}

#[test]
fn a_response_that_may_have_no_body_has_none() {
    let node = App::default().serve();
    let mut client = node.client();
    for status in [204, 304] {
        client.ask(&format!("/status/{status}"));
        assert_eq!(client.response_to_head().status, status);
    }
    assert_eq!(client.get("/users/1").text(), "user 1\n");
}

#[test]
fn a_connection_closes_when_its_client_says_so() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send("GET /users/1 HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    let response = client.response();
    assert_eq!((response.text(), response.header("connection")), ("user 1\n", "close"));
    client.closed();
}

#[test]
fn http_1_0_is_spoken() {
    let node = App::default().serve();
    let mut client = node.client();
    client.send("GET /users/1 HTTP/1.0\r\n\r\n");
    let response = client.response();
    assert_eq!((response.version.as_str(), response.text()), ("HTTP/1.0", "user 1\n"));
    client.closed();

    let mut client = node.client();
    for _ in 0..2 {
        client.send("GET /users/1 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
        assert_eq!(client.response().text(), "user 1\n");
    }
}
