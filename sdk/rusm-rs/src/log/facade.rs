//! The `log` facade.

use log::{LevelFilter, Log, Metadata, Record};

use super::{Level, least, write};

struct Facade;

pub(super) fn init() {
    if log::set_logger(&Facade).is_ok() {
        // What a profile and the node let through does not change while a process lives, so lines that would not
        // be written cost no call of the node.
        log::set_max_level(least().map_or(LevelFilter::Off, |level| match level {
            Level::Error => LevelFilter::Error,
            Level::Warn => LevelFilter::Warn,
            Level::Info => LevelFilter::Info,
            Level::Debug => LevelFilter::Trace,
        }));
    }
}

impl Log for Facade {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let level = match record.level() {
                log::Level::Error => Level::Error,
                log::Level::Warn => Level::Warn,
                log::Level::Info => Level::Info,
                log::Level::Debug | log::Level::Trace => Level::Debug,
            };
            write(level, record.target(), record.args());
        }
    }

    fn flush(&self) {}
}
