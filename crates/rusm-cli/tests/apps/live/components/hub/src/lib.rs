//! Notes what it is told, in the log.

use rusm_rs::Mail;

#[rusm_rs::main]
fn main() {
    loop {
        if let Mail::Message(message) = rusm_rs::receive() {
            rusm_rs::log::write(rusm_rs::log::Level::Info, "hub", String::from_utf8_lossy(&message.body));
        }
    }
}
