//! A guest's standard output and error, line by line.
//!
//! Guests write as it suits them: Rust's `eprintln!` is a call for each piece of the line. What reaches the node's
//! own output is whole lines, each in one write, so that the lines of two guests never mix.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::AsyncWrite;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::HostState;
use crate::relink;

/// A line past this is written in pieces.
const MAX_LINE: usize = 8 << 10;

/// The most that is taken at once.
const WRITE: usize = 64 << 10;

/// Where lines go.
#[derive(Clone, Copy)]
pub(super) enum Output {
    Stdout,
    Stderr,
}

impl Output {
    fn write(self, lines: &[u8]) -> io::Result<()> {
        match self {
            Output::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(lines)?;
                stdout.flush()
            }
            Output::Stderr => io::stderr().lock().write_all(lines),
        }
    }
}

/// Writes whole lines of a guest's to the node's standard error.
pub(crate) fn print(text: &str) {
    let mut lines = Vec::with_capacity(text.len() + 1);
    lines.extend_from_slice(text.as_bytes());
    lines.push(b'\n');
    // There is nobody to tell.
    let _ = Output::Stderr.write(&lines);
}

/// What a guest prints by the import that [`relink`] gives it, standard output first. Made with the first of it.
#[derive(Default)]
pub(super) struct Printed(Option<Box<[Line; 2]>>);

impl Printed {
    fn write(&mut self, to: u8, bytes: &[u8]) -> io::Result<()> {
        let [stdout, stderr] =
            &mut **self.0.get_or_insert_with(|| Box::new([Output::Stdout, Output::Stderr].map(Line::new)));
        if to == relink::STDOUT { stdout } else { stderr }.push(bytes)
    }
}

/// The import of components that are linked anew.
pub(super) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let write = |mut store: StoreContextMut<'_, HostState>, (to, bytes): (u8, Vec<u8>)| {
        let state = store.data_mut();
        Ok((!state.component.profile.stdio || state.printed.write(to, &bytes).is_ok(),))
    };
    linker.instance(relink::INTERFACE)?.func_wrap(relink::WRITE, write)
}

/// One guest's stream. Its handles share what has been written of a line; the last of them to go writes what is
/// left.
#[derive(Clone)]
pub(super) struct Lines(Arc<Mutex<Line>>);

struct Line {
    to: Output,
    begun: Vec<u8>,
}

impl Lines {
    pub(super) fn to(to: Output) -> Lines {
        Lines(Arc::new(Mutex::new(Line::new(to))))
    }
}

impl Line {
    fn new(to: Output) -> Line {
        Line { to, begun: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.begun.extend_from_slice(bytes);
        let whole = match self.begun.iter().rposition(|&byte| byte == b'\n') {
            _ if self.begun.len() > MAX_LINE => self.begun.len(),
            Some(end) => end + 1,
            None => return Ok(()),
        };
        let written = self.to.write(&self.begun[..whole]);
        self.begun.drain(..whole);
        written
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.begun.is_empty() {
            self.begun.push(b'\n');
            // There is nobody left to tell.
            let _ = self.to.write(&self.begun);
        }
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Lines {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.0.lock().push(&bytes).map_err(|error| StreamError::LastOperationFailed(error.into()))
    }

    /// What is not a whole line yet is flushed by its end, as it would be by a terminal's reader.
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE)
    }
}

#[async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Lines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.lock().push(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
