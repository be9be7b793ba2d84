//! One client's connection to the chat. All connections are in one group, and tell each other.

use rusm_rs::ws::{self, Connection, Handler};
use rusm_rs::{Mail, group, wire};
use serde::{Deserialize, Serialize};

const ROOM: &str = "todo-chat";

/// What a client sends, and all of them get.
#[derive(Serialize, Deserialize)]
struct Said {
    name: String,
    text: String,
}

impl Said {
    fn is_fit(&self) -> bool {
        let fits = |text: &str, most| !text.trim().is_empty() && text.chars().count() <= most;
        fits(&self.name, 30) && fits(&self.text, 1000)
    }
}

struct Chat;

impl Handler for Chat {
    fn open(&mut self, conn: &Connection) {
        if let Err(error) = group::join(ROOM) {
            conn.close(1011, &error.to_string());
        }
    }

    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        match serde_json::from_slice::<Said>(&data) {
            Ok(said) if said.is_fit() => {
                let said = wire::to_vec(&said).expect("text is JSON");
                // To all but this one.
                if let Err(error) = group::broadcast_bytes(ROOM, &said) {
                    conn.close(1011, &error.to_string());
                }
                conn.send_text(String::from_utf8_lossy(&said));
            }
            _ => _ = conn.close(1008, "a name of 1 to 30 characters, a text of 1 to 1000"),
        }
    }

    fn mail(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(said) = mail {
            conn.send_text(String::from_utf8_lossy(&said.body));
        }
    }
}

#[rusm_rs::main]
fn main() {
    ws::serve(Chat);
}
