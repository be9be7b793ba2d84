//! `[[serve]]`: a listener.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use rusm_wasm::units::{Size, Timeout};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::de::DeTable;

use super::Known;
use super::folder;
use super::node::{address, count};
use super::route::Routes;
use super::value::read;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::name::ComponentName;

/// A socket, a protocol, and who answers: either `component` or `routes`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Listener {
    /// What is spoken.
    pub protocol: Protocol,
    /// Where. Port 0 lets the system choose.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// The single handler of a listener without routes.
    pub component: Option<ComponentName>,
    /// Where its name stands in the manifest.
    #[serde(skip)]
    pub component_span: Option<Range<usize>>,
    /// The routes of a listener without a single handler.
    pub routes: Routes,
    /// Connections at once.
    #[serde(deserialize_with = "count")]
    pub max_connections: u32,
    /// A request's body, 413 past it.
    pub max_body_size: Size,
    /// A request's head, 431 past it.
    #[serde(deserialize_with = "header_size")]
    pub max_header_size: Size,
    /// A WebSocket message, close 1009 past it.
    pub max_message_size: Size,
    /// Until the reply's head, 504 past it.
    pub request_timeout: Timeout,
    /// Until the request's head is complete, 408 past it.
    pub header_timeout: Timeout,
    /// Of a silent connection.
    pub idle_timeout: Timeout,
    /// WebSocket subprotocols, the preferred first.
    pub subprotocols: Vec<String>,
    /// Origins that may open a WebSocket.
    pub allowed_origins: Vec<String>,
    /// Headers of every reply. Its content is not read yet: the key is refused as unsupported.
    pub(super) headers: Unread,
    /// Certificate and key. Not read yet, as `headers`.
    pub(super) tls: Unread,
}

/// A key whose feature does not exist yet: known, so that it is refused by that reason and not as unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Unread;

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            protocol: Protocol::Http,
            // Never seen: a listener without `listen` is an error.
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            component: None,
            component_span: None,
            routes: Routes::default(),
            max_connections: 10_000,
            max_body_size: Size::mib(8),
            max_header_size: Size::kib(64),
            max_message_size: Size::mib(1),
            request_timeout: Timeout(Duration::from_secs(30)),
            header_timeout: Timeout(Duration::from_secs(10)),
            idle_timeout: Timeout(Duration::from_secs(75)),
            subprotocols: Vec::new(),
            allowed_origins: Vec::new(),
            headers: Unread,
            tls: Unread,
        }
    }
}

/// What a listener speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1 and HTTP/2, and by route SSE and WebSocket.
    #[default]
    Http,
    /// Server-sent events alone.
    Sse,
    /// WebSocket alone.
    Ws,
}

/// A size that HTTP/1.1's reader can keep to.
fn header_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
    let size = Size::deserialize(deserializer)?;
    if (Size::kib(8)..=Size::mib(16)).contains(&size) {
        return Ok(size);
    }
    Err(D::Error::custom("expected a size from \"8 KiB\" to \"16 MiB\""))
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Http => "HTTP",
            Protocol::Sse => "server-sent events",
            Protocol::Ws => "WebSocket",
        })
    }
}

impl Listener {
    /// Reads one `[[serve]]` entry, whose header stands at `span`.
    pub(super) fn read(
        table: &DeTable<'_>,
        span: Range<usize>,
        known: &Known<'_>,
        source: &Arc<Source>,
        report: &mut Report,
    ) -> Self {
        let mut listener: Self = read(table, "[[serve]]", source, report);
        listener.component_span = table.get("component").map(toml::Spanned::span);
        if !table.contains_key("listen") {
            let error = Diagnostic::error("a listener needs an address")
                .at(source, span.clone(), "`listen` is missing")
                .help("add `listen = \"127.0.0.1:8080\"`; port 0 picks a free one");
            report.push(error);
        }
        check_handler(table, span, source, report);
        if let (Some(name), Some(value)) = (&listener.component, table.get("component")) {
            known.check_component(name, value.span(), report);
        }
        for route in &listener.routes.0 {
            if let Some(name) = route.target.component() {
                known.check_component(name, route.target_span.clone(), report);
            }
        }
        check_duplicates(&listener.routes, source, report);
        folder::check_routes(&listener, source, report);
        listener
    }
}

/// Either a single handler or routes.
fn check_handler(table: &DeTable<'_>, span: Range<usize>, source: &Arc<Source>, report: &mut Report) {
    let key = |name: &str| table.get_key_value(name).map(|(key, _)| key.span());
    match (key("component"), key("routes")) {
        (Some(component), Some(routes)) => report.push(
            Diagnostic::error("a listener has either one component or routes")
                .at(source, component, "all requests would go here")
                .context(routes, "and yet by these routes"),
        ),
        (None, None) => report.push(
            Diagnostic::error("a listener needs someone to answer")
                .at(source, span, "neither `component` nor `[serve.routes]`")
                .help("add a `[serve.routes]` table below it, such as `\"GET /\" = \"api#home\"`"),
        ),
        _ => {}
    }
}

/// TOML refuses a key that is written twice; this finds the same route under two spellings.
fn check_duplicates(Routes(routes): &Routes, source: &Arc<Source>, report: &mut Report) {
    for (i, route) in routes.iter().enumerate() {
        let same = |other: &&super::Route| {
            other.method == route.method && other.pattern.matches_same(&route.pattern)
        };
        if let Some(first) = routes[..i].iter().find(same) {
            report.push(
                Diagnostic::error("duplicate route")
                    .at(source, route.span.clone(), "matches the same requests")
                    .context(first.span.clone(), "as this one"),
            );
        }
    }
}
