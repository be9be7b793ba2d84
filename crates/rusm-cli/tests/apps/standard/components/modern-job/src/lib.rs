//! A command of WASI 0.3 that does what its name, the first of its arguments, says.

use wasip3::cli::{environment, exit, stdout};
use wasip3::clocks::monotonic_clock::wait_for;
use wasip3::wit_stream;

wasip3::cli::command::export!(Job);

struct Job;

impl wasip3::exports::cli::run::Guest for Job {
    async fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        say(format!("up {}\n", arguments.join(" "))).await;
        match arguments[0].as_str() {
            "modern-fails" => return Err(()),
            "modern-exits-with-1" => exit::exit(Err(())),
            "modern-panics" => panic!("no"),
            "modern-stays" => wait_for(3600 * 1_000_000_000).await,
            _ => say("done\n".to_owned()).await,
        }
        Ok(())
    }
}

async fn say(text: String) {
    let (mut writer, reader) = wit_stream::new();
    let written = stdout::write_via_stream(reader);
    writer.write_all(text.into_bytes()).await;
    drop(writer);
    written.await.unwrap();
}
