//! A stream of events that a process holds, and others feed by its name.

use rusm_rs::http::Event;
use rusm_rs::sse::{self, Connection, Handler};
use rusm_rs::Mail;

struct Feed;

impl Handler for Feed {
    fn open(&mut self, conn: &Connection) {
        let room = conn.params().get("room").unwrap_or("none").to_owned();
        let last = conn.request().last_event_id().unwrap_or("none").to_owned();
        conn.event(&Event::new().name("open").data(format!("{room} {last} {}", conn.pid().as_u64())));
    }

    fn message(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(message) = mail {
            conn.data(message.body);
        }
    }

    fn close(&mut self, conn: &Connection) {
        if let Some(hub) = rusm_rs::process::whereis("hub") {
            let _ = rusm_rs::send_bytes(hub, format!("feed {} closed", conn.pid()).as_bytes());
        }
    }
}

#[rusm_rs::main]
fn main() {
    sse::serve(Feed);
}
