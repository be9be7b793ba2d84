//! The arguments that shape a load, for every mode that makes one.

use std::{fmt, time::Duration};

use clap::{Args, value_parser};

use crate::{
    args,
    drive::{Load, default_threads},
};

/// Connections, threads and times. A mode that takes another number of connections by default says so by
/// `mut_arg`.
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
    /// The load of this shape that is measured for `duration`.
    pub(crate) fn load(&self, duration: Duration) -> Load {
        let (connections, threads) = (usize::from(self.connections), self.threads());
        Load { connections, threads, warmup: self.warmup, duration }
    }

    /// How long to wait for a connection, and for each answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Threads of the generator; no thread is without a connection.
    fn threads(&self) -> usize {
        self.threads.map_or_else(default_threads, usize::from).min(usize::from(self.connections))
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
