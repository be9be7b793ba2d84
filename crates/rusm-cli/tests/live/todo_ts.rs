use rustix::process::Signal;

use super::clients::{Event, EventSource};
use crate::example;
use crate::support::client::{Client, Response};

#[test]
fn the_example_todo_ts_tells_all_who_follow() {
    let node = example("todo-ts");
    for (path, part) in [("/assets/todo.js", "EventSource"), ("/assets/todo.css", "form,")] {
        assert!(node.get(path).text().contains(part), "{path}");
    }
    let follow = || EventSource::open(node.address(), "/changes", None);
    let mut ann = follow();
    assert_eq!(ann.next(), Some(event("list", "[]")));

    let mut client = node.client();
    let added = send(&mut client, "POST", "/todos", r#"{"text":" buy <tea> "}"#);
    let tea = r#"{"id":1,"text":"buy <tea>","done":false}"#;
    assert_eq!((added.status, added.text()), (201, tea));
    assert_eq!(ann.next(), Some(event("added", tea)));
    let mut bob = follow();
    assert_eq!(bob.next(), Some(event("list", &format!("[{tea}]"))));

    let tea = r#"{"id":1,"text":"buy <tea>","done":true}"#;
    for _ in 0..2 {
        assert_eq!(send(&mut client, "PATCH", "/todos/1", r#"{"done":true}"#).text(), tea);
    }
    let drink = r#"{"id":2,"text":"drink it","done":false}"#;
    send(&mut client, "POST", "/todos", r#"{"text":"drink it"}"#);
    for follower in [&mut ann, &mut bob] {
        // What is so already was no change.
        assert_eq!(follower.next(), Some(event("changed", tea)));
        assert_eq!(follower.next(), Some(event("added", drink)));
    }
    let page = client.get("/");
    assert_eq!(page.header("content-type"), "text/html; charset=UTF-8");
    assert!(page.text().starts_with("<!doctype html><html lang=\"en\">"), "{}", page.text());
    assert!(page.text().contains("<li id=\"todo-1\">") && page.text().contains("buy &lt;tea&gt;"));

    let node = node.restart(Signal::KILL);
    let mut client = node.client();
    assert_eq!(client.get("/todos").text(), format!("[{tea},{drink}]"));
    assert_eq!(send(&mut client, "DELETE", "/todos/1", "").text(), tea);
    assert_eq!(client.get("/todos").text(), format!("[{drink}]"));
}

#[test]
fn the_example_todo_ts_says_what_it_does_not_do() {
    let node = example("todo-ts");
    let mut client = node.client();
    for (method, path, body, status, error) in [
        ("POST", "/todos", "", 400, "Malformed JSON"),
        ("POST", "/todos", r#"{"text":" "}"#, 400, "expected string to have >=1 characters"),
        ("PATCH", "/todos/1", r#"{"done":"yes"}"#, 400, "expected boolean, received string"),
        ("PATCH", "/todos/1", r#"{"done":true}"#, 404, "there is no 1 on the list"),
        ("DELETE", "/todos/one", "", 400, "expected number, received NaN"),
    ] {
        let refused = send(&mut client, method, path, body);
        assert_eq!(refused.status, status, "{}", refused.text());
        assert!(refused.text().contains(error), "{}", refused.text());
    }
    assert_eq!(client.get("/todos").text(), "[]");
}

#[test]
fn a_follower_of_a_list_that_dies_is_not_left_waiting() {
    let node = example("todo-ts");
    let path = "todo-ts/rusm.toml";
    let manifest = node.folder().read(path);
    let mortal = "[capabilities.list]\nmax-wall-time = \"2s\"\n";
    node.folder().write(path, &manifest.replace("[capabilities.list]\n", mortal));
    let node = node.restart(Signal::TERM);
    for _ in 0..2 {
        // Until the list is there, and there again.
        while node.get("/todos").status != 200 {}
        let mut ann = EventSource::open(node.address(), "/changes", None);
        assert_eq!(ann.next(), Some(event("list", "[]")));
        assert_eq!(ann.next(), None);
    }
}

fn event(name: &str, data: &str) -> Event {
    Event::new("", name, data)
}

fn send(client: &mut Client, method: &str, path: &str, body: &str) -> Response {
    let length = body.len();
    client.send(format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ));
    client.response()
}
