//! A WebSocket that is told what to do, by its client and by others.

use rusm_rs::ws::{self, CloseFrame, Connection, Handler};
use rusm_rs::Mail;
use std::time::{Duration, Instant};

struct Talk;

impl Handler for Talk {
    fn open(&mut self, conn: &Connection) {
        let protocol = conn.subprotocol();
        let header = conn.headers().get("x-test").map(str::to_owned);
        let address = conn.remote_addr();
        conn.send(format!(
            "{} {:?} {:?} {:?} {:?} {}",
            conn.path(),
            conn.params().get("room"),
            conn.query().get("q"),
            header,
            protocol,
            address.is_some(),
        ));
    }

    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        let text = String::from_utf8(data).unwrap_or_default();
        let (word, rest) = text.split_once(' ').unwrap_or((&text, ""));
        match word {
            "pid" => drop(conn.send_text(conn.pid().as_u64().to_string())),
            "both" => {
                conn.send_binary(rest);
                conn.send_text(rest);
            }
            "close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                conn.close(code.parse().unwrap(), reason);
            }
            "panic" => panic!("{rest}"),
            "return" => rusm_rs::process::exit_self(&rusm_rs::process::ExitReason::Normal),
            "loop" => loop {
                std::hint::black_box(0);
            },
            "flood" => {
                let piece = "x".repeat(64 << 10);
                let mut sent = 0;
                while conn.send_text(&piece) {
                    sent += 1;
                }
                tell(&format!("flooded {sent}"));
            }
            // Computes for so long that it goes on in the background, then sends so many messages of 64 KiB.
            "burst" => {
                let since = Instant::now();
                while since.elapsed() < Duration::from_millis(50) {
                    std::hint::black_box(0);
                }
                let piece = vec![7; 64 << 10];
                for _ in 0..rest.parse().unwrap() {
                    conn.send_binary(&piece);
                }
            }
            // Is busy with something else for so many milliseconds.
            "sleep" => {
                std::thread::sleep(Duration::from_millis(rest.parse().unwrap()));
                conn.send_text("slept");
            }
            "not-utf8" => drop(conn.send([0xff])),
            _ => drop(conn.send_text(format!("what is {word}?"))),
        }
    }

    fn mail(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(message) = mail {
            conn.send_text(String::from_utf8_lossy(&message.body));
        }
    }

    fn close(&mut self, _conn: &Connection, frame: Option<CloseFrame>) {
        tell(&format!("closed {frame:?}"));
    }
}

/// Tells the resident that notes what happens.
fn tell(what: &str) {
    if let Some(hub) = rusm_rs::process::whereis("hub") {
        let _ = rusm_rs::send_bytes(hub, what.as_bytes());
    }
}

#[rusm_rs::main]
fn main() {
    ws::serve(Talk);
}
