//! The report of a comparison: every round of both servers, the ratios, the medians.

use std::fmt::Write as _;

use serde::Serialize;

use super::table::Table;
use crate::{
    machine::Machine,
    tally::{Errors, Latency},
};

/// CPU of the server that waits its turn, in cores, above which it disturbs the other's figures.
const IDLE_LIMIT: f64 = 0.05;

/// All that a comparison measured.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    machine: Machine,
    /// What was done, and with what load.
    work: String,
    /// What is counted: `request`, say.
    unit: &'static str,
    /// rusm's rate over the native server's, the median of the rounds'.
    ratio: f64,
    native: Median,
    rusm: Median,
    rounds: Vec<Round>,
    errors: u64,
    warnings: Vec<String>,
}

/// Both servers' turns of one round.
#[derive(Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) native: Sample,
    pub(crate) rusm: Sample,
}

/// One server's turn.
#[derive(Debug, Serialize)]
pub(crate) struct Sample {
    /// Operations per second.
    pub(crate) per_second: f64,
    /// The server's CPU time for each operation, in microseconds.
    pub(crate) cpu_us: f64,
    /// The server's resident memory right after the turn.
    pub(crate) resident_bytes: u64,
    pub(crate) latency_us: Latency,
    pub(crate) errors: Errors,
    /// Cores that the other server used meanwhile, though nobody asked it anything.
    pub(crate) idle_cores: f64,
}

/// Medians over the rounds, each figure by itself.
#[derive(Debug, Serialize)]
struct Median {
    per_second: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
    resident_bytes: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.rusm.per_second / self.native.per_second
    }
}

impl Median {
    fn of<'a>(samples: &(impl Iterator<Item = &'a Sample> + Clone)) -> Self {
        let of = |figure: fn(&Sample) -> f64| median(samples.clone().map(figure).collect());
        Self {
            per_second: of(|sample| sample.per_second),
            cpu_us: of(|sample| sample.cpu_us),
            p50_us: of(|sample| sample.latency_us.p50),
            p99_us: of(|sample| sample.latency_us.p99),
            resident_bytes: of(|sample| sample.resident_bytes as f64),
        }
    }
}

/// The middle value, or the mean of the middle two. Not a number for no values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.as_slice() {
        [] => f64::NAN,
        values if values.len() % 2 == 1 => values[middle],
        values => f64::midpoint(values[middle - 1], values[middle]),
    }
}

impl Comparison {
    /// Sums up `rounds`.
    pub(crate) fn new(work: String, unit: &'static str, rounds: Vec<Round>) -> Self {
        let samples = || rounds.iter().flat_map(|round| [&round.native, &round.rusm]);
        let mut warnings = Vec::new();
        if Machine::UNOPTIMISED {
            warnings.push(
                "this is a debug build, whose native server is slow: the ratio means nothing".to_owned(),
            );
        }
        let idle = samples().map(|sample| sample.idle_cores).fold(0.0, f64::max);
        if idle > IDLE_LIMIT {
            warnings.push(format!("a server used {idle:.2} cores while it waited its turn"));
        }
        Self {
            machine: Machine::this(),
            work,
            unit,
            ratio: median(rounds.iter().map(Round::ratio).collect()),
            native: Median::of(&rounds.iter().map(|round| &round.native)),
            rusm: Median::of(&rounds.iter().map(|round| &round.rusm)),
            errors: samples().map(|sample| sample.errors.total()).sum(),
            rounds,
            warnings,
        }
    }

    /// Whether every operation was done right, and every turn has a figure.
    pub(crate) fn is_clean(&self) -> bool {
        let measured = |sample: &Sample| sample.per_second > 0.0;
        self.errors == 0 && self.rounds.iter().all(|round| measured(&round.native) && measured(&round.rusm))
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let Self { work, machine, .. } = self;
        let mut text = format!("{work}\n{machine}\n\n{}", self.table("").text());
        let _ = writeln!(text, "\nmedian ratio  {:.3}", self.ratio);
        let _ = writeln!(text, "errors        {}", self.errors);
        for note in self.notes() {
            let _ = writeln!(text, "{note}");
        }
        text
    }

