//! Replies that are made while they are sent, and bodies that are read while they arrive.

use std::io::{Read, Write};
use std::time::Duration;

use rusm_rs::http::{Body, Event, Params, Request, Response, Sse};
use rusm_rs::{Mail, Pid};

#[rusm_rs::handlers]
pub mod api {
    use super::*;

    pub fn plain(_request: Request, _params: Params) -> Response {
        Response::text("plain")
    }

    /// Tells its pid, then what comes into its mailbox.
    pub fn tail(request: Request, _params: Params, sse: Sse) {
        let heartbeat = request.query().get("heartbeat").and_then(|text| text.parse().ok()).unwrap_or(0);
        sse.event(&Event::new().id("1").name("pid").data(Pid::own().as_u64().to_string()));
        sse.run(heartbeat, |mail| match mail {
            Mail::Message(message) => Some(Event::new().data(message.body)),
            _ => None,
        });
    }

    pub fn count(_request: Request, params: Params, sse: Sse) {
        let count: u64 = params.get("n").and_then(|n| n.parse().ok()).unwrap_or(u64::MAX);
        for n in 0..count {
            if !sse.data(format!("tick {n}")) {
                break;
            }
        }
    }

    /// Events of 1 KiB, and how many there were, on standard output.
    pub fn flood(_request: Request, _params: Params, sse: Sse) {
        let event = "x".repeat(1 << 10);
        for n in 0.. {
            println!("flood {n}");
            sse.data(&event);
        }
    }

    pub fn last(request: Request, _params: Params, sse: Sse) {
        sse.data(request.last_event_id().unwrap_or("none"));
    }

    pub fn panics(_request: Request, _params: Params, sse: Sse) {
        sse.data("so far");
        panic!("half way");
    }

    pub fn dies(_request: Request, _params: Params, _sse: Sse) {
        panic!("at once");
    }

    pub fn refuses(request: Request, _params: Params) -> Response {
        match request.headers().get("authorization") {
            None => Response::text("who are you?").status(401),
            Some(_) => Response::sse(|sse| drop(sse.data("welcome"))),
        }
    }

    /// As many bytes as it is asked for, each the low byte of its place.
    pub fn download(_request: Request, params: Params) -> Response {
        let mut left: u64 = params.get("n").and_then(|n| n.parse().ok()).unwrap_or(0);
        Response::stream(move |body| {
            let piece: Vec<u8> = (0..=255).cycle().take(64 << 10).collect();
            while left > 0 {
                let length = left.min(piece.len() as u64);
                body.write_all(&piece[..length as usize])?;
                left -= length;
            }
            Ok(())
        })
    }

    /// How many bytes came, and their sum.
    pub fn upload(_request: Request, _params: Params, mut body: Body) -> std::io::Result<Response> {
        let mut buffer = vec![0; 64 << 10];
        let (mut count, mut sum) = (0, 0);
        loop {
            match body.read(&mut buffer)? {
                0 => return Ok(Response::text(format!("{count} {sum}"))),
                read => {
                    count += read as u64;
                    sum += buffer[..read].iter().map(|&byte| u64::from(byte)).sum::<u64>();
                }
            }
        }
    }

    /// Sends back each piece as it arrives.
    pub fn echo(_request: Request, _params: Params, mut body: Body) -> Response {
        Response::stream(move |reply| {
            let mut buffer = vec![0; 4 << 10];
            loop {
                match body.read(&mut buffer)? {
                    0 => return Ok(()),
                    read => {
                        reply.write_all(&buffer[..read])?;
                        reply.flush()?;
                    }
                }
            }
        })
    }

    /// All of a body at once, and its length.
    pub fn length(request: Request, _params: Params) -> Response {
        Response::text(request.body().len().to_string())
    }

    /// Begins to answer, and goes on neither with the body that comes nor with its own.
    pub fn stalls(_request: Request, _params: Params, _body: Body) -> Response {
        Response::stream(|reply| {
            reply.write_all(b"so far")?;
            reply.flush()?;
            rusm_rs::receive();
            Ok(())
        })
    }

    /// Never begins to answer.
    pub fn silent(_request: Request, _params: Params, _body: Body) -> Response {
        rusm_rs::receive_timeout(Duration::from_hours(1));
        Response::text("late")
    }

    /// A stream that fails after its first bytes.
    pub fn breaks(_request: Request, _params: Params) -> Response {
        Response::stream(|body| {
            body.write_all(b"so far")?;
            Err(std::io::Error::other("the source ran dry"))
        })
    }

    /// Ends a process.
    pub fn kill(_request: Request, params: Params) -> Response {
        let pid = params.get("pid").and_then(|pid| pid.parse().ok()).map(Pid::from_u64);
        match pid.map(rusm_rs::process::kill) {
            Some(Ok(())) => Response::text("killed"),
            _ => Response::text("no").status(400),
        }
    }

    /// Sends text to a process.
    pub fn push(request: Request, params: Params) -> Response {
        let pid = params.get("pid").and_then(|pid| pid.parse().ok()).map(Pid::from_u64);
        match pid {
            Some(pid) => {
                let _ = rusm_rs::send_bytes(pid, request.body());
                Response::text("sent")
            }
            None => Response::text("no pid").status(400),
        }
    }
}
