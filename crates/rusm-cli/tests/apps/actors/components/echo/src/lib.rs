//! Sends back whatever comes.

use rusm_rs::{Mail, receive, send_bytes};

#[rusm_rs::main]
fn main() {
    loop {
        if let Mail::Message(message) = receive() {
            let _ = send_bytes(message.from, &message.body);
        }
    }
}
