//! A command of WASI 0.2 that does what its name, the first of its arguments, says.

use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    println!("up {}", arguments.join(" "));
    match arguments[0].as_str() {
        "fails" => return ExitCode::FAILURE,
        "exits" => std::process::exit(0),
        "exits-with-1" => std::process::exit(1),
        "exits-with-7" => wasip2::cli::exit::exit_with_code(7),
        "panics" => panic!("no"),
        "spins" => loop {
            std::hint::black_box(0);
        },
        "stays" => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        "tries" => {
            println!("env {:?}", std::env::vars().collect::<Vec<_>>());
            println!("read {:?}", std::fs::read_to_string("/data/note").map_err(|error| error.to_string()));
            println!("connect {:?}", std::net::TcpStream::connect("127.0.0.1:9").map_err(|error| error.to_string()));
            eprintln!("said on stderr");
        }
        _ => println!("done"),
    }
    ExitCode::SUCCESS
}
