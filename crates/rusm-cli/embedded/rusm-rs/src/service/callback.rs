use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::{late, serving};
use crate::process::{Pid, SendError, send_bytes};
use crate::wire::{self, frame};

/// A closure of the caller's, as an argument of a service's function. It can be called until the function returns.
///
/// The caller runs it between its own call and the answer to it, so it has seen every value by then. It answers
/// nothing, and the service does not wait for it.
///
/// ```no_run
/// #[rusm_rs::service]
/// pub mod importer {
///     use rusm_rs::service::Callback;
///
///     pub fn import(lines: Vec<String>, progress: Callback<usize>) -> usize {
///         for (done, _line) in lines.iter().enumerate() {
///             let _ = progress.call(&done);
///         }
///         lines.len()
///     }
/// }
///
/// # fn main() -> Result<(), rusm_rs::service::CallError> {
/// let importer = importer::Client::connect("importer")?;
/// let mut seen = 0;
/// let count = importer.import(vec!["a".to_owned()], |done| seen = done)?;
/// # Ok(()) }
/// ```
pub struct Callback<T: ?Sized> {
    caller: Pid,
    number: u64,
    open: Rc<Cell<bool>>,
    argument: PhantomData<fn(&T)>,
}

/// Why a callback was not called.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The call that it came with is answered, or was a cast, to which nobody listens.
    Over,
    /// The value cannot be sent. The text says why.
    Unsendable(String),
    /// The message cannot be sent: it is too long, say.
    Unsent(SendError),
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallbackError::Over => f.write_str("the call that this callback came with is over"),
            CallbackError::Unsendable(text) => f.write_str(text),
            CallbackError::Unsent(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CallbackError {}

impl<T: Serialize + ?Sized> Callback<T> {
    /// Has the caller run its closure with this value. Does not wait for it.
    ///
    /// # Errors
    ///
    /// See [`CallbackError`]. That the caller has ended is no error.
    pub fn call(&self, value: &T) -> Result<(), CallbackError> {
        if !self.open.get() {
            return Err(CallbackError::Over);
        }
        let frame = frame::invocation(self.number, value);
        let frame = frame.map_err(|error| CallbackError::Unsendable(error.to_string()))?;
        send_bytes(self.caller, &frame).map_err(CallbackError::Unsent)
    }

    /// Whether it can still be called.
    pub fn is_open(&self) -> bool {
        self.open.get()
    }
}

impl<T: ?Sized> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// The name by which the wire knows a callback.
const NAME: &str = "$rusm::Callback";

impl<'de, T: ?Sized> Deserialize<'de> for Callback<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "$rusm::Callback", deny_unknown_fields)]
        struct Tagged {
            #[serde(rename = "$cb")]
            number: u64,
        }
        let Tagged { number } = Tagged::deserialize(deserializer)?;
        let call = serving::current().ok_or_else(|| {
            de::Error::custom("a callback is an argument of a service's function, and nothing else")
        })?;
        Ok(Callback { caller: call.caller, number, open: call.open, argument: PhantomData })
    }
}

/// A closure for the time of a call, at the caller's. Made by clients.
pub struct Listener<'a> {
    pub(super) number: u64,
    pub(super) run: Box<Run<'a>>,
}

/// Takes the arguments of an invocation.
type Run<'a> = dyn FnMut(&RawValue) -> Result<(), wire::Error> + 'a;

impl fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.number).finish()
    }
}

impl<'a> Listener<'a> {
    /// Calls the closure with what the service sends.
    pub fn new<T: DeserializeOwned>(mut closure: impl FnMut(T) + 'a) -> Self {
        let run = move |arguments: &RawValue| {
            let (value,): (T,) = wire::read(arguments)?;
            closure(value);
            Ok(())
        };
        Listener { number: late::reference(), run: Box::new(run) }
    }

    /// What stands for it among the arguments.
    pub fn argument(&self) -> impl Serialize + use<> {
        Tag(self.number)
    }
}

struct Tag(u64);

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tagged = serializer.serialize_struct(NAME, 1)?;
        tagged.serialize_field("$cb", &self.0)?;
        tagged.end()
    }
}
