//! Sends back what it is sent.

use rusm_rs::ws::{self, Connection, Handler};

struct Echo;

impl Handler for Echo {
    fn message(&mut self, conn: &Connection, data: Vec<u8>) {
        conn.send(&data);
    }
}

#[rusm_rs::main]
fn main() {
    ws::serve(Echo);
}
