//! Tries one thing that a profile may or may not grant, and tells what came of it.
//!
//! The test mounts it under several names, each with a profile of its own. To try a further thing, add a line to
//! `attempt`, and a row to the table in `tests/capabilities.rs`.

use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, SystemTime};

use rusm_rs::http::{Params, Request, Response, fetch};
use rusm_rs::process::{self, ExitReason, Pid};

type Tried = Result<String, Box<dyn Error>>;

#[rusm_rs::handlers]
pub mod tries {
    use super::*;

    /// `:what` of the path, with the request's body as its object.
    pub fn attempt(request: Request, params: Params) -> Response {
        let object = String::from_utf8_lossy(request.body()).into_owned();
        match super::attempt(params.get("what").unwrap_or_default(), &object) {
            Ok(text) => Response::text(format!("did it: {text}")),
            Err(error) => Response::text(format!("could not: {error}")),
        }
    }

    pub fn answer(_request: Request, _params: Params) -> Response {
        Response::text("an answer")
    }
}

fn attempt(what: &str, object: &str) -> Tried {
    Ok(match what {
        "fs-read" => fs::read_to_string(object)?,
        "fs-write" => format!("{:?}", fs::write(object, "written")?),
        "fs-append" => {
            let mut file = fs::OpenOptions::new().append(true).open(object)?;
            format!("{:?}", file.write_all(b", and more")?)
        }
        "fs-create-dir" => format!("{:?}", fs::create_dir(object)?),
        "fs-read-dir" => {
            let names = fs::read_dir(object)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
            let mut names = names.collect::<Result<Vec<_>, std::io::Error>>()?;
            names.sort();
            names.join(" ")
        }
        "fs-metadata" => format!("{} bytes", fs::metadata(object)?.len()),
        "fs-rename" => format!("{:?}", fs::rename(object, format!("{object}.renamed"))?),
        "fs-hard-link" => format!("{:?}", fs::hard_link(object, "/data/linked")?),
        "fs-remove" => format!("{:?}", fs::remove_file(object)?),
        "fs-remove-dir" => format!("{:?}", fs::remove_dir_all(object)?),

        "env-vars" => format!("{:?}", std::env::vars().collect::<Vec<_>>()),
        "env-var" => std::env::var(object)?,
        "env-args" => format!("{:?}", std::env::args().collect::<Vec<_>>()),
        "env-current-dir" => std::env::current_dir()?.display().to_string(),
        "env-set-current-dir" => format!("{:?}", std::env::set_current_dir(object)?),
        "env-current-exe" => std::env::current_exe()?.display().to_string(),

        "net-connect" => said(TcpStream::connect(object)?)?,
        "net-connect-name" => {
            let (_, port) = object.rsplit_once(':').ok_or("no port")?;
            said(TcpStream::connect(format!("localhost:{port}"))?)?
        }
        "net-listen" => format!("{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.ip()),
        "net-udp" => {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            format!("{} bytes sent", socket.send_to(b"hello", socket.local_addr()?)?)
        }
        "net-look-up" => format!("{} found", "localhost:80".to_socket_addrs()?.take(1).count()),

        "process-command" => format!("{:?}", std::process::Command::new("ls").output()?.status),
        "thread-spawn" => {
            let thread = std::thread::Builder::new().spawn(|| "from a thread".to_owned())?;
            thread.join().map_err(|_| "it panicked")?
        }

        "fetch" => fetch::get(&format!("http://{object}/")).send()?.text()?,
        "fetch-name" => {
            let (_, port) = object.rsplit_once(':').ok_or("no port")?;
            fetch::get(&format!("http://localhost:{port}/")).send()?.text()?
        }

        "spawn" => format!("{}", process::spawn("idle")? != Pid::NODE),
        "spawn-link" => format!("{}", process::Spawn::new("idle").link().start()?.pid != Pid::NODE),
        "spawn-ungranted" => format!("{}", process::spawn("tries")? != Pid::NODE),
        "call" => rusm_rs::call("answers#answer", Request::get("/"))?.status_code().to_string(),
        "own-child" => {
            let child = process::Spawn::new("idle").monitor().start()?;
            process::link(child.pid)?;
            process::unlink(child.pid);
            let seen = process::info(child.pid)?.is_some();
            process::kill(child.pid)?;
            format!("seen {seen}, then {:?}", rusm_rs::receive())
        }

        "send" => format!("{:?}", rusm_rs::send(idle()?, "a word")?),
        "is-alive" => process::is_alive(idle()?).to_string(),
        "kill" => format!("{:?}", process::kill(victim(object)?)?),
        "exit" => format!("{:?}", process::exit(victim(object)?, &ExitReason::Shutdown)?),
        "monitor" => format!("{:?}", process::monitor(idle()?).map(|_| ())?),
        "link" => {
            process::link(idle()?)?;
            format!("{:?}", process::unlink(idle()?))
        }
        "info" => format!("{:?}", process::info(idle()?)?.ok_or("nobody")?.names),
        "list" => format!("{}", process::list()?.contains(&idle()?)),
        "register-reserved" => format!("{:?}", process::register("idle")?),

        "print" => {
            println!("{object} on standard output");
            eprintln!("{object} on standard error");
            "printed".to_owned()
        }
        // Each line in many calls, and a last one that does not end.
        "pieces" => {
            let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
            for _ in 0..10 {
                for piece in ["begun: ", object, " :ended", "\n"] {
                    write!(out, "{piece}")?;
                    out.flush()?;
                    write!(err, "{piece}")?;
                    std::thread::yield_now();
                }
            }
            write!(out, "and a rest")?;
            out.flush()?;
            write!(err, "and a rest")?;
            "10 lines".to_owned()
        }
        "log" => {
            rusm_rs::log::write(rusm_rs::log::Level::Info, "tries", object);
            format!("enabled: {}", rusm_rs::log::enabled(rusm_rs::log::Level::Info))
        }
        "stdin" => format!("{} bytes", std::io::stdin().read_to_end(&mut Vec::new())?),

        "clock" => format!("{}", SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30)),
        "random" => {
            // Keyed anew by the node's random numbers.
            use std::hash::{BuildHasher, RandomState};
            format!("{}", RandomState::new().hash_one(1) != RandomState::new().hash_one(2))
        }
        "sleep" => format!("{:?}", std::thread::sleep(Duration::from_millis(1))),
        other => return Err(format!("there is no attempt named `{other}`").into()),
    })
}

fn said(mut stream: TcpStream) -> Result<String, std::io::Error> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text.lines().last().unwrap_or_default().to_owned())
}

/// Somebody else's process.
fn idle() -> Result<Pid, &'static str> {
    process::whereis("idle").ok_or("there is no resident named idle")
}

/// A resident that nobody else needs.
fn victim(name: &str) -> Result<Pid, String> {
    process::whereis(name).ok_or(format!("there is no resident named {name}"))
}
