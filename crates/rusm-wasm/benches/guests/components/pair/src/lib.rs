//! Either of two processes that send each other messages, or a stream, or of which one calls the other.

use std::io::{Read, Write};
use std::time::Instant;

use rusm_rs::process::{self, Spawn};
use rusm_rs::{Mail, Pid, Stream, receive, send_bytes};

#[rusm_rs::service(shared)]
pub mod adder {
    pub fn add(a: u64, b: u64) -> u64 {
        a + b
    }
}

/// What to do, how often, with how many bytes, and whom to tell how many nanoseconds it took.
#[rusm_rs::main]
fn main((work, count, length, tell): (String, u32, usize, u64)) -> Result<(), std::io::Error> {
    let other = |work: &str| {
        let spawn = Spawn::new("pair").argument(&(work, count, length, Pid::own().as_u64())).link();
        spawn.start().expect("the profile allows it").pid
    };
    match work.as_str() {
        "ping" => {
            let (pong, body) = (other("pong"), vec![7; length]);
            round(pong, &body); // Both are awake then.
            let start = Instant::now();
            (0..count).for_each(|_| round(pong, &body));
            done(tell, start);
            process::kill(pong).expect("it is this process's own");
        }
        "pong" => loop {
            if let Mail::Message(message) = receive() {
                let _ = send_bytes(message.from, &message.body);
            }
        },
        "call" => {
            let callee = other("adder");
            let adder = adder::Client::of(callee);
            adder.add(1, 2).expect("it adds"); // Both are awake then.
            let start = Instant::now();
            for n in 0..u64::from(count) {
                assert_eq!(adder.add(n, 1).expect("it adds"), n + 1);
            }
            done(tell, start);
            process::kill(callee).expect("it is this process's own");
        }
        "adder" => {
            let _ = adder::__run();
        }
        "sink" => {
            other("source");
            let mut stream = Stream::accept();
            let mut space = vec![0; 64 << 10];
            let start = Instant::now();
            let mut total = 0;
            loop {
                match stream.read(&mut space)? {
                    0 => break,
                    read => total += read,
                }
            }
            assert_eq!(total, length * count as usize);
            done(tell, start);
        }
        "source" => {
            let mut writer = Stream::open(Pid::from_u64(tell))?;
            let piece = vec![7; length];
            for _ in 0..count {
                Write::write_all(&mut writer, &piece)?;
            }
            writer.close();
        }
        other => panic!("{other}"),
    }
    Ok(())
}

fn round(pong: Pid, body: &[u8]) {
    let _ = send_bytes(pong, body);
    receive();
}

fn done(tell: u64, start: Instant) {
    let nanos = u64::try_from(start.elapsed().as_nanos()).expect("less than 584 years");
    let _ = send_bytes(Pid::from_u64(tell), &nanos.to_le_bytes());
}
