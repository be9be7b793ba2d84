//! A run of one load against one server, and what it measured.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    time::{Duration, Instant},
};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Verdict, args,
    drive::{Load, Work, drive},
    process::{self, Usage},
    report,
    tally::{Errors, Latency},
};

/// The arguments of every mode that makes one run.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// How long to measure: 500ms, 10s, 5m
    #[arg(long, default_value = "10s", value_parser = args::positive_duration)]
    pub(crate) duration: Duration,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is measured, in words.
pub(crate) struct Described {
    pub(crate) url: String,
    /// The load's shape.
    pub(crate) load: String,
    /// What is counted: `request`, say.
    pub(crate) unit: &'static str,
}

impl Run {
    /// Does `work` and prints what was measured.
    pub(crate) async fn make(
        &self,
        described: Described,
        load: Load,
        work: impl Work,
    ) -> anyhow::Result<Verdict> {
        process::raise_file_limit();
        let (began, before) = (Instant::now(), Usage::own()?);
        let outcome = drive(load, work).await?;
        let client_cpu = Usage::own()?.cpu_since(before).as_secs_f64() / began.elapsed().as_secs_f64();

        let Described { url, load: shape, unit } = described;
        let measured = RunReport {
            url,
            load: shape,
            seconds: load.duration.as_secs_f64(),
            counts: BTreeMap::from([
                (format!("{unit}s"), outcome.tally.measured.into()),
                (format!("{unit}s_per_second"), outcome.rate().into()),
            ]),
            received_bytes: outcome.tally.received,
            latency_us: outcome.tally.latency(),
            errors: outcome.tally.errors.total(),
            errors_by_kind: outcome.tally.errors,
            client_cpu_cores: client_cpu,
        };
        if self.json {
            report::json(&measured)?;
        } else {
            report::print(&measured.text(unit, outcome.tally.measured))?;
        }
        let clean = measured.errors == 0 && outcome.tally.measured > 0;
        Ok(if clean { Verdict::Clean } else { Verdict::Errors })
    }
}

/// What a run measured.
#[derive(Debug, Serialize)]
struct RunReport {
    url: String,
    /// Its shape in words.
    load: String,
    /// How long was measured.
    seconds: f64,
    /// By the unit's name: how many, and how many a second.
    #[serde(flatten)]
    counts: BTreeMap<String, Value>,
    received_bytes: u64,
    /// None where single operations have none.
    latency_us: Option<Latency>,
    errors: u64,
    errors_by_kind: Errors,
    /// Cores that the generator itself kept busy.
    client_cpu_cores: f64,
}

impl RunReport {
    fn text(&self, unit: &str, measured: u64) -> String {
        let mut lines = vec![
            (format!("{unit}s"), measured.to_string()),
            (format!("{unit}s/s"), format!("{:.0}", measured as f64 / self.seconds)),
        ];
        if let Some(Latency { p50, p90, p99, p999, max }) = self.latency_us {
            let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(report::micros);
            let latency = format!("p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}");
            lines.push(("latency".to_owned(), latency));
        }
        let rate = report::bytes(self.received_bytes as f64 / self.seconds);
        let received = report::bytes(self.received_bytes as f64);
        lines.push(("received".to_owned(), format!("{received} ({rate}/s)")));
        lines.push(("errors".to_owned(), self.errors_by_kind.to_string()));
        lines.push(("client CPU".to_owned(), format!("{:.2} cores", self.client_cpu_cores)));

        let mut text = format!("{}, {}, {} s measured\n\n", self.url, self.load, self.seconds);
        for (name, figure) in lines {
            let _ = writeln!(text, "{name:<13}  {figure}");
        }
        text
    }
}
