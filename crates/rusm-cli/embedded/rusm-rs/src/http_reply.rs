//! Replies that are made piece by piece.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::client::http_reply as host;
use crate::http::Headers;

/// Where a reply's bytes go.
#[derive(Debug)]
pub(crate) struct Output {
    to: To,
    gone: Cell<bool>,
}

#[derive(Debug)]
enum To {
    /// To the client.
    Client,
    /// Into memory, for tests: so many writes, and then the client is gone.
    Memory { bytes: Rc<RefCell<Vec<u8>>>, writes: Cell<usize> },
}

impl Output {
    /// Begins the reply.
    ///
    /// # Errors
    ///
    /// As the text of a failed action.
    pub(crate) fn start(status: u16, headers: Headers) -> Result<Output, String> {
        host::start(status, &headers.into_wire()).map_err(|error| match error {
            host::StartError::Started => "this process has begun its reply already".to_owned(),
            host::StartError::NoRequest => {
                "a reply that is streamed answers an HTTP request, and this process was made for none"
                    .to_owned()
            }
            host::StartError::Invalid(text) => text,
        })?;
        Ok(Output { to: To::Client, gone: Cell::new(false) })
    }

    pub(crate) fn memory(writes: usize) -> (Output, Rc<RefCell<Vec<u8>>>) {
        let bytes = Rc::<RefCell<Vec<u8>>>::default();
        let to = To::Memory { bytes: bytes.clone(), writes: Cell::new(writes) };
        (Output { to, gone: Cell::new(false) }, bytes)
    }

    /// Whether the client was gone at a write.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.get()
    }

    /// Takes what is written from now on as if the client were gone.
    pub(crate) fn end(&self) {
        self.gone.set(true);
    }

    /// Writes all of these bytes. False once the client is gone.
    pub(crate) fn write_all(&self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Some(written) => bytes = &bytes[written..],
                None => return false,
            }
        }
        !self.is_gone()
    }

    /// Writes bytes from the front of these and tells how many; none once the client is gone.
    pub(crate) fn write(&self, bytes: &[u8]) -> Option<usize> {
        if self.is_gone() {
            return None;
        }
        let written = match &self.to {
            To::Client => match host::write(bytes) {
                Ok(written) => Some(usize::try_from(written).unwrap_or(bytes.len())),
                Err(host::WriteError::Gone) => None,
                Err(host::WriteError::NotStarted) => unreachable!("an output is made by starting the reply"),
            },
            To::Memory { writes, .. } if writes.get() == 0 => None,
            To::Memory { bytes: memory, writes } => {
                writes.set(writes.get() - 1);
                memory.borrow_mut().extend_from_slice(bytes);
                Some(bytes.len())
            }
        };
        self.gone.set(written.is_none());
        written
    }
}
