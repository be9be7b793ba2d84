use std::net::SocketAddr;

use rustix::process::Signal;

use super::clients::{Event, EventSource, Socket};
use crate::example;
use crate::support::client::{Client, Response};

#[test]
fn the_example_todo_tells_all_who_follow_and_those_who_come_back() {
    let node = example("todo");
    for (path, title) in
        [("/", "<title>Things to do</title>"), ("/todo.js", "EventSource"), ("/todo.css", "form {")]
    {
        assert!(node.get(path).text().contains(title), "{path}");
    }
    let mut ann = follow(node.address(), None);
    assert_eq!(ann.next(), Some(Event::new("0", "list", "[]")));

    let mut client = node.client();
    let added = client.post("/todos", r#"{"text":" buy tea "}"#);
    let tea = r#"{"id":1,"text":"buy tea","done":false}"#;
    assert_eq!((added.status, added.text()), (201, tea));
    assert_eq!(ann.next(), Some(Event::new("1", "added", tea)));
    let mut bob = follow(node.address(), None);
    assert_eq!(bob.next(), Some(Event::new("1", "list", &format!("[{tea}]"))));

    let tea = r#"{"id":1,"text":"buy tea","done":true}"#;
    assert_eq!(send(&mut client, "PATCH", "/todos/1", r#"{"done":true}"#).text(), tea);
    // What is so already is no change.
    assert_eq!(send(&mut client, "PATCH", "/todos/1", r#"{"done":true}"#).text(), tea);
    client.post("/todos", r#"{"text":"drink it"}"#);
    let drink = r#"{"id":3,"text":"drink it","done":false}"#;
    for follower in [&mut ann, &mut bob] {
        assert_eq!(follower.next(), Some(Event::new("2", "changed", tea)));
        assert_eq!(follower.next(), Some(Event::new("3", "added", drink)));
    }

    // What was on its way when the node died is neither lost nor told twice.
    let node = node.restart(Signal::KILL);
    let mut client = node.client();
    assert_eq!(client.get("/todos").text(), format!("[{tea},{drink}]"));
    let mut ann = follow(node.address(), Some("1"));
    assert_eq!(ann.next(), Some(Event::new("2", "changed", tea)));
    assert_eq!(ann.next(), Some(Event::new("3", "added", drink)));
    assert_eq!(send(&mut client, "DELETE", "/todos/1", "").text(), tea);
    assert_eq!(ann.next(), Some(Event::new("4", "removed", tea)));
    let node = node.restart(Signal::TERM);
    assert_eq!(ann.next(), None, "the node ends its streams as they should end");
    let mut ann = follow(node.address(), Some("3"));
    assert_eq!(ann.next(), Some(Event::new("4", "removed", tea)));

    // Of what the node does not know it says nothing, but how things stand.
    let mut client = node.client();
    let stand = Some(Event::new("4", "list", &format!("[{drink}]")));
    for seen in ["5", "18446744073709551615", "-1", "yesterday"] {
        assert_eq!(follow(node.address(), Some(seen)).next(), stand, "{seen}");
    }
    for n in 0..500 {
        let done = if n % 2 == 0 { "true" } else { "false" };
        send(&mut client, "PATCH", "/todos/3", &format!(r#"{{"done":{done}}}"#));
    }
    assert_eq!(follow(node.address(), Some("4")).next().unwrap().id, "5");
    assert_eq!(follow(node.address(), Some("3")).next().unwrap().name, "list");
}

#[test]
fn the_example_todo_says_what_it_does_not_do() {
    let node = example("todo");
    let mut client = node.client();
    for (method, path, body, status, error) in [
        ("POST", "/todos", "", 400, "EOF while parsing"),
        ("POST", "/todos", r#"{"text":" "}"#, 400, "a text has 1 to 200 characters"),
        ("PATCH", "/todos/1", r#"{"done":"yes"}"#, 400, "expected a boolean"),
        ("PATCH", "/todos/1", r#"{"done":true}"#, 404, "there is no 1 on the list"),
        ("DELETE", "/todos/one", "", 404, "there is no 0 on the list"),
    ] {
        let refused = send(&mut client, method, path, body);
        assert_eq!(refused.status, status, "{}", refused.text());
        assert!(refused.text().contains(error), "{}", refused.text());
    }
    assert_eq!(client.get("/todos").text(), "[]");
}

#[test]
fn the_example_todo_has_a_chat_on_the_same_listener() {
    let node = example("todo");
    let mut events = follow(node.address(), None);
    let [mut ann, mut bob] = [(); 2].map(|()| Socket::open(node.address(), "/chat"));
    // Each hears itself, once it is in the room.
    bob.send(r#"{"name":"bob","text":"first"}"#);
    assert_eq!(bob.next(), r#"{"name":"bob","text":"first"}"#);
    ann.send(r#"{"name":"ann","text":"hello"}"#);
    assert_eq!(bob.next(), r#"{"name":"ann","text":"hello"}"#);
    ann.send(r#"{"name":"ann"}"#);
    assert_eq!(events.next().unwrap().name, "list");
    let node = node.restart(Signal::TERM);
    assert_eq!(bob.closed(), 1001, "the node is going away");
    Socket::open(node.address(), "/chat").send(r#"{"name":"bob","text":"again"}"#);
}

fn follow(address: SocketAddr, last_event_id: Option<&str>) -> EventSource {
    EventSource::open(address, "/changes", last_event_id)
}

fn send(client: &mut Client, method: &str, path: &str, body: &str) -> Response {
    let length = body.len();
    client.send(format!("{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n{body}"));
    client.response()
}
