//! Does what it is told.

use std::io::Read;
use std::time::Duration;

use job::Job;
use rusm_rs::bindings::rusm::runtime::timer as host;
use rusm_rs::process::{self, ExitReason, Spawn};
use rusm_rs::supervisor::{Child, Strategy, Supervisor};
use rusm_rs::{Mail, Pid, Stream, group, receive, receive_message, send, send_bytes, timer, whereis};

#[rusm_rs::main]
fn main(job: Job) -> Result<(), String> {
    match job {
        Job::Idle => idle(),
        Job::Nothing => {}
        Job::Say { to, bytes } => send_bytes(to, &bytes).unwrap(),
        Job::Panic(text) => panic!("{text}"),
        Job::Fail(text) => return Err(text),
        Job::Trap => std::arch::wasm32::unreachable(),
        Job::End(reason) => process::exit_self(&match reason.as_str() {
            "normal" => ExitReason::Normal,
            "shutdown" => ExitReason::Shutdown,
            "killed" => ExitReason::Killed,
            "no process" => ExitReason::NoProcess,
            text => match text.strip_prefix("shutdown: ") {
                Some(word) => ExitReason::ShutdownWith(word.to_owned()),
                None => ExitReason::crashed(text),
            },
        }),
        Job::Link(job) => {
            Spawn::new("worker").argument(&job).link().start().unwrap();
            idle();
        }
        Job::Trapping(tell) => {
            process::trap_exit(true);
            say(tell, "ready");
            loop {
                if let Mail::Exit(signal) = receive() {
                    say(tell, &format!("{} from {}", signal.reason, name(signal.from, tell)));
                }
            }
        }
        Job::Deaf { until, count, tell } => {
            while whereis(&until).is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let in_order = (0..count).all(|n| match receive() {
                Mail::Message(message) => message.body[..4] == n.to_le_bytes(),
                _ => false,
            });
            say(tell, if in_order { "in order" } else { "in disorder" });
        }
        Job::Flood { to, count, length, tell } => {
            let mut body = vec![0; length];
            for n in 0..count {
                body[..4].copy_from_slice(&n.to_le_bytes());
                send_bytes(to, &body).unwrap();
            }
            say(tell, "all sent");
        }
        Job::Member { group, tell } => {
            group::join(&group).unwrap();
            say(tell, "joined");
            loop {
                let (from, text) = receive_message::<String>().unwrap();
                say(tell, &format!("{text} from {}", name(from, tell)));
            }
        }
        Job::DeafMember { group } => {
            group::join(&group).unwrap();
            std::thread::sleep(Duration::from_secs(3600));
        }
        Job::Timer { tell } => {
            let timer = host::send_after(3600 << 30, Pid::own().as_u64(), b"").unwrap();
            send(tell, &timer).unwrap();
            idle();
        }
        Job::Ticker { to } => {
            timer::send_interval(Duration::from_millis(1), to, "tick").unwrap();
            receive();
        }
        Job::Sink => {
            let mut stream = Stream::accept();
            let mut bytes = Vec::new();
            let end = match stream.read_to_end(&mut bytes) {
                Ok(_) => "the end".to_owned(),
                Err(error) => error.to_string(),
            };
            let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
            say(stream.from(), &format!("{} bytes, sum {sum}, {end}", bytes.len()));
        }
        Job::Abandon => {
            let mut stream = Stream::accept();
            let first = stream.next_bytes().unwrap().unwrap();
            let from = stream.from();
            drop(stream);
            say(from, &format!("dropped after {}", first.len()));
            idle();
        }
        Job::Hold => {
            let stream = Stream::accept();
            say(stream.from(), "taken");
            idle();
        }
        Job::Source { to, tell, pieces, length, then } => {
            let mut writer = Stream::open(to).unwrap();
            let piece = vec![1; length];
            for n in 1..=pieces {
                match writer.write_all(&piece) {
                    Ok(()) => say(tell, &format!("written {n}")),
                    Err(error) => {
                        say(tell, &error.to_string());
                        return Ok(());
                    }
                }
            }
            match then.as_str() {
                "close" => writer.close(),
                "drop" => drop(writer),
                "panic" => panic!("in the middle"),
                "idle" => idle(),
                other => unreachable!("{other}"),
            }
        }
        Job::Child { tell, id, minds } => {
            process::trap_exit(minds);
            send(tell, &("start", &id, Pid::own())).unwrap();
            loop {
                match receive() {
                    Mail::Exit(signal) => {
                        send(tell, &("stop", &id, Pid::own())).unwrap();
                        process::exit_self(&signal.reason);
                    }
                    Mail::Message(message) => match message.decode::<String>().unwrap().as_str() {
                        "return" => return Ok(()),
                        text => panic!("{text}"),
                    },
                    _ => {}
                }
            }
        }
        Job::Stubborn { tell } => {
            process::trap_exit(true);
            send(tell, &("start", "stubborn", Pid::own())).unwrap();
            idle();
        }
        Job::Supervise { tell } => {
            let child = |id: &str| {
                Child::new(id, "worker").argument(&Job::Child { tell, id: id.to_owned(), minds: true })
            };
            let supervisor = Supervisor::new(Strategy::OneForOne).child(child("a")).child(child("b"));
            let supervisor = supervisor.start().unwrap();
            send(tell, &("supervisor", "", supervisor.pid())).unwrap();
            idle();
        }
    }
    Ok(())
}

fn idle() -> ! {
    loop {
        receive();
    }
}

fn say(to: Pid, text: &str) {
    send(to, text).unwrap();
}

/// Who a process is to the one that is told.
fn name(pid: Pid, tell: Pid) -> &'static str {
    if pid == tell { "you" } else { "another" }
}