    /// For `docs/performance.md`.
    pub(crate) fn markdown(&self) -> String {
        let Self { work, machine, .. } = self;
        let mut text = format!(
            "{work}; {} errors.\nMachine: {machine}.\n\n{}",
            self.errors,
            self.table("**").markdown()
        );
        for note in self.notes() {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }

    /// One row a round and one with the medians, whose cells stand between `emphasis`.
    fn table(&self, emphasis: &str) -> Table {
        let unit = self.unit;
        let figures = ["native", "rusm"].map(|name| format!("{name} {unit}s/s"));
        let rest = [format!("CPU/{unit}"), "p50".to_owned(), "p99".to_owned(), "memory".to_owned()];
        let rest = rest.iter().flat_map(|figure| ["native", "rusm"].map(|name| format!("{name} {figure}")));
        let header = ["round".to_owned()].into_iter().chain(figures).chain(["ratio".to_owned()]).chain(rest);
        let mut table = Table::new(header);
        for (index, round) in self.rounds.iter().enumerate() {
            let native = Median::of(&std::iter::once(&round.native));
            let rusm = Median::of(&std::iter::once(&round.rusm));
            table.row(row((index + 1).to_string(), &native, &rusm, round.ratio()));
        }
        let medians = row("median".to_owned(), &self.native, &self.rusm, self.ratio);
        table.row(medians.into_iter().map(|cell| format!("{emphasis}{cell}{emphasis}")).collect());
        table
    }

    /// Errors by round and server, then warnings.
    fn notes(&self) -> impl Iterator<Item = String> {
        let errors = self.rounds.iter().enumerate().flat_map(|(index, round)| {
            [("native", &round.native), ("rusm", &round.rusm)]
                .into_iter()
                .filter(|(_, sample)| sample.errors.total() > 0)
                .map(move |(name, sample)| {
                    format!("errors of {name} in round {}: {}", index + 1, sample.errors)
                })
        });
        errors.chain(self.warnings.iter().map(|warning| format!("warning: {warning}")))
    }
}

fn row(name: String, native: &Median, rusm: &Median, ratio: f64) -> Vec<String> {
    let micros = super::micros;
    let bytes = super::bytes;
    vec![
        name,
        format!("{:.0}", native.per_second),
        format!("{:.0}", rusm.per_second),
        format!("{ratio:.3}"),
        micros(native.cpu_us),
        micros(rusm.cpu_us),
        micros(native.p50_us),
        micros(rusm.p50_us),
        micros(native.p99_us),
        micros(rusm.p99_us),
        bytes(native.resident_bytes),
        bytes(rusm.resident_bytes),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::{ErrorKind, Tally};

    fn sample(per_second: f64) -> Sample {
        Sample {
            per_second,
            cpu_us: 10.0,
            resident_bytes: 1 << 20,
            latency_us: Tally::new().latency(),
            errors: Errors::default(),
            idle_cores: 0.0,
        }
    }

    fn rounds(rates: &[(f64, f64)]) -> Vec<Round> {
        rates.iter().map(|&(native, rusm)| Round { native: sample(native), rusm: sample(rusm) }).collect()
    }

    #[test]
    fn medians() {
        let near = |values: &[f64], expected: f64| (median(values.to_vec()) - expected).abs() < f64::EPSILON;
        assert!(near(&[3.0, 1.0, 2.0], 2.0));
        assert!(near(&[4.0, 1.0, 2.0, 3.0], 2.5));
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_ratios() {
        // The ratio of the medians would be 0.9.
        let rates = [(100.0, 50.0), (100.0, 90.0), (200.0, 100.0)];
        let comparison = Comparison::new("work".to_owned(), "request", rounds(&rates));
        assert!((comparison.ratio - 0.5).abs() < f64::EPSILON);
        assert!(comparison.is_clean());
        assert!(comparison.markdown().contains("| **median** | **100** | **90** | **0.500** |"));
        assert!(comparison.text().contains("median ratio  0.500"));
    }

    #[test]
    fn an_error_in_any_round_shows() {
        let mut rounds = rounds(&[(100.0, 50.0), (100.0, 50.0)]);
        rounds[1].rusm.errors.count(ErrorKind::Read, || "cut off".to_owned());
        let comparison = Comparison::new("work".to_owned(), "request", rounds);
        assert!(!comparison.is_clean());
        let line = "errors of rusm in round 2: 1 (read 1); first: cut off";
        assert!(comparison.text().contains(line) && comparison.markdown().contains(line));
    }

    #[test]
    fn a_turn_without_a_figure_is_not_clean() {
        assert!(!Comparison::new("work".to_owned(), "request", rounds(&[(100.0, 0.0)])).is_clean());
    }

    #[test]
    fn a_busy_idler_is_warned_of() {
        let mut rounds = rounds(&[(100.0, 50.0)]);
        rounds[0].native.idle_cores = 0.5;
        let comparison = Comparison::new("work".to_owned(), "request", rounds);
        assert!(comparison.text().contains("warning: a server used 0.50 cores"));
    }
}
