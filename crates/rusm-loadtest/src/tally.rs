//! What a run counted.
//!
//! Each thread of a load has a [`Tally`] of its own, merged when all are done, so that counting shares no
//! cache line between threads.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use serde::Serialize;

/// The stretch of a run that is measured: what ends within it counts towards the figures. Before it lies
/// the warm-up, after it the answers that were under way when it closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// First instant that counts.
    pub(crate) opens: Instant,
    /// First instant that no longer counts; no operation starts from here on.
    pub(crate) closes: Instant,
}

/// Counts of one run. An operation is what the mode measures: an HTTP request, say.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// Operations done right within the window.
    pub(crate) measured: u64,
    /// Operations done right in the whole run. What a server's CPU time over the run is divided by.
    pub(crate) total: u64,
    /// Bytes received within the window.
    pub(crate) received: u64,
    /// Everything that went wrong in the whole run, the warm-up included.
    pub(crate) errors: Errors,
    latency: Histogram<u64>,
}

impl Tally {
    /// Three significant digits of nanoseconds up to an hour, 0.3 MB.
    pub(crate) fn new() -> Self {
        let latency =
            Histogram::new_with_bounds(1, 3_600_000_000_000, 3).expect("constant bounds that are valid");
        Self { measured: 0, total: 0, received: 0, errors: Errors::default(), latency }
    }

    /// Counts an operation done right: ended at `ended` after `latency`, answered with `received` bytes.
    pub(crate) fn record(&mut self, window: Window, ended: Instant, latency: Duration, received: usize) {
        if self.add(window, ended, 1, received) {
            let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
            self.latency.saturating_record(nanoseconds);
        }
    }

    /// Counts `operations` done right by `ended`, without a latency. Says whether that lies in the window.
    pub(crate) fn add(&mut self, window: Window, ended: Instant, operations: u64, received: usize) -> bool {
        self.total += operations;
        let within = ended >= window.opens && ended < window.closes;
        if within {
            self.measured += operations;
            self.received += received as u64;
        }
        within
    }

    /// Adds what another thread counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.measured += other.measured;
        self.total += other.total;
        self.received += other.received;
        self.errors.merge(&other.errors);
        self.latency.add(&other.latency).expect("both histograms have the same bounds");
    }

    /// The latencies within the window, or none if nothing was timed in it.
    pub(crate) fn latency(&self) -> Option<Latency> {
        let at = |quantile| self.latency.value_at_quantile(quantile) as f64 / 1000.0;
        (!self.latency.is_empty()).then(|| Latency {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.latency.max() as f64 / 1000.0,
        })
    }
}

/// Percentiles of latency, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    #[serde(rename = "p99.9")]
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

/// What can go wrong with one operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ErrorKind {
    /// No connection.
    Connect,
    /// The request could not be sent.
    Write,
    /// The connection ended or failed before the answer was whole, or the answer was malformed.
    Read,
    /// No whole answer in time.
    Timeout,
    /// An answer with a status other than the one that was asked for.
    Status(u16),
    /// A body that differs from the first answer's, or an echo that differs from what was sent.
    Body,
    /// An answer to a WebSocket's opening handshake that RFC 6455 does not allow.
    Handshake,
    /// A WebSocket frame that RFC 6455 does not allow.
    Frame,
    /// A close frame that was not asked for.
    Closed,
    /// A stream of events that is not declared as one.
    ContentType,
    /// An event that is not the one after the last.
    Order,
}

impl ErrorKind {
    /// As a report has it; a status is counted apart.
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Write => "write",
            Self::Read => "read",
            Self::Timeout => "timeout",
            Self::Status(_) => "status",
            Self::Body => "body",
            Self::Handshake => "handshake",
            Self::Frame => "frame",
            Self::Closed => "closed",
            Self::ContentType => "content-type",
            Self::Order => "order",
        }
    }
}

/// Errors by kind.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Errors {
    /// By name, those that happened.
    #[serde(flatten)]
    kinds: BTreeMap<&'static str, u64>,
    /// By status code.
    status: BTreeMap<u16, u64>,
    /// The first error in words, since a count alone leads nowhere.
    first: Option<String>,
}

