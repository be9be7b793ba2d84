//! Frames: what the two ends of a control socket say to each other after the greeting.
//!
//! A frame is its kind (one byte), the length of its content (four bytes, the highest first) and its content.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;

/// No frame has more content: an end holds that much of the other's words at most.
pub(super) const MAX: usize = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Client to node, once, first: what to do, in JSON.
    Operation = 0,
    /// A piece of the operation's input or output.
    Data = 1,
    /// Client to node: the input is complete.
    End = 2,
    /// Node to client: the operation is done, and its output is complete.
    Done = 3,
    /// Node to client: it is not, and why, in JSON.
    Failed = 4,
}

impl Kind {
    fn of(byte: u8) -> Option<Kind> {
        [Kind::Operation, Kind::Data, Kind::End, Kind::Done, Kind::Failed]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

pub(super) fn write(mut to: impl Write, kind: Kind, content: &[u8]) -> io::Result<()> {
    let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= MAX);
    let length = length.ok_or_else(|| io::Error::other("a frame is too long"))?;
    let mut frame = Vec::with_capacity(5 + content.len());
    frame.push(kind as u8);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(content);
    to.write_all(&frame)
}

/// The next frame, whose content it leaves in `content`. None when the other end left between two frames.
pub(super) fn read(mut from: impl Read, content: &mut Vec<u8>) -> io::Result<Option<Kind>> {
    let mut kind = [0];
    if from.read(&mut kind)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    let kind = Kind::of(kind[0]).filter(|_| length <= MAX).ok_or(io::ErrorKind::InvalidData)?;
    content.resize(length, 0);
    from.read_exact(content)?;
    Ok(Some(kind))
}

/// A frame of one kind with JSON in it.
pub(super) fn read_json<T: DeserializeOwned>(from: impl Read, wanted: Kind) -> io::Result<T> {
    let mut content = Vec::new();
    match read(from, &mut content)? {
        Some(kind) if kind == wanted => Ok(serde_json::from_slice(&content)?),
        Some(_) => Err(io::ErrorKind::InvalidData.into()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// The bytes of [`Kind::Data`] frames up to [`Kind::End`]. An end of the connection before that is an error: what came
/// is not all.
pub(super) struct Source<R> {
    from: R,
    content: Vec<u8>,
    read: usize,
    over: bool,
}

impl<R> Source<R> {
    pub(super) fn new(from: R) -> Self {
        Source { from, content: Vec::new(), read: 0, over: false }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = io::BufRead::fill_buf(self)?;
        let read = available.len().min(into.len());
        into[..read].copy_from_slice(&available[..read]);
        io::BufRead::consume(self, read);
        Ok(read)
    }
}

impl<R: Read> io::BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.read == self.content.len() && !self.over {
            self.read = 0;
            match read(&mut self.from, &mut self.content)? {
                Some(Kind::Data) => {}
                Some(Kind::End) => {
                    self.content.clear();
                    self.over = true;
                }
                Some(_) => return Err(io::ErrorKind::InvalidData.into()),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(&self.content[self.read..])
    }

    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

/// Writes bytes as [`Kind::Data`] frames.
pub(super) struct Sink<W>(pub(super) W);

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = bytes.len().min(MAX);
        write(&mut self.0, Kind::Data, &bytes[..written])?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(pieces: &[&[u8]], end: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        for piece in pieces {
            Sink(&mut bytes).write_all(piece).unwrap();
        }
        if end {
            write(&mut bytes, Kind::End, &[]).unwrap();
        }
        bytes
    }

    #[test]
    fn a_stream_comes_through_in_pieces() {
        let long = vec![7; 3 * MAX + 1];
        let mut read = Vec::new();
        Source::new(&framed(&[b"ab", &long, b"c"], true)[..]).read_to_end(&mut read).unwrap();
        assert_eq!(read, [b"ab", &long[..], b"c"].concat());
    }

    #[test]
    fn a_stream_that_was_cut_off_is_not_taken_for_a_whole_one() {
        let all = framed(&[b"abc"], true);
        for length in 0..all.len() {
            let cut = Source::new(&all[..length]).read_to_end(&mut Vec::new());
            assert_eq!(cut.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{length}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let long = [&[Kind::Data as u8][..], &(MAX as u32 + 1).to_be_bytes()].concat();
        for bytes in [&b"\x09\0\0\0\0"[..], &long] {
            let error = read(bytes, &mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
