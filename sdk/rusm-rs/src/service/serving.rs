//! The loop of a service: mail in, functions called, answers out, and between the two one item of one stream.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use super::answer::{Answer, Call};
use super::streams::Streams;
use super::{Error, LOG, error::code};
use crate::log::{self, Level};
use crate::process::{Mail, Message, Pid, SendError, receive, receive_timeout, send_bytes};
use crate::wire::frame::{self, Frame, NoFrame};

/// The call that is being served.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) caller: Pid,
    /// Whether its callbacks can be called.
    pub(crate) open: Rc<Cell<bool>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

pub(crate) fn current() -> Option<Current> {
    CURRENT.with_borrow(Clone::clone)
}

/// Runs something as part of a call, and closes the call's callbacks after it.
pub(super) fn in_call<T>(caller: Pid, callbacks: bool, run: impl FnOnce() -> T) -> T {
    let open = Rc::new(Cell::new(callbacks));
    CURRENT.set(Some(Current { caller, open: open.clone() }));
    let result = run();
    CURRENT.set(None);
    open.set(false);
    result
}

/// What the macro makes of a module.
pub struct Service<S> {
    /// Calls the function that a call names.
    pub dispatch: fn(&mut S, &Call<'_>) -> Result<Answer, Error>,
    /// Takes mail that is no call.
    pub handle_info: Option<fn(&mut S, Mail)>,
}

impl<S> std::fmt::Debug for Service<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

/// Serves until the process ends.
pub fn serve<S>(mut state: S, service: &Service<S>) -> Infallible {
    let mut streams = Streams::default();
    loop {
        let mail = if streams.are_ready() { receive_timeout(Duration::ZERO) } else { Some(receive()) };
        if let Some(mail) = mail {
            take(mail, &mut state, service, &mut streams);
        }
        streams.advance();
    }
}

fn take<S>(mail: Mail, state: &mut S, service: &Service<S>, streams: &mut Streams) {
    let message = match mail {
        Mail::Message(message) => message,
        Mail::Down(down) if streams.caller_ended(down.monitor) => return,
        other => return other_mail(other, state, service, "is no call"),
    };
    match Frame::parse(&message.body) {
        Ok(Frame::Call { function, arguments, reference, streaming }) => {
            let call = Call { caller: message.from, function, arguments, reference, streaming };
            answer(&call, state, service, streams);
        }
        Ok(Frame::Credit { reference, items }) => streams.credit(message.from, reference, items),
        Ok(Frame::Cancel { reference }) => streams.cancel(message.from, reference),
        // To a call that was given up long ago, or never made.
        Ok(Frame::Reply { .. } | Frame::Invocation { .. }) => {
            drop_mail(&message, Level::Debug, "answers nothing");
        }
        Err(NoFrame::Malformed(reason)) => drop_mail(&message, Level::Warn, &reason),
        Err(NoFrame::Other) => other_mail(Mail::Message(message), state, service, "is no call"),
    }
}

fn other_mail<S>(mail: Mail, state: &mut S, service: &Service<S>, why: &str) {
    match (service.handle_info, mail) {
        (Some(handle_info), mail) => handle_info(state, mail),
        (None, Mail::Message(message)) => drop_mail(&message, Level::Debug, why),
        (None, mail) => log::write(Level::Debug, LOG, format_args!("dropped, for it {why}: {mail:?}")),
    }
}

fn drop_mail(message: &Message, level: Level, why: &str) {
    let text = String::from_utf8_lossy(&message.body);
    let shown: String = text.chars().take(200).collect();
    log::write(level, LOG, format_args!("dropped a message from process {}: {why}: {shown}", message.from));
}

fn answer<S>(call: &Call<'_>, state: &mut S, service: &Service<S>, streams: &mut Streams) {
    let answer = in_call(call.caller, call.reference.is_some(), || (service.dispatch)(state, call));
    match (call.reference, answer) {
        (Some(reference), Ok(Answer::Reply(frame))) => reply(call.caller, reference, &frame),
        (Some(reference), Ok(Answer::Stream(items))) => streams.add(call.caller, reference, items),
        (Some(reference), Err(error)) => reply_error(call.caller, reference, &error),
        (None, Ok(_)) => {}
        (None, Err(error)) => {
            let text = format_args!("a cast of `{}` from process {}: {error}", call.function, call.caller);
            log::write(Level::Warn, LOG, text);
        }
    }
}

/// Sends an answer, or why it cannot be sent.
pub(super) fn reply(caller: Pid, reference: u64, frame: &[u8]) {
    if let Err(error) = send_bytes(caller, frame) {
        reply_error(caller, reference, &unsent(frame, error));
    }
}

/// The error in place of an answer that cannot be sent.
pub(super) fn unsent(frame: &[u8], error: SendError) -> Error {
    Error::new(code::BAD_ANSWER, format_args!("the answer has {} bytes: {error}", frame.len()))
}

pub(super) fn reply_error(caller: Pid, reference: u64, error: &Error) {
    let sent = frame::error(reference, error).map(|frame| send_bytes(caller, &frame));
    if !matches!(sent, Ok(Ok(()))) {
        let short = Error::new(code::BAD_ANSWER, "the error that this was answered with cannot be sent");
        let _ = frame::error(reference, &short).map(|frame| send_bytes(caller, &frame));
    }
}

/// Makes a module that says `#[rusm_rs::service(shared)]` the body of this component's processes.
///
/// It is the whole of the component's `src/lib.rs`; see [`service`](mod@crate::service#a-client-in-another-component).
///
/// ```
/// # #[rusm_rs::service(shared)]
/// # pub mod counter {
/// #     pub fn double(number: u32) -> u32 {
/// #         2 * number
/// #     }
/// # }
/// rusm_rs::export_service!(counter);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export_service {
    ($module:path) => {
        const _: () = {
            use $module as service;
            $crate::__export_body!("service", service::__run);
        };
    };
}
