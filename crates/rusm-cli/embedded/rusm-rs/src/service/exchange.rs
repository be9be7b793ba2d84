//! One call: from its frame to its answer, with callbacks between the two.

use std::time::Instant;

use serde::de::DeserializeOwned;

use super::callback::Listener;
use super::connection::{bad_answer, send};
use super::{CallError, late};
use crate::log::{self, Level};
use crate::process::mail::{Search, next};
use crate::process::{self, ExitReason, Mail, Monitor, Pid};
use crate::wire;
use crate::wire::frame::{Frame, Reply};

pub(super) struct Exchange<'e, 'l> {
    pub(super) callee: Pid,
    pub(super) function: &'e str,
    pub(super) reference: u64,
    pub(super) deadline: Option<Instant>,
    pub(super) listeners: &'e mut [Listener<'l>],
}

/// What ends the wait for a while or for good.
enum Arrived<T> {
    Answer(Result<T, CallError>),
    /// The callee calls one of the listeners.
    Invocation(usize),
    Down(ExitReason),
}

impl Exchange<'_, '_> {
    /// Sends the call and waits for its answer.
    pub(super) fn run<T: DeserializeOwned>(&mut self, frame: &[u8]) -> Result<T, CallError> {
        if self.callee == Pid::own() {
            return Err(CallError::CallsItself(self.callee));
        }
        // Before the call is sent, so that no death goes unseen.
        let monitor = process::await_answer(self.callee).map_err(CallError::Denied)?;
        if let Err(error) = send(self.callee, frame) {
            process::answered(self.callee, monitor);
            return Err(error);
        }
        // What is set aside came before the call, and a callback's own calls may set this call's answer aside.
        let mut search = Search::New;
        let answer = loop {
            let mut arrived = None;
            let mail = next(search, self.deadline, &mut |mail| {
                arrived = self.recognise(mail, monitor);
                arrived.is_some()
            });
            match (arrived, mail) {
                (Some(Arrived::Answer(answer)), _) => break answer,
                (Some(Arrived::Down(reason)), _) => return Err(self.over(CallError::Down(reason))),
                (Some(Arrived::Invocation(index)), Some(Mail::Message(message))) => {
                    search = Search::All;
                    self.invoke(index, &message.body);
                }
                _ => {
                    process::answered(self.callee, monitor);
                    late::give_up(self.callee, [self.reference]);
                    return Err(self.over(CallError::Timeout));
                }
            }
        };
        process::answered(self.callee, monitor);
        self.forget_listeners();
        answer
    }

    fn over(&self, error: CallError) -> CallError {
        self.forget_listeners();
        error
    }

    /// A callee may go on to call them.
    fn forget_listeners(&self) {
        if !self.listeners.is_empty() {
            late::give_up(self.callee, self.listeners.iter().map(|listener| listener.number));
        }
    }

    fn recognise<T: DeserializeOwned>(&self, mail: &Mail, monitor: Monitor) -> Option<Arrived<T>> {
        match mail {
            Mail::Down(down) if down.monitor == monitor => Some(Arrived::Down(down.reason.clone())),
            Mail::Message(message) if message.from == self.callee => {
                match Frame::parse(&message.body).ok()? {
                    Frame::Reply { reference, reply } if reference == self.reference => {
                        Some(Arrived::Answer(self.answer(&reply)))
                    }
                    Frame::Invocation { callback, .. } => {
                        let index = self.listeners.iter().position(|listener| listener.number == callback)?;
                        Some(Arrived::Invocation(index))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn answer<T: DeserializeOwned>(&self, reply: &Reply<'_>) -> Result<T, CallError> {
        match reply {
            Reply::Value(value) => wire::read(value).map_err(|error| bad_answer(self.function, &error)),
            Reply::Error(error) => Err(error.clone().into()),
            Reply::Item(_) | Reply::End => {
                Err(CallError::BadAnswer(format!("`{}` answers with a stream", self.function)))
            }
        }
    }

    /// The callee's mistake is not the caller's failure.
    fn invoke(&mut self, index: usize, body: &[u8]) {
        let Ok(Frame::Invocation { arguments, .. }) = Frame::parse(body) else { return };
        if let Err(error) = (self.listeners[index].run)(arguments) {
            let text =
                format_args!("a callback of `{}` got something else than it takes: {error}", self.function);
            log::write(Level::Warn, super::LOG, text);
        }
    }
}
