//! `[node]` and `[log]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rusm_wasm::units::{Delay, Timeout};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected};

/// `[node]`: what concerns the node as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Node {
    /// The durable store's file, relative to the manifest.
    pub store: Option<PathBuf>,
    /// Where the admin listener listens.
    #[serde(deserialize_with = "some_address")]
    pub admin: Option<SocketAddr>,
    /// Wasm instances alive at once. Above zero.
    #[serde(deserialize_with = "count")]
    pub max_instances: u32,
    /// The share of instances that held sockets may not take.
    pub reserve_for_requests: Percent,
    /// How long a request waits for an instance.
    pub queue_wait: Delay,
    /// How often a running guest can be preempted.
    pub epoch_tick: Timeout,
    /// How long requests may go on after SIGTERM.
    pub shutdown_grace: Delay,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            store: None,
            admin: None,
            max_instances: 4096,
            reserve_for_requests: Percent(25),
            queue_wait: Delay(Duration::from_secs(1)),
            epoch_tick: Timeout(Duration::from_millis(1)),
            shutdown_grace: Delay(Duration::from_secs(10)),
        }
    }
}

/// `[log]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log {
    /// What is worth a line.
    pub level: LogLevel,
    /// How a line looks.
    pub format: LogFormat,
    /// Whether each request gets a line.
    pub access: bool,
}

/// The least severe event that is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words speak for themselves")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    #[default]
    Info,
    Debug,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// A share between 0 and 100 percent, written `"25%"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Percent(pub u8);

impl TryFrom<String> for Percent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.strip_suffix('%')
            .and_then(|number| number.trim_end().parse().ok())
            .filter(|number| *number <= 100)
            .map(Self)
            .ok_or_else(|| format!("expected a percentage from \"0%\" to \"100%\", found `{text}`"))
    }
}

/// A socket address: an IP address and a port. Names are not resolved, so that a listener never depends on DNS.
pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        D::Error::invalid_value(
            Unexpected::Str(&text),
            &"an address such as \"127.0.0.1:8080\" or \"[::]:80\"",
        )
    })
}

fn some_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    address(deserializer).map(Some)
}

/// A number of things of which there must be one at least.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(deserializer)?;
    u32::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
        let expected = format!("a whole number from 1 to {}", u32::MAX);
        D::Error::invalid_value(Unexpected::Signed(number), &expected.as_str())
    })
}
