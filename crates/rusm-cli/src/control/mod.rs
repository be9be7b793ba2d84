//! The control socket of a running node: a unix socket in the app's `.rusm` folder, by which other commands have the node
//! do what only it can do while it runs.
//!
//! The node greets with a line that names the protocol's version. The client sends one operation and its input, the node
//! the output and how it ended (see `frame`), and the connection is over.

mod client;
mod frame;
mod place;
mod server;

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

pub(crate) use client::Connection;
pub(crate) use server::{Control, StartError};

/// The socket's name in the app's `.rusm` folder.
const SOCKET: &str = "control.sock";

/// To be raised with every change of what is said on the socket.
const PROTOCOL: u32 = 1;

/// The node's first words. Every version of rusm says them in this form, so that each can tell which it speaks to.
struct Greeting {
    protocol: u32,
    rusm: String,
}

impl Greeting {
    const START: &str = "rusm-control";
    /// No greeting is longer.
    const LONGEST: usize = 100;

    fn own() -> Greeting {
        Greeting { protocol: PROTOCOL, rusm: env!("CARGO_PKG_VERSION").to_owned() }
    }

    fn line(&self) -> String {
        format!("{} {} {}\n", Self::START, self.protocol, self.rusm)
    }

    /// Reads it, and no byte beyond.
    fn read(mut from: impl Read) -> io::Result<Greeting> {
        let (mut line, mut byte) = (Vec::new(), [0]);
        while line.len() < Self::LONGEST {
            from.read_exact(&mut byte)?;
            match byte[0] {
                b'\n' => return Self::parse(&line).ok_or(io::ErrorKind::InvalidData.into()),
                byte => line.push(byte),
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    fn parse(line: &[u8]) -> Option<Greeting> {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let (start, protocol, rusm) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        (start == Self::START).then(|| Greeting { protocol, rusm: rusm.escape_default().to_string() })
    }
}

/// [`crate::kv::Failure`] on the wire.
#[derive(Serialize, Deserialize)]
struct Failed {
    absent: bool,
    text: String,
}
