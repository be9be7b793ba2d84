//! What a child prints: kept for the message when it fails, and searched for the port that it announces.

use std::{
    fmt,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

/// How much of the end of a child's output is kept, to be shown when it fails.
const KEPT_OUTPUT: usize = 16 * 1024;

/// What a server prints before its port, on either stream.
pub(super) const ANNOUNCEMENT: &str = "http://127.0.0.1:";

/// The end of what a child printed, both streams as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let excess = kept.len().saturating_sub(KEPT_OUTPUT);
        kept.drain(..excess);
    }
}

/// Indented below a message, or nothing.
impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&kept);
        if text.trim().is_empty() {
            return f.write_str("; it printed nothing");
        }
        f.write_str("; it printed:")?;
        text.trim_end().lines().try_for_each(|line| write!(f, "\n  | {line}"))
    }
}

/// Reads a child's stream to its end: keeps the output, and announces the first port found in it.
pub(super) fn watch(mut stream: impl Read, output: &Output, announce: &mpsc::UnboundedSender<u16>) {
    let mut chunk = [0; 4096];
    let mut text = Vec::new();
    let mut found = false;
    loop {
        let count = match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        output.add(&chunk[..count]);
        if !found {
            text.extend_from_slice(&chunk[..count]);
            if let Some(port) = announced_port(&text) {
                found = true;
                let _ = announce.send(port);
            }
            // An announcement lies within one line, so earlier lines need no second look.
            let line = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            text.drain(..line);
        }
    }
}

/// The port after the first announcement. The byte after the digits has to be there too, since digits may
/// still be missing before it is.
fn announced_port(text: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(text);
    text.match_indices(ANNOUNCEMENT).find_map(|(at, announcement)| {
        let rest = &text[at + announcement.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[..end].parse().ok().filter(|&port| port != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        assert_eq!(announced_port(b"INFO listening on http://127.0.0.1:8080/\n"), Some(8080));
        assert_eq!(announced_port(b"http://127.0.0.1:80"), None, "more digits may come");
        assert_eq!(announced_port(b"http://127.0.0.1:99999 http://127.0.0.1:81\n"), Some(81));
        assert_eq!(announced_port(b"http://localhost:80\n\xff"), None);
    }

    #[test]
    fn only_the_end_of_the_output_is_kept() {
        let output = Output::default();
        output.add(&vec![b'x'; KEPT_OUTPUT]);
        output.add(b"\nlast words\n");
        assert!(output.to_string().ends_with("x\n  | last words"));
        assert!(output.0.lock().unwrap_or_else(PoisonError::into_inner).len() == KEPT_OUTPUT);
    }
}
