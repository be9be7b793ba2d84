//! A process that comes to the end that it was spawned with.

use std::hint::black_box;
use std::time::Duration;

use rusm_rs::process::{self, ExitReason};

#[rusm_rs::main]
fn main(end: String) -> Result<(), String> {
    match end.as_str() {
        "unreachable" => std::arch::wasm32::unreachable(),
        "panic" => panic!("the roof of process {} fell in", process::Pid::own()),
        "divide" => _ = black_box(1 / black_box(0_u32)),
        "out-of-bounds" => {
            let bytes = vec![1_u8; 10];
            black_box(bytes[black_box(10)]);
        }
        // Past the end of linear memory, which the engine notices and not the language.
        "wild-pointer" => _ = unsafe { std::ptr::with_exposed_provenance::<u8>(0xffff_fff0).read_volatile() },
        "memory" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(black_box(vec![1_u8; 1 << 20]));
            }
        }
        "overflow" => _ = black_box(deeper(0)),
        "loop" => loop {
            black_box(0);
        },
        "error" => return Err("nothing came of it".to_owned()),
        "exit" => std::process::exit(3),
        "abort" => std::process::abort(),
        "exit-self" => process::exit_self(&ExitReason::Crashed("enough".to_owned())),
        "shutdown" => process::exit_self(&ExitReason::Shutdown),
        "return" => {}
        "sleep" => std::thread::sleep(Duration::from_secs(3600)),
        other => return Err(format!("there is no end named `{other}`")),
    }
    Ok(())
}

#[expect(unconditional_recursion, reason = "its end is the stack's")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth) + 1)) + 1
}
