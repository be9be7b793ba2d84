//! Mode `http`: drives a URL over keep-alive HTTP/1.1.
//!
//! | module | what it holds |
//! |---|---|
//! | [`request`] | the URL, and the request's bytes |
//! | [`response`] | the response reader, which does no I/O |
//! | [`connection`] | one connection: an exchange at a time, with a deadline |
//! | [`mod@drive`] | many connections over few threads, every answer checked and counted |

pub(crate) mod connection;
pub(crate) mod drive;
pub(crate) mod request;
pub(crate) mod response;

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::{Args, value_parser};
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;

use self::{
    connection::Connection,
    drive::{Load, drive},
    request::{Request, Target},
};
use crate::{
    Verdict, args,
    process::{self, Usage},
    report,
    tally::{Errors, Latency},
};

/// Drive a URL over HTTP/1.1 keep-alive connections, and print rate, latency and errors
///
/// Each connection sends the request, waits for the whole answer and sends it again. Every answer has to
/// have a status from 200 to 299 and the same body as the first. Errors are counted from the first request
/// on, figures after the warm-up.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest http http://127.0.0.1:8080/hello/bob
  rusm-loadtest http http://127.0.0.1:8080/hello/bob --connections 64 --duration 30s --json
  rusm-loadtest http http://127.0.0.1:8080/notes --method POST \\
      --header 'content-type: application/json' --body '{\"text\":\"hi\"}'")]
pub(crate) struct Http {
    /// What to ask for, like `http://127.0.0.1:8080/hello/bob`
    url: Target,

    #[command(flatten)]
    shape: Shape,

    /// How long to measure: 500ms, 10s, 5m
    #[arg(long, default_value = "10s", value_parser = args::positive_duration)]
    duration: Duration,

    /// The request's method
    #[arg(long, default_value = "GET", value_parser = request::method)]
    method: Method,

    /// A header to send; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,

    /// The request's body
    #[arg(long)]
    body: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The arguments that shape a load, for every mode that makes one.
#[derive(Args, Clone, Debug)]
pub(crate) struct Shape {
    /// Connections to keep busy
    #[arg(long, default_value_t = 32, value_parser = value_parser!(u16).range(1..))]
    connections: u16,

    /// Threads of the generator; one for two cores when not given
    #[arg(long, value_parser = value_parser!(u16).range(1..=256))]
    threads: Option<u16>,

    /// How long to drive before measuring
    #[arg(long, default_value = "1s", value_parser = args::duration)]
    warmup: Duration,

    /// How long to wait for a connection, and for each answer
    #[arg(long, default_value = "10s", value_parser = args::positive_duration)]
    timeout: Duration,
}

impl Shape {
    /// The load of this shape that sends `request` to `address` for `duration`.
    pub(crate) fn load(&self, address: SocketAddr, request: Request, duration: Duration) -> Load {
        Load {
            address,
            request,
            connections: usize::from(self.connections),
            threads: self.threads(),
            warmup: self.warmup,
            duration,
            timeout: self.timeout,
        }
    }

    /// How long to wait for a connection, and for each answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Threads of the generator; no thread is without a connection.
    fn threads(&self) -> usize {
        self.threads.map_or_else(drive::default_threads, usize::from).min(usize::from(self.connections))
    }
}

/// `32 connections on 1 thread, 1s of warm-up`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let (connections, threads) = (usize::from(self.connections), self.threads());
        write!(f, "{connections} connection{} on {threads} thread{}", plural(connections), plural(threads))?;
        write!(f, ", {:?} of warm-up", self.warmup)
    }
}

impl Http {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        process::raise_file_limit();
        let address = self.reachable().await?;
        let request = Request::new(&self.url, &self.method, &self.header, self.body.as_deref());
        let load = self.shape.load(address, request, self.duration);

        let (began, before) = (Instant::now(), Usage::own()?);
        let outcome = drive(&load).await?;
        let client_cpu = Usage::own()?.cpu_since(before).as_secs_f64() / began.elapsed().as_secs_f64();

        let measured = HttpReport {
            url: self.url.to_string(),
            load: self.shape.to_string(),
            seconds: load.duration.as_secs_f64(),
            requests: outcome.tally.measured,
            requests_per_second: outcome.rate(),
            received_bytes: outcome.tally.received,
            latency_us: outcome.tally.latency(),
            errors: outcome.tally.errors.total(),
            errors_by_kind: outcome.tally.errors,
            client_cpu_cores: client_cpu,
        };
        if self.json {
            report::json(&measured)?;
        } else {
            report::print(&measured.text())?;
        }
        let clean = measured.errors == 0 && measured.requests > 0;
        Ok(if clean { Verdict::Clean } else { Verdict::Errors })
    }

    /// The first of the URL's addresses that takes a connection.
    async fn reachable(&self) -> anyhow::Result<SocketAddr> {
        let mut refused = None;
        for address in self.url.resolve().await? {
            match Connection::open(address, self.shape.timeout).await {
                Ok(_) => return Ok(address),
                Err(failure) => refused = refused.or(Some(failure)),
            }
        }
        let refused = refused.context("the host has no address")?;
        Err(anyhow::Error::new(refused).context(format!(
            "nothing answers at {}: start the server first, or correct the URL's host and port",
            self.url
        )))
    }
}

/// What a run measured.
#[derive(Debug, Serialize)]
struct HttpReport {
    url: String,
    /// Its shape in words.
    load: String,
    /// How long was measured.
    seconds: f64,
    requests: u64,
    requests_per_second: f64,
    received_bytes: u64,
    latency_us: Latency,
    errors: u64,
    errors_by_kind: Errors,
    /// Cores that the generator itself kept busy.
    client_cpu_cores: f64,
}

impl HttpReport {
    fn text(&self) -> String {
        let Latency { p50, p90, p99, p999, max } = self.latency_us;
        let micros = report::micros;
        format!(
            "{url}, {load}, {seconds} s measured\n\n\
             requests     {requests}\n\
             requests/s   {rate:.0}\n\
             latency      p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}\n\
             received     {received} ({received_rate}/s)\n\
             errors       {errors}\n\
             client CPU   {cpu:.2} cores\n",
            url = self.url,
            load = self.load,
            seconds = self.seconds,
            requests = self.requests,
            rate = self.requests_per_second,
            p50 = micros(p50),
            p90 = micros(p90),
            p99 = micros(p99),
            p999 = micros(p999),
            max = micros(max),
            received = report::bytes(self.received_bytes as f64),
            received_rate = report::bytes(self.received_bytes as f64 / self.seconds),
            errors = self.errors_by_kind,
            cpu = self.client_cpu_cores,
        )
    }
}
