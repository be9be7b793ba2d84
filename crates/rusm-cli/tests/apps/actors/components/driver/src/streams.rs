//! Byte streams.

use std::io::{Read, Write};
use std::time::Duration;

use job::Job;
use rusm_rs::process::{self, Pid};
use rusm_rs::stream::{IncomingStream, StreamWriter};
use rusm_rs::supervisor::{Strategy, Supervisor};
use rusm_rs::{Mail, Stream, receive_timeout, send};

use crate::{PATIENCE, down, monitored, next, text_from, until, worker};

const PIECE: usize = 64 << 10;

pub(crate) fn run(case: &str) -> String {
    let own = Pid::own();
    match case {
        "round-trip" => {
            let sink = worker(&Job::Sink);
            let mut writer = Stream::open(sink).unwrap();
            assert_eq!(writer.to(), sink);
            writer.write_all(&vec![3; 5 << 20]).unwrap();
            writeln!(writer, "!").unwrap();
            writer.close();
            text_from(sink)
        }
        "source" => {
            let source = source(16, 100_000, "close");
            let mut stream = accept();
            assert_eq!(stream.from(), source);
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            let after = (stream.next_bytes(), stream.read(&mut [0; 8]).unwrap());
            format!("{} {after:?}", bytes.len())
        }
        "order" => {
            send(own, "before").unwrap();
            let mut writer = Stream::open(own).unwrap();
            send(own, "after").unwrap();
            assert_eq!(writer.write(b"bytes"), Ok(5));
            writer.close();
            let kinds = [next(), next(), next()].map(|mail| match mail {
                Mail::Message(message) => message.decode::<String>().unwrap(),
                Mail::Stream(mut stream) => {
                    let mut text = String::new();
                    stream.read_to_string(&mut text).unwrap();
                    assert_eq!(stream.from(), own);
                    text
                }
                other => format!("{other:?}"),
            });
            kinds.join(" ")
        }
        // What stands between stays, in its order.
        "accept" => {
            send(own, "first").unwrap();
            Stream::open(own).unwrap().close();
            send(own, "second").unwrap();
            let empty = accept().next_bytes();
            let none = Stream::accept_timeout(Duration::ZERO).is_none();
            format!("{empty:?} {none} {} {}", text_from(own), text_from(own))
        }
        "small" => {
            let mut writer = Stream::open(own).unwrap();
            for byte in 0..=255 {
                assert_eq!(writer.write(&[byte]), Ok(1));
            }
            assert_eq!(writer.write(&[]), Ok(0));
            writer.close();
            let mut stream = accept();
            let mut first = [0; 3];
            stream.read_exact(&mut first).unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            format!("{first:?} and {} more, {:?} at last", rest.len(), rest.last())
        }
        "back-pressure" => {
            let source = source(4, PIECE, "close");
            let mut stream = accept();
            let first = text_from(source);
            let more = receive_timeout(Duration::from_millis(20)).is_some();
            assert_eq!(stream.next_bytes().unwrap().unwrap().len(), PIECE);
            let second = text_from(source);
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).unwrap();
            format!("{first}, {more}, {second}, {}", rest.len() / PIECE)
        }
        "one-write" => {
            let mut writer = Stream::open(own).unwrap();
            let written = writer.write(&vec![1; 10 * PIECE]).unwrap();
            writer.close();
            format!("{written} {}", accept().next_bytes().unwrap().unwrap().len())
        }
        "dropped" => ends(1, "drop"),
        "panic" => ends(1, "panic"),
        "killed" => {
            let (source, monitor) =
                monitored(&Job::Source { to: own, tell: own, pieces: 1, length: 10, then: "idle".into() });
            let mut stream = accept();
            process::kill(source).unwrap();
            let read = read_all(&mut stream);
            format!("{read}; {}", down(monitor).reason)
        }
        "killed-while-suspended" => {
            let (source, monitor) = monitored(&Job::Source {
                to: own,
                tell: own,
                pieces: 9,
                length: PIECE,
                then: "close".into(),
            });
            let mut stream = accept();
            text_from(source);
            process::kill(source).unwrap();
            let reason = down(monitor).reason;
            format!("{}; {reason}", read_all(&mut stream))
        }
        // Who may not monitor others may know why a stream's other end went.
        "monitor" => {
            let source = source(1, 10, "panic");
            let stream = accept();
            let monitor = stream.monitor().unwrap();
            let sink = worker(&Job::Hold);
            let writer = Stream::open(sink).unwrap();
            text_from(sink);
            let other = writer.monitor().unwrap();
            process::kill(sink).unwrap();
            let (source_down, sink_down) = (down(monitor), down(other));
            assert!(source_down.pid == source && sink_down.pid == sink);
            sink_down.reason.to_string()
        }
        "reader-dropped" => {
            let reader = worker(&Job::Abandon);
            let writer = Stream::open(reader).unwrap();
            write_until_broken(writer, reader)
        }
        // The writer is suspended then.
        "reader-killed" => {
            let reader = worker(&Job::Hold);
            let source = worker(&Job::Source {
                to: reader,
                tell: own,
                pieces: 9,
                length: PIECE,
                then: "close".into(),
            });
            let first = text_from(source);
            until(|| process::info(reader).unwrap().is_some_and(|info| info.mailbox == 0));
            process::kill(reader).unwrap();
            format!("{first}; {}", text_from(source))
        }
        // A source that finds nobody says so to whom it writes; here that is this process.
        "reader-drops-source" => {
            let source = source(9, PIECE, "close");
            let stream = accept();
            text_from(source);
            drop(stream);
            text_from(source)
        }
        "to-the-dead" => {
            let (pid, monitor) = monitored(&Job::Nothing);
            down(monitor);
            let mut writer = Stream::open(pid).unwrap();
            let error = writer.write_all(b"x").unwrap_err();
            let io = std::io::Error::from(error).kind();
            format!("{error}; {io:?}; {:?}", writer.write(b""))
        }
        // It ends before it takes the stream out of its mailbox.
        "to-the-dying" => {
            let (pid, monitor) = monitored(&Job::Deaf { until: "never".to_owned(), count: 0, tell: own });
            let mut writer = Stream::open(pid).unwrap();
            writer.write_all(b"x").unwrap();
            process::kill(pid).unwrap();
            down(monitor);
            writer.write(b"x").unwrap_err().to_string()
        }
        "to-a-supervisor" => {
            let supervisor = Supervisor::new(Strategy::OneForOne).start().unwrap();
            let mut writer = Stream::open(supervisor.pid()).unwrap();
            until(|| writer.write(b"").is_err());
            writer.write_all(b"x").unwrap_err().to_string()
        }
        "own-mailbox-full" => {
            while send(own, "").is_ok() {}
            let mut writer = Stream::open(own).unwrap();
            writer.write_all(b"x").unwrap_err().to_string()
        }
        // To open a stream waits for room as to send does.
        "mailbox-full" => {
            let gate = format!("gate of {own}");
            let deaf = worker(&Job::Deaf { until: gate.clone(), count: 4096, tell: own });
            for n in 0..4096_u32 {
                rusm_rs::send_bytes(deaf, &n.to_le_bytes()).unwrap();
            }
            process::register(&gate).unwrap();
            let mut writer = Stream::open(deaf).unwrap();
            let _ = writer.write_all(b"x");
            text_from(deaf)
        }
        "too-many" => {
            let mut writers: Vec<StreamWriter> = std::iter::from_fn(|| Stream::open(own).ok()).collect();
            let count = writers.len();
            let error = Stream::open(own).unwrap_err();
            // What counts is what may still be read.
            writers.clear();
            let still = Stream::open(own).is_err();
            drop(accept());
            format!("{count}: {error}; {still} {}", Stream::open(own).is_ok())
        }
        "unclosed" => {
            let sink = worker(&Job::Sink);
            let mut writer = Stream::open(sink).unwrap();
            writer.write_all(b"all, but not said so").unwrap();
            drop(writer);
            text_from(sink)
        }
        case => panic!("no such case: {case}"),
    }
}

fn accept() -> IncomingStream {
    Stream::accept_timeout(PATIENCE).expect("a stream comes")
}

fn source(pieces: u32, length: usize, then: &str) -> Pid {
    worker(&Job::Source { to: Pid::own(), tell: Pid::own(), pieces, length, then: then.to_owned() })
}

fn ends(pieces: u32, then: &str) -> String {
    source(pieces, 10, then);
    read_all(&mut accept())
}

/// How much there is to read, and how it ends, twice.
fn read_all(stream: &mut IncomingStream) -> String {
    let mut count = 0;
    let error = loop {
        match stream.next_bytes() {
            Ok(Some(bytes)) => count += bytes.len(),
            Ok(None) => return format!("{count}, the end"),
            Err(error) => break error,
        }
    };
    assert_eq!(stream.next_bytes(), Err(error));
    format!("{count}, {error}")
}

fn write_until_broken(mut writer: StreamWriter, reader: Pid) -> String {
    let error = loop {
        if let Err(error) = writer.write_all(&[0; 1000]) {
            break error;
        }
    };
    text_from(reader);
    error.to_string()
}
