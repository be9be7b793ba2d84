//! What a worker is told to do.

use rusm_rs::Pid;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Job {
    /// Receives for ever.
    Idle,
    /// Ends at once.
    Nothing,
    /// Sends these bytes, and ends.
    Say { to: Pid, bytes: Vec<u8> },
    /// Panics with this text.
    Panic(String),
    /// Returns this text as an error.
    Fail(String),
    /// Traps.
    Trap,
    /// Ends itself by this reason: `normal`, `shutdown`, or what else as the text of one that has one.
    End(String),
    /// Spawns a worker with this job, linked, and idles.
    Link(Box<Job>),
    /// Traps exits and sends the reason of each to this process.
    Trapping(Pid),
    /// Receives nothing until there is a process of this name, then `count` messages, and tells whether they came
    /// in order.
    Deaf { until: String, count: u32, tell: Pid },
    /// Sends so many messages, numbered and of this length, then says so.
    Flood { to: Pid, count: u32, length: usize, tell: Pid },
    /// Joins a group and sends what it is told to this process.
    Member { group: String, tell: Pid },
    /// Joins a group and receives nothing.
    DeafMember { group: String },
    /// Sets a timer for itself, tells its number, and idles.
    Timer { tell: Pid },
    /// Sends this process something again and again, by a timer, and ends with the first message that comes.
    Ticker { to: Pid },
    /// Reads the next stream to its end and tells its writer how that was.
    Sink,
    /// Takes the next stream, reads once, drops it, says so and idles.
    Abandon,
    /// Takes the next stream, says so and idles with it.
    Hold,
    /// Writes a stream of so many pieces of this length, tells of each, and then: `close`, `drop`, `panic`, `idle`.
    Source { to: Pid, tell: Pid, pieces: u32, length: usize, then: String },
    /// Tells this process of its birth and, if it `minds`, of the exit signal that it ends by.
    Child { tell: Pid, id: String, minds: bool },
    /// Tells of its birth, traps exits and never ends by them.
    Stubborn { tell: Pid },
    /// Starts a supervisor of two such children, tells its pid, and idles.
    Supervise { tell: Pid },
}
