//! A call as the macro's dispatch sees it: its arguments one by one, and what becomes of the function's output.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Error, error::code};
use crate::process::Pid;
use crate::wire::{self, frame};

/// A call, or without a reference a cast.
#[derive(Debug)]
pub struct Call<'a> {
    pub(super) caller: Pid,
    pub(super) function: Cow<'a, str>,
    pub(super) arguments: &'a RawValue,
    pub(super) reference: Option<u64>,
    pub(super) streaming: bool,
}

/// What goes back.
pub enum Answer {
    /// A frame; none to a cast.
    Reply(Vec<u8>),
    /// Frames, made as they are wanted.
    Stream(StreamFrames),
}

/// The frames of a stream's items; the first error ends it.
pub(super) type StreamFrames = Box<dyn Iterator<Item = Result<Vec<u8>, Error>>>;

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Answer::Reply(_) => "Reply",
            Answer::Stream(_) => "Stream",
        })
    }
}

impl Call<'_> {
    /// The function that it names.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The error of a call of a function that is not there.
    pub fn no_such_function(&self, functions: &[&str]) -> Error {
        let text = format!("no function `{}`; there is {}", self.function, functions.join(", "));
        Error::new(code::NO_SUCH_FUNCTION, text)
    }

    /// The arguments, for a function that gives one value.
    pub fn arguments(&self) -> Result<Arguments<'_>, Error> {
        if self.streaming {
            let text = format!("`{}` gives one value: call it without `stream`", self.function);
            return Err(Error::new(code::WRONG_KIND, text));
        }
        Ok(self.read_arguments())
    }

    /// The arguments, for a function that gives a stream.
    pub fn stream_arguments(&self) -> Result<Arguments<'_>, Error> {
        if !self.streaming || self.reference.is_none() {
            let text = format!("`{}` gives a stream: call it with `stream`", self.function);
            return Err(Error::new(code::WRONG_KIND, text));
        }
        Ok(self.read_arguments())
    }

    fn read_arguments(&self) -> Arguments<'_> {
        // A `RawValue` that begins with a bracket is a whole array.
        Arguments { rest: self.arguments.get()[1..].trim_start(), taken: 0 }
    }

    /// The answer of a function that gives a value.
    pub fn value<T: Serialize>(&self, value: T) -> Result<Answer, Error> {
        self.reply(&value)
    }

    /// The answer of a function that may fail.
    pub fn result<T: Serialize, E: Display + 'static>(&self, result: Result<T, E>) -> Result<Answer, Error> {
        self.reply(&result.map_err(|error| Error::of(&error))?)
    }

    fn reply<T: Serialize>(&self, value: &T) -> Result<Answer, Error> {
        let frame = self.reference.map(|reference| frame::value(reference, value)).transpose();
        frame.map(|frame| Answer::Reply(frame.unwrap_or_default())).map_err(|error| unsendable(&error))
    }

    /// The answer of a function that gives items.
    pub fn stream<T, I>(&self, items: I) -> Result<Answer, Error>
    where
        T: Serialize + 'static,
        I: Iterator<Item = T> + 'static,
    {
        self.stream_results(items.map(Ok::<T, Error>))
    }

    /// The answer of a function that gives items until one fails.
    pub fn stream_results<T, E, I>(&self, items: I) -> Result<Answer, Error>
    where
        T: Serialize,
        E: Display + 'static,
        I: Iterator<Item = Result<T, E>> + 'static,
    {
        // `stream_arguments` lets no cast this far.
        let reference = self.reference.unwrap_or_default();
        let frames = items.map(move |item| match item {
            Ok(item) => frame::item(reference, &item).map_err(|error| unsendable(&error)),
            Err(error) => Err(Error::of(&error)),
        });
        Ok(Answer::Stream(Box::new(frames)))
    }
}

/// The stream of a function that may fail to begin one.
pub fn begun<I, E: Display + 'static>(stream: Result<I, E>) -> Result<I, Error> {
    stream.map_err(|error| Error::of(&error))
}

fn unsendable(error: &wire::Error) -> Error {
    Error::new(code::BAD_ANSWER, format_args!("the answer cannot be sent: {}", error.reason()))
}

/// The arguments that are still to be taken.
#[derive(Debug)]
pub struct Arguments<'a> {
    /// From the next argument, or the closing bracket, on.
    rest: &'a str,
    taken: usize,
}

impl Arguments<'_> {
    /// The next argument. `name` is what the function calls it.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        self.taken += 1;
        if self.rest == "]" {
            return Err(self.bad(name, "it is missing"));
        }
        let (value, length) =
            wire::read_first(self.rest.as_bytes()).map_err(|error| self.bad(name, error.reason()))?;
        let rest = self.rest[length..].trim_start();
        self.rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        Ok(value)
    }

    /// That there are no more.
    pub fn end(&self) -> Result<(), Error> {
        if self.rest == "]" {
            return Ok(());
        }
        let text = format!("argument {} is too many: there are {} to give", self.taken + 1, self.taken);
        Err(Error::new(code::BAD_ARGUMENTS, text))
    }

    fn bad(&self, name: &str, why: impl Display) -> Error {
        Error::new(code::BAD_ARGUMENTS, format_args!("argument {} (`{name}`): {why}", self.taken))
    }
}
