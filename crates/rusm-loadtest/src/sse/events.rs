//! Reads server-sent events from whatever pieces the stream comes in (HTML Standard, 9.2.6). No I/O.

use std::mem;

/// The most bytes that a line, or the data of one event, may have.
const LONGEST: usize = 1 << 20;

/// A line or an event that is too long to be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TooLong;

/// Finds events.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    /// The start of a line whose end has not come.
    line: Vec<u8>,
    /// Data of the event under way; `None` before its first line of data.
    data: Option<Vec<u8>>,
    /// Space for the next event's data.
    spare: Vec<u8>,
    /// Whether the last byte was a CR: an LF right after it ends no other line.
    after_cr: bool,
    /// Whether the first line, which may have a byte order mark, is over.
    begun: bool,
}

impl EventParser {
    /// Reads on, and hands the data of each event that is whole to `event`.
    pub(crate) fn feed(&mut self, mut input: &[u8], mut event: impl FnMut(&[u8])) -> Result<(), TooLong> {
        while let Some(&first) = input.first() {
            if mem::take(&mut self.after_cr) && first == b'\n' {
                input = &input[1..];
                continue;
            }
            let Some(end) = input.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(input);
                break;
            };
            self.after_cr = input[end] == b'\r';
            if self.line.is_empty() {
                self.line(&input[..end], &mut event);
            } else {
                let mut line = mem::take(&mut self.line);
                line.extend_from_slice(&input[..end]);
                self.line(&line, &mut event);
                line.clear();
                self.line = line;
            }
            input = &input[end + 1..];
        }
        let data = self.data.as_ref().map_or(0, Vec::len);
        if self.line.len().max(data) > LONGEST { Err(TooLong) } else { Ok(()) }
    }

    fn line(&mut self, mut line: &[u8], event: &mut impl FnMut(&[u8])) {
        if !mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            if let Some(mut data) = self.data.take() {
                event(&data);
                data.clear();
                self.spare = data;
            }
            return;
        }
        // Other fields do not matter here, and a line that begins with a colon is a comment.
        let Some(value) = line.strip_prefix(b"data") else {
            return;
        };
        let value = match value {
            [b':', b' ', value @ ..] | [b':', value @ ..] => value,
            [] => value,
            _ => return,
        };
        if let Some(data) = &mut self.data {
            data.push(b'\n');
            data.extend_from_slice(value);
        } else {
            let mut data = mem::take(&mut self.spare);
            data.extend_from_slice(value);
            self.data = Some(data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for piece in pieces {
            let event = |data: &[u8]| events.push(String::from_utf8(data.to_vec()).expect("UTF-8"));
            parser.feed(piece, event).expect("short enough");
        }
        events
    }

    /// Every way to cut a stream in two, and single bytes, give what the whole gives.
    fn whole_and_in_pieces(stream: &str, expected: &[&str]) {
        let stream = stream.as_bytes();
        assert_eq!(events(&[stream]), expected);
        for cut in 0..stream.len() {
            assert_eq!(events(&[&stream[..cut], &stream[cut..]]), expected, "cut at {cut}");
        }
        assert_eq!(events(&stream.chunks(1).collect::<Vec<_>>()), expected);
    }

    #[test]
    fn all_three_line_ends() {
        whole_and_in_pieces("data: 1\n\ndata: 2\n\n", &["1", "2"]);
        whole_and_in_pieces("data: 1\r\n\r\ndata: 2\r\n\r\n", &["1", "2"]);
        whole_and_in_pieces("data: 1\r\rdata: 2\r\r", &["1", "2"]);
    }

    #[test]
    fn the_examples_of_the_standard() {
        whole_and_in_pieces("data: YHOO\ndata: +2\ndata: 10\n\n", &["YHOO\n+2\n10"]);
        whole_and_in_pieces(
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &["first event", "second event", " third event"],
        );
        // The last one is not whole.
        whole_and_in_pieces("data\n\ndata\ndata\n\ndata:", &["", "\n"]);
        whole_and_in_pieces("data:test\n\ndata: test\n\n", &["test", "test"]);
    }

    #[test]
    fn what_is_no_event() {
        whole_and_in_pieces("\u{feff}data: a\n\n", &["a"]);
        whole_and_in_pieces("event: x\n\ndatum: 1\n\n:data: 2\n\n\n\n", &[]);
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_given_up() {
        let endless = |piece: &[u8]| {
            let mut parser = EventParser::default();
            (0..2 * LONGEST / piece.len()).any(|_| parser.feed(piece, |_| {}).is_err())
        };
        assert!(endless(&[b'x'; 4096]));
        assert!(endless(b"data: and so on and so on\n"));
    }
}
