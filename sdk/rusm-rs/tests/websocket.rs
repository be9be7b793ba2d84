//! A process for each connection: what the client says comes in, what the process and others send goes out.

mod sim;

use std::sync::{Arc, Mutex};

use rusm_rs::ws::{self, CloseFrame, Connection, Handler};
use rusm_rs::{Mail, Pid};
use sim::Sim;
use sim::client::{Client, Heard, Visitor};

#[derive(Default)]
struct Echo;

impl Handler for Echo {
    fn open(&mut self, conn: &Connection) {
        conn.send(b"welcome\n");
    }

    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        conn.send(&data);
    }
}

fn connect(sim: &Sim, handler: impl Handler + Send + 'static) -> Visitor {
    sim.visit(Client::of("/chat"), move || {
        ws::serve(handler);
        Ok(())
    })
}

fn text(text: &str) -> Heard {
    Heard::Text(text.to_owned())
}

#[test]
fn an_answer_is_of_the_type_of_what_it_answers() {
    let sim = Sim::default();
    let client = connect(&sim, Echo);
    client.says("hello");
    client.says_bytes(&[0xFF, 0]);
    client.says("größe");
    let heard = client.hears(4);
    assert_eq!(heard, [text("welcome\n"), text("hello"), Heard::Binary(vec![0xFF, 0]), text("größe")]);
    client.leaves();
    assert_eq!(sim.end_of(client.pid), Ok(()));
}

#[test]
fn others_push_to_a_client_through_its_pid() {
    let sim = Sim::default();
    let client = connect(&sim, Echo);
    client.hears(1);
    sim.run(|| {
        rusm_rs::send(client.pid, "news").unwrap();
        rusm_rs::send_bytes(client.pid, &[0xFF]).unwrap();
    });
    // A string of the wire is JSON.
    assert_eq!(client.hears(3)[1..], [text("\"news\""), Heard::Binary(vec![0xFF])]);
    client.says_bytes(b"from now on");
    client.hears(4);
    sim.run(|| rusm_rs::send_bytes(client.pid, b"text").unwrap());
    assert_eq!(client.hears(5)[4], Heard::Binary(b"text".to_vec()));
    client.leaves();
    assert_eq!(sim.end_of(client.pid), Ok(()));
}

/// Notes what happens.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<String>>>);

impl Noting {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Handler for Noting {
    fn open(&mut self, conn: &Connection) {
        assert_eq!(conn.pid(), Pid::own());
        assert_eq!((conn.params().get("none"), conn.subprotocol(), conn.remote_addr()), (None, None, None));
        self.note(format!("open {} {:?}", conn.path(), conn.query().get("room")));
        self.note(format!("from {:?}", conn.headers().get("origin")));
    }

    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        self.note(format!("message of {} bytes, {}", data.len(), conn.is_text()));
        conn.send_text("asking");
        rusm_rs::receive_match(|mail| matches!(mail, Mail::Message(message) if message.body == b"answer"));
        self.note("answered".to_owned());
    }

    fn mail(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(message) = mail {
            self.note(format!("mail {}", String::from_utf8_lossy(&message.body)));
            conn.send_binary("noted");
        }
    }

    fn close(&mut self, conn: &Connection, frame: Option<CloseFrame>) {
        self.note(format!("close {frame:?} {}", conn.send_text("too late")));
    }
}

#[test]
fn mail_that_waited_for_an_answer_comes_after_it_in_its_order() {
    let sim = Sim::default();
    let handler = Noting::default();
    let notes = handler.0.clone();
    let client = Client::of("/chat?room=tea").header("origin", "https://example.org");
    let client = sim.visit(client, || {
        ws::serve(handler);
        Ok(())
    });
    client.says_bytes(b"ask");
    client.hears(1);
    sim.run(|| {
        for body in ["first", "second", "answer", "third"] {
            rusm_rs::send_bytes(client.pid, body.as_bytes()).unwrap();
        }
    });
    client.hears(4);
    client.leaves_with(1001, "bye");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    let expected = [
        r#"open /chat Some("tea")"#,
        r#"from Some("https://example.org")"#,
        "message of 3 bytes, false",
        "answered",
        "mail first",
        "mail second",
        "mail third",
        r#"close Some(CloseFrame { code: 1001, reason: "bye" }) false"#,
    ];
    assert_eq!(*notes.lock().unwrap(), expected);
}

/// Does what it is told.
struct Obedient;

impl Handler for Obedient {
    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        match &*data {
            b"close" => assert!(conn.close(1000, "done")),
            b"at length" => assert!(conn.close(4000, &"ö".repeat(100))),
            b"wrongly" => assert!(conn.close(1006, "")),
            b"bytes as text" => assert!(conn.send([b'a', 0xFF])),
            _ => {}
        }
        assert!(!conn.send_text("after the end") && !conn.send_binary("of it") && !conn.close(1000, ""));
    }
}

#[test]
fn a_handler_may_close_and_then_no_more_is_sent() {
    let sim = Sim::default();
    let client = connect(&sim, Obedient);
    client.says("close");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert_eq!(client.hears(1), [Heard::Close(1000, "done".to_owned())]);
}

#[test]
fn a_reason_that_is_too_long_is_cut_between_characters() {
    let sim = Sim::default();
    let client = connect(&sim, Obedient);
    client.says("at length");
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert_eq!(client.hears(1), [Heard::Close(4000, "ö".repeat(61))]);
}

#[test]
fn what_the_protocol_does_not_allow_is_told_in_words() {
    let sim = Sim::default();
    for (order, complaint) in [
        ("wrongly", "this connection cannot be closed so: 1006 is no code to send"),
        (
            "bytes as text",
            "`send` answers a text message with text, and this is no UTF-8 (invalid utf-8 sequence",
        ),
    ] {
        let client = connect(&sim, Obedient);
        client.says(order);
        let crash = sim.end_of(client.pid).unwrap_err();
        assert!(crash.starts_with(complaint), "{crash}");
    }
}

#[test]
fn there_is_no_serving_without_a_connection() {
    let sim = Sim::default();
    let pid = sim.start("alone", || {
        ws::serve(Echo);
        Ok(())
    });
    let crash = sim.end_of(pid).unwrap_err();
    assert_eq!(crash, "`ws::serve` holds a client's connection, and this process was made for none");
}
