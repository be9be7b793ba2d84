//! The `tracing` facade: a subscriber that writes each event as a line, with the spans around it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Mutex;

use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, Subscriber};

use super::{Level, least, write};

pub(super) fn init() {
    let subscriber = Spans { least: least(), known: Mutex::default() };
    // An error is that of a program that has a subscriber already.
    let _ = tracing_core::dispatcher::set_global_default(Dispatch::new(subscriber));
}

struct Spans {
    /// Does not change while a process lives.
    least: Option<Level>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    last: u64,
    spans: BTreeMap<u64, Span>,
}

struct Span {
    metadata: &'static Metadata<'static>,
    /// `{key=value}`, as far as it has fields.
    fields: String,
    handles: usize,
}

thread_local! {
    /// The spans that this thread is in, outermost first.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

impl Spans {
    /// A panic in a field's `Debug` leaves the spans as they were.
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn level(of: tracing_core::Level) -> Level {
    match of {
        tracing_core::Level::ERROR => Level::Error,
        tracing_core::Level::WARN => Level::Warn,
        tracing_core::Level::INFO => Level::Info,
        _ => Level::Debug,
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.least.is_some_and(|least| level(*metadata.level()) <= least)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match self.least {
            None => LevelFilter::OFF,
            Some(Level::Error) => LevelFilter::ERROR,
            Some(Level::Warn) => LevelFilter::WARN,
            Some(Level::Info) => LevelFilter::INFO,
            Some(Level::Debug) => LevelFilter::TRACE,
        })
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut known = self.known();
        known.last += 1;
        let id = known.last;
        known.spans.insert(id, Span { metadata: span.metadata(), fields: fields.pairs, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = self.known().spans.get_mut(&span.into_u64()) {
            span.fields.push_str(&fields.pairs);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = String::new();
        let known = self.known();
        ENTERED.with_borrow(|entered| {
            for span in entered.iter().filter_map(|id| known.spans.get(&id.into_u64())) {
                let _ = match span.fields.trim_start() {
                    "" => write!(line, "{}: ", span.metadata.name()),
                    pairs => write!(line, "{}{{{pairs}}}: ", span.metadata.name()),
                };
            }
        });
        drop(known);
        line.push_str(&fields.message);
        line.push_str(&fields.pairs);
        write(level(*event.metadata().level()), event.metadata().target(), line.trim());
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            if let Some(index) = entered.iter().rposition(|id| id == span) {
                entered.remove(index);
            }
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(span) = self.known().spans.get_mut(&span.into_u64()) {
            span.handles += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut known = self.known();
        let Some(found) = known.spans.get_mut(&span.into_u64()) else { return false };
        found.handles -= 1;
        let closed = found.handles == 0;
        if closed {
            known.spans.remove(&span.into_u64());
        }
        closed
    }

    fn current_span(&self) -> Current {
        let Some(id) = ENTERED.with_borrow(|entered| entered.last().cloned()) else { return Current::none() };
        let metadata = self.known().spans.get(&id.into_u64()).map(|span| span.metadata);
        metadata.map_or_else(Current::none, |metadata| Current::new(id, metadata))
    }
}

/// Fields as text.
#[derive(Default)]
struct Fields {
    message: String,
    /// Each with a space before it.
    pairs: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.pairs, " {name}={value:?}"),
        };
    }
}
