//! `[components.<name>]`.

use std::time::Duration;

use rusm_wasm::units::Timeout;
use serde::Deserialize;

/// How a component runs. One without a table runs by the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Component {
    /// The profile's name; `sandboxed` when absent.
    pub capability: Option<String>,
    /// The kind, where it is not to be read from the component itself.
    pub kind: Option<Kind>,
    /// Whether it is spawned at boot and supervised.
    pub resident: bool,
    /// When its supervisor starts it again.
    pub restart: Restart,
    /// How often it is started again within `restart_window` before its supervisor gives up.
    pub max_restarts: u32,
    /// See `max_restarts`.
    pub restart_window: Timeout,
}

impl Default for Component {
    fn default() -> Self {
        Self {
            capability: None,
            kind: None,
            resident: false,
            restart: Restart::Permanent,
            max_restarts: 3,
            restart_window: Timeout(Duration::from_secs(5)),
        }
    }
}

/// What a component is made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Named actions behind routes.
    Handlers,
    /// A process for each WebSocket connection.
    Ws,
    /// Server-sent events.
    Sse,
    /// A fetch-shaped handler.
    Fetch,
    /// Functions that other processes call.
    Service,
    /// A process with a body of its own.
    Main,
    /// A stock `wasi:http` component.
    WasiHttp,
    /// A stock `wasi:cli/run` command.
    Command,
}

/// Erlang's restart types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restart {
    /// Always.
    Permanent,
    /// After a crash.
    Transient,
    /// Never.
    Temporary,
}
