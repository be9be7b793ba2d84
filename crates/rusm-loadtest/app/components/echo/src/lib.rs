//! What native-ws does.

use rusm_rs::ws::{self, Connection, Handler};

struct Echo;

impl Handler for Echo {
    fn message(&mut self, connection: &Connection, data: Vec<u8>) {
        connection.send(&data);
    }
}

#[rusm_rs::main]
fn main() {
    ws::serve(Echo);
}
