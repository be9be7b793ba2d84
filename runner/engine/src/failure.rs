//! Why JavaScript came to no end.

use rquickjs::Ctx;

use crate::vm::{self, Entry};

/// What the host is told.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The bundle threw, or rejected a promise that nobody looks at. The text is for the log.
    Thrown(String),
    /// It waits for something that cannot come any more.
    Stalled,
    /// The engine's own fault.
    Engine(String),
}

impl Failure {
    pub(crate) fn engine(error: impl ToString) -> Failure {
        Failure::Engine(error.to_string())
    }

    /// What came out of a call.
    pub(crate) fn of<'js>(ctx: &Ctx<'js>, entry: Option<&Entry<'js>>, error: rquickjs::Error) -> Failure {
        if !error.is_exception() {
            return Failure::engine(error);
        }
        let thrown = ctx.catch();
        // Without room for an error to throw, the engine throws null.
        if thrown.is_null() && core::arch::wasm32::memory_grow(0, 1) == usize::MAX {
            return Failure::Thrown("InternalError: out of memory".to_owned());
        }
        Failure::Thrown(match entry {
            Some(entry) => vm::shown(entry, thrown),
            // Before the platform is there to show it.
            None => match thrown.as_exception() {
                Some(exception) => exception.to_string(),
                None => format!("{thrown:?}"),
            },
        })
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> String {
        match failure {
            Failure::Thrown(text) => text,
            Failure::Stalled => {
                "it waits for a promise that nothing can settle any more: there is no timer, no mail awaited and \
                 nothing under way"
                    .to_owned()
            }
            Failure::Engine(text) => format!("the JavaScript engine failed: {text}"),
        }
    }
}