impl Errors {
    /// Counts an error. `detail` is asked for only when it is the first.
    pub(crate) fn count(&mut self, kind: ErrorKind, detail: impl FnOnce() -> String) {
        let counter = match kind {
            ErrorKind::Status(code) => self.status.entry(code).or_default(),
            kind => self.kinds.entry(kind.name()).or_default(),
        };
        *counter += 1;
        self.first.get_or_insert_with(detail);
    }

    /// Errors of all kinds.
    pub(crate) fn total(&self) -> u64 {
        self.kinds.values().chain(self.status.values()).sum()
    }

    /// Adds another's errors.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (kind, count) in &other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (&code, &count) in &other.status {
            *self.status.entry(code).or_default() += count;
        }
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }
}

/// `0`, or `5 (read 3, status 404: 2); first: the connection closed inside the body`.
impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.total())?;
        let kinds = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}"));
        let statuses = self.status.iter().map(|(code, count)| format!("status {code}: {count}"));
        let all: Vec<String> = kinds.chain(statuses).collect();
        if !all.is_empty() {
            write!(f, " ({})", all.join(", "))?;
        }
        match &self.first {
            Some(first) => write!(f, "; first: {first}"),
            None => Ok(()),
        }
    }
}

/// What a finished load gives back.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Counts of all threads.
    pub(crate) tally: Tally,
    /// Length of the window.
    pub(crate) measured_for: Duration,
}

impl Outcome {
    /// Operations per second within the window.
    pub(crate) fn rate(&self) -> f64 {
        self.tally.measured as f64 / self.measured_for.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tally of 1000 operations that took 1, 2, ... 1000 us, and the window that holds them all.
    fn thousand() -> Tally {
        let opens = Instant::now();
        let window = Window { opens, closes: opens + Duration::from_secs(1) };
        let mut tally = Tally::new();
        for micros in 1..=1000 {
            let latency = Duration::from_micros(micros);
            tally.record(window, opens + latency, latency, 10);
        }
        tally
    }

    /// Whether `value` is `expected` to three digits.
    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= expected / 1000.0
    }

    #[test]
    fn percentiles_of_a_known_distribution() {
        let latency = thousand().latency().expect("a thousand of them");
        assert!(near(latency.p50, 500.0), "{latency:?}");
        assert!(near(latency.p90, 900.0), "{latency:?}");
        assert!(near(latency.p99, 990.0), "{latency:?}");
        assert!(near(latency.p999, 999.0), "{latency:?}");
        assert!(near(latency.max, 1000.0), "{latency:?}");
    }

    #[test]
    fn merged_percentiles_are_those_of_all_values() {
        let mut merged = thousand();
        merged.merge(&thousand());
        assert_eq!((merged.measured, merged.total, merged.received), (2000, 2000, 20_000));
        assert!(near(merged.latency().expect("two thousand").p90, 900.0));
    }

    #[test]
    fn what_is_not_timed_has_no_latency() {
        let opens = Instant::now();
        let window = Window { opens, closes: opens + Duration::from_secs(1) };
        let mut tally = Tally::new();
        assert!(tally.add(window, opens, 3, 10));
        assert_eq!((tally.measured, tally.total, tally.received), (3, 3, 10));
        assert!(tally.latency().is_none());
    }

    #[test]
    fn only_what_ends_within_the_window_is_measured() {
        let start = Instant::now();
        let window = Window { opens: start + Duration::from_secs(1), closes: start + Duration::from_secs(2) };
        let mut tally = Tally::new();
        for millis in [500, 999, 1000, 1999, 2000, 3000] {
            let latency = Duration::from_millis(millis);
            tally.record(window, start + latency, latency, 1);
        }
        assert_eq!((tally.measured, tally.total, tally.received), (2, 6, 2));
    }

    #[test]
    fn errors_name_their_kinds_and_the_first() {
        let mut errors = Errors::default();
        assert_eq!(errors.to_string(), "0");
        errors.count(ErrorKind::Read, || "cut off".to_owned());
        let mut other = Errors::default();
        other.count(ErrorKind::Status(404), || "GET / answered 404".to_owned());
        other.count(ErrorKind::Status(404), || unreachable!("only the first is described"));
        errors.merge(&other);
        assert_eq!(errors.total(), 3);
        assert_eq!(errors.to_string(), "3 (read 1, status 404: 2); first: cut off");
    }
}
