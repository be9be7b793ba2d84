//! `rusm:runtime/log`.

use super::bindings::rusm::runtime::log::{self, Level};
use super::{HostState, stdio};

/// A line past this is cut.
const MAX_LINE: usize = 16 << 10;

impl log::Host for HostState {
    fn enabled(&mut self, level: Level) -> bool {
        self.component.profile.stdio
            && match level {
                Level::Error => tracing::enabled!(target: "guest", tracing::Level::ERROR),
                Level::Warn => tracing::enabled!(target: "guest", tracing::Level::WARN),
                Level::Info => tracing::enabled!(target: "guest", tracing::Level::INFO),
                Level::Debug => tracing::enabled!(target: "guest", tracing::Level::DEBUG),
            }
    }

    fn write(&mut self, level: Level, target: String, mut text: String) {
        if !self.enabled(level) {
            return;
        }
        text.truncate(text.floor_char_boundary(MAX_LINE));
        let (component, pid) = (&**self.component.name(), self.pid());
        macro_rules! line {
            ($level:ident) => {
                tracing::event!(
                    target: "guest",
                    tracing::Level::$level,
                    component,
                    %pid,
                    module = %crate::failure::OneLine(&target),
                    "{}",
                    crate::failure::OneLine(&text)
                )
            };
        }
        match level {
            Level::Error => line!(ERROR),
            Level::Warn => line!(WARN),
            Level::Info => line!(INFO),
            Level::Debug => line!(DEBUG),
        }
    }

    fn print(&mut self, line: String) {
        if self.component.profile.stdio {
            stdio::print(&self.component.in_sources(line));
        }
    }
}
