//! The reader, fed whole, split and cut responses.

use super::*;

#[derive(Default, PartialEq, Eq, Debug)]
struct Collected {
    heads: usize,
    body: Vec<u8>,
}

impl Sink for Collected {
    fn head(&mut self, _: &httparse::Response<'_, '_>) {
        self.heads += 1;
    }
    fn body(&mut self, part: &[u8]) {
        self.body.extend_from_slice(part);
    }
}

/// Feeds `pieces` one after the other as a socket would, keeping what is not consumed, then closes.
fn read_pieces(pieces: &[&[u8]], bodiless: bool) -> Result<(Completed, String), ResponseError> {
    let mut reader = ResponseReader::new(bodiless);
    let mut sink = Collected::default();
    let mut pending = Vec::new();
    let mut completed = None;
    for piece in pieces {
        if completed.is_some() && !piece.is_empty() {
            return Err(ResponseError::Excess);
        }
        pending.extend_from_slice(piece);
        let progress = reader.read(&pending, &mut sink)?;
        pending.drain(..progress.consumed);
        completed = completed.or(progress.completed);
    }
    let completed = match completed {
        Some(completed) => completed,
        None => reader.end()?,
    };
    assert_eq!(sink.heads, 1, "one final head");
    Ok((completed, String::from_utf8(sink.body).expect("tests send text")))
}

fn read(response: &str) -> Result<(Completed, String), ResponseError> {
    read_pieces(&[response.as_bytes()], false)
}

const ALIVE: Completed = Completed { status: 200, keep_alive: true };
const CLOSING: Completed = Completed { status: 200, keep_alive: false };

const SIZED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\ndate: x\r\n\r\nhello, bob\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    6;note=1\r\nhello,\r\n5\r\n bob\n\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n";
const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n\
    HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello, bob\n";

#[test]
fn every_split_in_two_gives_the_same_response() {
    for response in [SIZED, CHUNKED, INTERIM] {
        for at in 0..=response.len() {
            let (left, right) = response.as_bytes().split_at(at);
            let result = read_pieces(&[left, right], false);
            assert_eq!(result, Ok((ALIVE, "hello, bob\n".to_owned())), "{response:?} split at {at}");
        }
    }
}

#[test]
fn byte_by_byte_gives_the_same_response() {
    for response in [SIZED, CHUNKED, INTERIM] {
        let bytes: Vec<&[u8]> = response.as_bytes().chunks(1).collect();
        assert_eq!(read_pieces(&bytes, false), Ok((ALIVE, "hello, bob\n".to_owned())), "{response:?}");
    }
}

#[test]
fn every_early_close_is_an_error() {
    for response in [SIZED, CHUNKED] {
        let head = response.find("\r\n\r\n").expect("a head") + 4;
        for at in 0..response.len() {
            let expected = if at < head { ResponseError::ClosedInHead } else { ResponseError::ClosedInBody };
            assert_eq!(read(&response[..at]), Err(expected), "{response:?} cut at {at}");
        }
    }
}

#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    assert_eq!(read("HTTP/1.1 200 OK\r\n\r\nall of it"), Ok((CLOSING, "all of it".to_owned())));
    assert_eq!(read("HTTP/1.1 200 OK\r\n\r\n"), Ok((CLOSING, String::new())));
}

#[test]
fn an_empty_body_completes_with_the_head() {
    assert_eq!(read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), Ok((ALIVE, String::new())));
    assert_eq!(
        read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        Ok((ALIVE, String::new()))
    );
}

#[test]
fn answers_that_never_have_a_body() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n";
    assert_eq!(read_pieces(&[head], true), Ok((ALIVE, String::new())));
    let no_content = Completed { status: 204, keep_alive: true };
    assert_eq!(read("HTTP/1.1 204 No Content\r\n\r\n"), Ok((no_content, String::new())));
    let not_modified = Completed { status: 304, keep_alive: true };
    assert_eq!(
        read("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
        Ok((not_modified, String::new()))
    );
}

#[test]
fn persistence_follows_version_and_connection() {
    for (head, keep_alive) in [
        ("HTTP/1.1 200 OK", true),
        ("HTTP/1.1 200 OK\r\nConnection: Close", false),
        ("HTTP/1.1 200 OK\r\nconnection: x, close", false),
        ("HTTP/1.0 200 OK", false),
        ("HTTP/1.0 200 OK\r\nconnection: keep-alive", true),
    ] {
        let (completed, _) = read(&format!("{head}\r\ncontent-length: 2\r\n\r\nok")).expect(head);
        assert_eq!(completed.keep_alive, keep_alive, "{head}");
    }
}

#[test]
fn garbage_is_an_error() {
    use ResponseError::{Chunk, Coding, Excess, Length, TwoLengths, Upgrade};
    assert!(matches!(read("SSH-2.0-x\r\n"), Err(ResponseError::Head(_))));
    assert!(matches!(read("HTTP/1.1 2x0 OK\r\n\r\n"), Err(ResponseError::Head(_))));
    for (rest, error) in [
        ("content-length: 2x\r\n\r\nok", Length("2x".to_owned())),
        ("content-length: -2\r\n\r\nok", Length("-2".to_owned())),
        ("content-length: +2\r\n\r\nok", Length("+2".to_owned())),
        ("content-length:\r\n\r\nok", Length(String::new())),
        ("content-length: 99999999999999999999\r\n\r\n", Length("99999999999999999999".to_owned())),
        ("content-length: 2\r\ncontent-length: 3\r\n\r\nok", TwoLengths),
        ("content-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok", TwoLengths),
        ("transfer-encoding: gzip, chunked\r\n\r\n", Coding("gzip, chunked".to_owned())),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n", Chunk),
        ("transfer-encoding: chunked\r\n\r\n2\r\nokay\r\n", Chunk),
        ("transfer-encoding: chunked\r\n\r\n2\r\nok\n0\r\n\r\n", Chunk),
        ("transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", Chunk),
        ("content-length: 2\r\n\r\nok and more", Excess),
    ] {
        assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n{rest}")), Err(error), "{rest:?}");
    }
    assert_eq!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n"), Err(Upgrade(101)));
}

#[test]
fn a_repeated_equal_length_is_one_length() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(read(response), Ok((ALIVE, "ok".to_owned())));
}
