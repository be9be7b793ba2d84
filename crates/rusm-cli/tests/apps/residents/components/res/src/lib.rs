//! A resident that says on standard output what happens to it, and does as it is told.

use rusm_rs::process::{self, ExitReason, Mail, Pid};

#[rusm_rs::main]
fn main() -> Result<(), String> {
    let name = process::info(Pid::own()).unwrap().and_then(|info| info.label).unwrap_or_default();
    println!("up {name}");
    if name == "doomed" {
        panic!("as ever");
    }
    process::trap_exit(true);
    loop {
        match process::receive() {
            Mail::Message(message) => match message.body.as_slice() {
                b"return" => return Ok(()),
                b"fail" => return Err("told to".to_owned()),
                b"panic" => panic!("told to"),
                b"shutdown" => process::exit_self(&ExitReason::Shutdown),
                b"spin" => spin(),
                _ => process::send_bytes(message.from, name.as_bytes()).unwrap(),
            },
            Mail::Exit(signal) => {
                println!("down {name}: {}", signal.reason);
                return Ok(());
            }
            _ => {}
        }
    }
}

/// Longer than the CPU time that its profile grants to a unit of work.
fn spin() {
    let start = std::time::Instant::now();
    while start.elapsed() < std::time::Duration::from_millis(500) {}
}
