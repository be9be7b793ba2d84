//! The bodies of replies that are made after their action has returned.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::Headers;
use crate::http_reply::Output;

/// Writes a body, once.
type Write = Box<dyn FnOnce(Beginning) -> Result<(), String>>;

/// A body that is yet to be written. Its clones are one: the first that is sent has it.
#[derive(Clone)]
pub(super) struct Streamed(Rc<RefCell<Option<Write>>>);

/// What the reply begins with.
pub(super) enum Beginning {
    /// Its head, which is on its way to the client then.
    Head(u16, Headers),
    /// Nothing: the body is wanted alone.
    None(Output),
}

impl Streamed {
    /// Only what `write` refers to is in a component: one without streamed replies does not import them.
    pub(super) fn new(write: impl FnOnce(Output) -> Result<(), String> + 'static) -> Streamed {
        let write = |beginning| {
            let output = match beginning {
                Beginning::Head(status, headers) => Output::start(status, headers)?,
                Beginning::None(output) => output,
            };
            write(output)
        };
        Streamed(Rc::new(RefCell::new(Some(Box::new(write)))))
    }

    pub(super) fn write(&self, beginning: Beginning) -> Result<(), String> {
        let write = self.0.take().ok_or("this streamed response was sent already, or a clone of it")?;
        write(beginning)
    }
}

impl PartialEq for Streamed {
    fn eq(&self, other: &Streamed) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Streamed {}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streamed")
    }
}
