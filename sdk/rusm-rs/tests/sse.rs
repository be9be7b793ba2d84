//! A process for each stream of events: what is sent to it becomes events.

mod sim;

use std::time::Duration;

use rusm_rs::sse::{self, Connection, Event, Handler};
use rusm_rs::{Mail, Pid};
use sim::Sim;
use sim::client::{Client, Visitor};

fn connect(sim: &Sim, client: Client, handler: impl Handler + Send + 'static) -> Visitor {
    sim.visit(client, move || {
        sse::serve(handler);
        Ok(())
    })
}

struct Plain;

impl Handler for Plain {}

#[test]
fn what_is_sent_to_the_process_is_sent_to_its_client() {
    let sim = Sim::default();
    let client = connect(&sim, Client::of("/events"), Plain);
    assert_eq!(client.head().0, 200);
    sim.run(|| rusm_rs::send_bytes(client.pid, b"two\nlines").unwrap());
    client.reads("data: two\ndata: lines\n\n");
    client.leaves();
    assert_eq!(sim.end_of(client.pid), Ok(()));
}

/// Tells its client, or the process `told`, of all that happens.
struct Telling {
    told: Pid,
}

impl Handler for Telling {
    fn open(&mut self, conn: &Connection) {
        assert_eq!(conn.pid(), Pid::own());
        assert_eq!(conn.params().get("none"), None);
        let last = conn.request().last_event_id().unwrap_or("none");
        conn.event(&Event::new().name("open").data(format!("{} after {last}", conn.request().path())));
    }

    fn message(&mut self, conn: &Connection, mail: Mail) {
        let Mail::Message(message) = mail else { return };
        match &*message.body {
            b"ask" => {
                conn.comment("asking");
                rusm_rs::receive_match(
                    |mail| matches!(mail, Mail::Message(message) if message.body == b"answer"),
                );
                conn.write("data: answered\n\n");
            }
            b"close" => conn.close(),
            body => _ = conn.data(body),
        }
    }

    fn close(&mut self, conn: &Connection) {
        let late = conn.data("too late");
        rusm_rs::send_bytes(self.told, format!("closed {late}").as_bytes()).unwrap();
    }

    fn heartbeat(&self) -> Duration {
        Duration::MAX
    }
}

fn idle() -> Result<(), String> {
    loop {
        rusm_rs::receive();
    }
}

#[test]
fn mail_that_waited_for_an_answer_comes_after_it_in_its_order() {
    let sim = Sim::default();
    let told = sim.start("told", idle);
    let send =
        |client: &Visitor, body: &str| sim.run(|| rusm_rs::send_bytes(client.pid, body.as_bytes()).unwrap());
    let client = connect(&sim, Client::of("/events?a=b").header("last-event-id", "7"), Telling { told });
    send(&client, "ask");
    client.reads("asking");
    for body in ["first", "second", "answer", "third"] {
        send(&client, body);
    }
    client.reads("third");
    client.leaves();
    assert_eq!(sim.end_of(client.pid), Ok(()));
    sim.sent(told, "closed false", 1);
    let expected = "event: open\ndata: /events after 7\n\n: asking\n\ndata: answered\n\n\
                    data: first\n\ndata: second\n\ndata: third\n\n";
    assert_eq!(client.has_read(), expected);
    sim.kill(told);
}

#[test]
fn a_handler_may_close() {
    let sim = Sim::default();
    let told = sim.start("told", idle);
    let client = connect(&sim, Client::of("/events"), Telling { told });
    sim.run(|| {
        rusm_rs::send_bytes(client.pid, b"close").unwrap();
        rusm_rs::send_bytes(client.pid, b"not any more").unwrap();
    });
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert_eq!(sim.count_sent(told, "closed false"), 1);
    assert!(!client.has_read().contains("any more"));
    sim.kill(told);
}

/// Has nothing to say.
struct Quiet;

impl Handler for Quiet {
    fn message(&mut self, _conn: &Connection, _mail: Mail) {}

    fn heartbeat(&self) -> Duration {
        Duration::from_millis(1)
    }
}

#[test]
fn a_quiet_stream_says_that_it_is_alive_and_so_finds_that_its_client_is_gone() {
    let sim = Sim::default();
    let client = connect(&sim, Client::of("/events").takes(3), Quiet);
    assert_eq!(sim.end_of(client.pid), Ok(()));
    assert_eq!(client.has_read(), ":\n\n".repeat(3));
}

#[test]
fn there_is_no_serving_without_a_request() {
    let sim = Sim::default();
    let pid = sim.start("alone", || {
        sse::serve(Plain);
        Ok(())
    });
    let crash = sim.end_of(pid).unwrap_err();
    assert_eq!(crash, "`sse::serve` answers a request, and this process was made for none");
}
