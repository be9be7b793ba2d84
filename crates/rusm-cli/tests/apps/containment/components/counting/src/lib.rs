//! A process that computes for as many milliseconds as each message says, and then answers.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rusm_rs::{receive_message, send};

#[rusm_rs::main]
fn main() -> Result<(), rusm_rs::process::DecodeError> {
    loop {
        let (from, millis) = receive_message::<u64>()?;
        let end = Instant::now() + Duration::from_millis(millis);
        while Instant::now() < end {
            black_box(());
        }
        let _ = send(from, &());
    }
}
