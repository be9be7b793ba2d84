//! The node's log: one event a line, on standard error.
//!
//! The platform's own lines are tagged `rusm`; a guest's begin with its component and pid.

use std::fmt::{self, Write};
use std::io::{IsTerminal, stderr};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::manifest::{Log, LogFormat, LogLevel};

/// Starts the log as `[log]` says.
pub(crate) fn start(log: &Log) {
    let level = match log.level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    // Libraries have their say where something is wrong with them.
    let libraries = level.min(LevelFilter::WARN);
    let filter =
        Targets::new().with_target("rusm", level).with_target("guest", level).with_default(libraries);
    let colours = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = layer().with_writer(stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(colours).event_format(Text(SystemTime)).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// The form for people: the time, the level, who says it, and what.
///
/// ```text
/// 2026-11-21T17:00:00.000000Z ERROR rusm: request failed action="api#show" pid=7 cause=trap: out of bounds
/// 2026-11-21T17:00:00.000000Z DEBUG rusm: exit api#7 normal
/// 2026-11-21T17:00:00.000000Z  INFO api[7] shop::stock: 3 left
/// ```
struct Text<T>(T);

impl<S, N, T> FormatEvent<S, N> for Text<T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    T: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Text(time) = self;
        let meta = event.metadata();
        time.format_time(&mut writer)?;
        level(&mut writer, *meta.level())?;
        match (meta.target(), meta.name()) {
            ("guest", _) => {
                let line = Line::of(event);
                write!(writer, "{}[{}] {}: {}", line.component, line.pid, line.module, line.message)?;
            }
            ("rusm", "process") => {
                let line = Line::of(event);
                write!(writer, "rusm: {} {}#{}", line.message, line.component, line.pid)?;
                for more in [line.action, line.reason].iter().filter(|more| !more.is_empty()) {
                    write!(writer, " {more}")?;
                }
            }
            (target, _) => {
                write!(writer, "{target}: ")?;
                context.format_fields(writer.by_ref(), event)?;
            }
        }
        writeln!(writer)
    }
}

/// The fields of lines that have a form of their own.
#[derive(Default)]
struct Line {
    message: String,
    component: String,
    pid: String,
    module: String,
    action: String,
    reason: String,
}

impl Line {
    fn of(event: &Event<'_>) -> Line {
        let mut line = Line::default();
        event.record(&mut line);
        line
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "message" => &mut self.message,
            "component" => &mut self.component,
            "pid" => &mut self.pid,
            "module" => &mut self.module,
            "action" => &mut self.action,
            "reason" => &mut self.reason,
            _ => return None,
        })
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some(text) = self.field(field.name()) {
            text.push_str(value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if let Some(text) = self.field(field.name()) {
            // A string has no end of room, so nothing fails here but what is written.
            let _ = write!(text, "{value:?}");
        }
    }
}

fn level(writer: &mut Writer<'_>, level: Level) -> fmt::Result {
    let colour = match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        _ => 34,
    };
    if writer.has_ansi_escapes() {
        write!(writer, " \x1b[{colour}m{level:>5}\x1b[0m ")
    } else {
        write!(writer, " {level:>5} ")
    }
}
