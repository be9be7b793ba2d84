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

/// Cores used by the rest of the machine above which the rates say little.
const OTHERS_LIMIT: f64 = 0.2;

/// The generator's load above which the server may have waited for it.
const GENERATOR_LIMIT: f64 = 0.95;

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
    /// None where single operations have none.
    pub(crate) latency_us: Option<Latency>,
    pub(crate) errors: Errors,
    /// Cores that the other server used meanwhile, though nobody asked it anything.
    pub(crate) idle_cores: f64,
    /// The share of its threads' time that the generator was busy.
    pub(crate) generator_load: f64,
    /// Cores that the rest of the machine used meanwhile.
    pub(crate) other_cores: f64,
}

/// Medians over the rounds, each figure by itself.
#[derive(Debug, Serialize)]
struct Median {
    per_second: f64,
    cpu_us: f64,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
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
        let timed = |figure: fn(Latency) -> f64| {
            let values: Vec<f64> =
                samples.clone().filter_map(|sample| sample.latency_us).map(figure).collect();
            (!values.is_empty()).then(|| median(values))
        };
        Self {
            per_second: of(|sample| sample.per_second),
            cpu_us: of(|sample| sample.cpu_us),
            p50_us: timed(|latency| latency.p50),
            p99_us: timed(|latency| latency.p99),
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
        Self {
            machine: Machine::this(),
            work,
            unit,
            ratio: median(rounds.iter().map(Round::ratio).collect()),
            native: Median::of(&rounds.iter().map(|round| &round.native)),
            rusm: Median::of(&rounds.iter().map(|round| &round.rusm)),
            errors: samples(&rounds).map(|sample| sample.errors.total()).sum(),
            warnings: warnings(&rounds),
            rounds,
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
        let mut header = vec!["round".to_owned()];
        header.extend(["native", "rusm"].map(|name| format!("{name} {unit}s/s")));
        header.push("ratio".to_owned());
        let timed = self.native.p50_us.is_some() || self.rusm.p50_us.is_some();
        let latency: &[&str] = if timed { &["p50", "p99"] } else { &[] };
        let cpu = format!("CPU/{unit}");
        for figure in [cpu.as_str()].iter().chain(latency).chain(&["memory"]) {
            header.extend(["native", "rusm"].map(|name| format!("{name} {figure}")));
        }
        let mut table = Table::new(header);
        for (index, round) in self.rounds.iter().enumerate() {
            let native = Median::of(&std::iter::once(&round.native));
            let rusm = Median::of(&std::iter::once(&round.rusm));
            table.row(row((index + 1).to_string(), &native, &rusm, round.ratio(), timed));
        }
        let medians = row("median".to_owned(), &self.native, &self.rusm, self.ratio, timed);
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

/// All turns of both servers.
fn samples(rounds: &[Round]) -> impl Iterator<Item = &Sample> {
    rounds.iter().flat_map(|round| [&round.native, &round.rusm])
}

/// What a reader has to know before believing the figures.
fn warnings(rounds: &[Round]) -> Vec<String> {
    let mut warnings = Vec::new();
    if Machine::UNOPTIMISED {
        warnings
            .push("this is a debug build, whose native server is slow: the ratio means nothing".to_owned());
    }
    let idle = samples(rounds).map(|sample| sample.idle_cores).fold(0.0, f64::max);
    if idle > IDLE_LIMIT {
        warnings.push(format!("a server used {idle:.2} cores while it waited its turn"));
    }
    let load =
        |of: fn(&Round) -> &Sample| median(rounds.iter().map(|round| of(round).generator_load).collect());
    for (name, load) in [("native", load(|round| &round.native)), ("rusm", load(|round| &round.rusm))] {
        if load > GENERATOR_LIMIT {
            warnings.push(format!(
                "the generator was busy {:.0}% of the time that it drove {name}, which may be faster: \
                 compare the CPU times",
                load * 100.0
            ));
        }
    }
    let others = median(samples(rounds).map(|sample| sample.other_cores).collect());
    if others > OTHERS_LIMIT {
        warnings.push(format!(
            "the rest of the machine used {others:.1} cores: the rates say little, the CPU times more"
        ));
    }
    warnings
}

fn row(name: String, native: &Median, rusm: &Median, ratio: f64, timed: bool) -> Vec<String> {
    let mut row = vec![name];
    row.extend([native, rusm].map(|server| format!("{:.0}", server.per_second)));
    row.push(format!("{ratio:.3}"));
    row.extend([native, rusm].map(|server| super::micros(server.cpu_us)));
    if timed {
        let shown = |latency: Option<f64>| latency.map_or("none".to_owned(), super::micros);
        row.extend([native, rusm].map(|server| shown(server.p50_us)));
        row.extend([native, rusm].map(|server| shown(server.p99_us)));
    }
    row.extend([native, rusm].map(|server| super::bytes(server.resident_bytes)));
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::ErrorKind;

    fn sample(per_second: f64) -> Sample {
        Sample {
            per_second,
            cpu_us: 10.0,
            resident_bytes: 1 << 20,
            latency_us: None,
            errors: Errors::default(),
            idle_cores: 0.0,
            generator_load: 0.5,
            other_cores: 0.0,
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

    #[test]
    fn latency_has_columns_only_where_there_is_one() {
        let mut rounds = rounds(&[(100.0, 50.0)]);
        let without = Comparison::new("work".to_owned(), "event", rounds);
        assert!(!without.text().contains("p50"), "{}", without.text());
        rounds = self::rounds(&[(100.0, 50.0)]);
        rounds[0].native.latency_us = Some(Latency { p50: 1.5, p90: 2.0, p99: 3.0, p999: 4.0, max: 5.0 });
        let with = Comparison::new("work".to_owned(), "event", rounds).markdown();
        assert!(with.contains("| native p50 | rusm p50 |") && with.contains("| 1.5 us | none |"), "{with}");
    }

    #[test]
    fn a_busy_machine_is_warned_of() {
        let mut rounds = rounds(&[(100.0, 50.0)]);
        rounds[0].native.other_cores = 3.0;
        let comparison = Comparison::new("work".to_owned(), "request", rounds);
        assert!(comparison.text().contains("warning: the rest of the machine used 1.5 cores"));
    }

    #[test]
    fn a_busy_generator_is_warned_of() {
        let mut rounds = rounds(&[(100.0, 50.0)]);
        rounds[0].native.generator_load = 0.99;
        let comparison = Comparison::new("work".to_owned(), "request", rounds);
        assert!(
            comparison
                .text()
                .contains("warning: the generator was busy 99% of the time that it drove native")
        );
    }
}
