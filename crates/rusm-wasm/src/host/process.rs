//! `rusm:runtime/process`.

use super::HostState;
use super::bindings::rusm::runtime::{process, types};

/// A panic's text past this is cut: it goes into a log line.
const MAX_CRASH_TEXT: usize = 4096;

impl process::Host for HostState {
    fn own_pid(&mut self) -> types::Pid {
        self.pid.as_u64()
    }

    fn crash(&mut self, mut text: String) {
        text.truncate(text.floor_char_boundary(MAX_CRASH_TEXT));
        self.crash = Some(text);
    }
}

impl types::Host for HostState {}
