//! A resident that answers each message with how many it has had, and crashes when it is told to.

use rusm_rs::{Mail, receive, send};

#[rusm_rs::main]
fn main() {
    let mut asked = 0_u64;
    loop {
        let Mail::Message(message) = receive() else { continue };
        asked += 1;
        if message.body == b"crash" {
            panic!("the keeper was told to crash");
        }
        let _ = send(message.from, &asked);
    }
}
