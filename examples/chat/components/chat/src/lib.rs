//! One client's connection.

use rusm_rs::Mail;
use rusm_rs::service::CallError;
use rusm_rs::ws::{self, Connection, Handler};
use serde::{Deserialize, Serialize};

/// What this component knows of the hub.
#[rusm_rs::client]
mod hub {
    pub fn join(room: String, name: String) -> Result<(), rusm_rs::service::Error>;
    pub fn say(text: String) -> Result<(), rusm_rs::service::Error>;
    pub fn leave() -> bool;
}

/// What a client sends, as JSON: `{"type": "say", "text": "hello"}`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Wish {
    Join { room: String, name: String },
    Say { text: String },
    Leave,
}

/// What the hub does not say: that a wish was not granted, and why.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Reply {
    Refused { why: String },
}

struct Chat {
    hub: hub::Client,
}

impl Chat {
    fn grant(&self, wish: Wish) -> Result<(), CallError> {
        match wish {
            Wish::Join { room, name } => self.hub.join(room, name),
            Wish::Say { text } => self.hub.say(text),
            Wish::Leave => self.hub.leave().map(drop),
        }
    }
}

impl Handler for Chat {
    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        let granted = match serde_json::from_slice(&data) {
            Ok(wish) => self.grant(wish).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = granted {
            conn.send_text(serde_json::to_string(&Reply::Refused { why }).expect("a text is JSON"));
        }
    }

    /// What the hub tells is JSON already.
    fn mail(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(news) = mail {
            conn.send_text(String::from_utf8_lossy(&news.body));
        }
    }
}

#[rusm_rs::main]
fn main() -> Result<(), CallError> {
    ws::serve(Chat { hub: hub::Client::connect("hub")? });
    Ok(())
}
