//! A process that waits, for others to do things to.

#[rusm_rs::main]
fn main() {
    loop {
        rusm_rs::receive();
    }
}
