use std::fmt;
use std::io::{self, Write};

use crate::http_reply::Output;

/// How many bytes are gathered before they go out. A call of the node takes half a microsecond, to gather 16 bytes 9 ns:
/// when 8 KiB of such pieces go out at once, the call is a tenth of what gathering them took, and more room would spare
/// no more than that tenth. A process holds it for as long as its reply lasts.
const GATHERED: usize = 8 << 10;

/// The body of a reply, written piece by piece; see [`Response::stream`](super::Response::stream).
///
/// Small writes are gathered, 8 KiB at most, and go out when that much is there, at [`flush`](Write::flush) and at the
/// end: so flush before you wait for something. A write waits while the client takes none.
///
/// ```
/// # use rusm_rs::http::Response;
/// use std::io::Write;
///
/// let response = Response::stream(|body| {
///     write!(body, "working ...")?;
///     body.flush()?; // The client sees that already.
///     let answer = 6 * 7;
///     writeln!(body, " {answer}")
/// });
/// assert_eq!(response.into_body().unwrap(), b"working ... 42\n");
/// ```
///
/// Once the client is gone, a write is an error of kind [`BrokenPipe`](io::ErrorKind::BrokenPipe). A closure that ends
/// with it ends well: there is nobody to be answered.
pub struct BodyWriter {
    output: Output,
    gathered: Vec<u8>,
}

impl BodyWriter {
    pub(crate) fn new(output: Output) -> BodyWriter {
        BodyWriter { output, gathered: Vec::new() }
    }

    /// Ends the body with what the closure came to.
    pub(crate) fn finish(mut self, result: io::Result<()>) -> io::Result<()> {
        let result = result.and_then(|()| self.flush());
        match result {
            Err(error) if self.output.is_gone() && error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.output.is_gone() {
            return Err(gone());
        }
        if self.gathered.len() + bytes.len() > GATHERED {
            self.flush()?;
        }
        if bytes.len() >= GATHERED {
            return self.output.write(bytes).ok_or_else(gone);
        }
        self.gathered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.output.write_all(&self.gathered);
        self.gathered.clear();
        if written { Ok(()) } else { Err(gone()) }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone")
}

impl fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWriter").field("gathered", &self.gathered.len()).finish_non_exhaustive()
    }
}
