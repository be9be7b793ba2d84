//! Capability profiles: what a component may do and how much of the machine it may use.
//!
//! A capability stands here and nowhere else: a field of [`Profile`], its key in [`ProfileSpec`], its line in
//! `ProfileSpec::apply`, and its value in the built-in profiles. Nothing is granted that a profile does not
//! name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

use crate::units::{Size, TimeLimit};

/// The profile of a component that names none.
pub const DEFAULT: &str = "sandboxed";

/// The names that need no table and cannot be given one.
pub const BUILT_IN: [&str; 3] = ["sandboxed", "network-client", "trusted"];

/// The capabilities of a component, with every default and parent filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The profile's own name, for messages.
    pub name: String,
    /// Whether standard output and error reach the node's; they are discarded otherwise.
    pub stdio: bool,
    /// Outbound HTTP, and to which hosts.
    pub network: Grant<HostPattern>,
    /// Raw `wasi:sockets`.
    pub sockets: bool,
    /// Spawning components, and which.
    pub spawn: Grant<String>,
    /// Killing, monitoring, linking and inspecting processes that are not the process's own children.
    pub process_control: bool,
    /// The durable store, and which buckets.
    pub storage: Grant<String>,
    /// Names of the environment variables that the component sees.
    pub env: Vec<String>,
    /// Directories of the host that the component sees.
    pub preopens: Vec<Preopen>,
    /// Linear memory of one instance.
    pub max_memory: Size,
    /// CPU time of one unit of work (a request, a message).
    pub max_cpu_time: Option<Duration>,
    /// Lifetime of one process.
    pub max_wall_time: Option<Duration>,
}

impl Profile {
    /// The built-in profile of this name.
    pub fn built_in(name: &str) -> Option<Self> {
        let sandboxed = Self {
            name: name.into(),
            stdio: false,
            network: Grant::None,
            sockets: false,
            spawn: Grant::None,
            process_control: false,
            storage: Grant::None,
            env: Vec::new(),
            preopens: Vec::new(),
            max_memory: Size::mib(64),
            max_cpu_time: Some(Duration::from_secs(10)),
            max_wall_time: None,
        };
        match name {
            "sandboxed" => Some(sandboxed),
            "network-client" => Some(Self { network: Grant::All, ..sandboxed }),
            "trusted" => Some(Self {
                stdio: true,
                network: Grant::All,
                spawn: Grant::All,
                process_control: true,
                storage: Grant::All,
                max_memory: Size::gib(1),
                ..sandboxed
            }),
            _ => None,
        }
    }
}

impl Default for Profile {
    /// `sandboxed`.
    fn default() -> Self {
        Self::built_in(DEFAULT).expect("the default profile is built in")
    }
}

/// One `[capabilities.<name>]` table. A key that is absent takes the parent's value; one that is present
/// replaces it whole, lists included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProfileSpec {
    /// The parent; `sandboxed` when absent.
    pub inherits: Option<String>,
    /// See [`Profile::stdio`].
    pub allow_stdio: Option<bool>,
    /// See [`Profile::network`].
    pub allow_network: Option<Grant<HostPattern>>,
    /// See [`Profile::sockets`].
    pub allow_sockets: Option<bool>,
    /// See [`Profile::spawn`].
    pub allow_spawn: Option<Grant<String>>,
    /// See [`Profile::process_control`].
    pub allow_process_control: Option<bool>,
    /// See [`Profile::storage`].
    pub allow_storage: Option<Grant<String>>,
    /// See [`Profile::env`].
    pub env: Option<Vec<String>>,
    /// See [`Profile::preopens`].
    pub preopen: Option<Vec<Preopen>>,
    /// See [`Profile::max_memory`].
    pub max_memory: Option<Size>,
    /// See [`Profile::max_cpu_time`].
    pub max_cpu_time: Option<TimeLimit>,
    /// See [`Profile::max_wall_time`].
    pub max_wall_time: Option<TimeLimit>,
}

impl ProfileSpec {
    fn apply(&self, name: &str, parent: Profile) -> Profile {
        let spec = self.clone();
        Profile {
            name: name.into(),
            stdio: spec.allow_stdio.unwrap_or(parent.stdio),
            network: spec.allow_network.unwrap_or(parent.network),
            sockets: spec.allow_sockets.unwrap_or(parent.sockets),
            spawn: spec.allow_spawn.unwrap_or(parent.spawn),
            process_control: spec.allow_process_control.unwrap_or(parent.process_control),
            storage: spec.allow_storage.unwrap_or(parent.storage),
            env: spec.env.unwrap_or(parent.env),
            preopens: spec.preopen.unwrap_or(parent.preopens),
            max_memory: spec.max_memory.unwrap_or(parent.max_memory),
            max_cpu_time: spec.max_cpu_time.map_or(parent.max_cpu_time, |limit| limit.0),
            max_wall_time: spec.max_wall_time.map_or(parent.max_wall_time, |limit| limit.0),
        }
    }
}

/// The `[capabilities]` table: profiles by name.
pub type ProfileTable = BTreeMap<String, ProfileSpec>;

/// Why the profiles of a table do not resolve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A table bears a built-in name.
    #[error("profile `{0}` is built in and cannot be redefined")]
    BuiltIn(String),
    /// `inherits` names no profile.
    #[error("profile `{profile}` inherits from `{parent}`, which does not exist")]
    UnknownParent {
        /// The table that says so.
        profile: String,
        /// The name that it gives.
        parent: String,
    },
    /// `inherits` leads back to where it started. Reported once for a cycle, at its first name.
    #[error("profile `{}` inherits from itself: {}", .0[0], .0.join(" -> "))]
    Cycle(Vec<String>),
}

/// Resolves every profile of `table`, the built-in ones included. All that is wrong is reported, not only the
/// first of it.
pub fn resolve(table: &ProfileTable) -> Result<BTreeMap<String, Profile>, Vec<ProfileError>> {
    let mut errors: Vec<_> = BUILT_IN
        .iter()
        .filter(|name| table.contains_key(**name))
        .map(|name| ProfileError::BuiltIn((*name).into()))
        .collect();
    let mut profiles: BTreeMap<_, _> =
        BUILT_IN.iter().filter_map(|name| Some(((*name).into(), Profile::built_in(name)?))).collect();
    for name in table.keys().filter(|name| !BUILT_IN.contains(&name.as_str())) {
        match resolve_one(table, name) {
            Ok(profile) => drop(profiles.insert(name.clone(), profile)),
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(profiles) } else { Err(errors) }
}

/// Walks from `name` up to a built-in profile, then applies the tables on the way back down.
fn resolve_one(table: &ProfileTable, name: &str) -> Result<Profile, ProfileError> {
    let mut chain: Vec<(&str, &ProfileSpec)> = Vec::new();
    let mut current = name;
    let base = loop {
        if let Some(profile) = Profile::built_in(current) {
            break profile;
        }
        if let Some(start) = chain.iter().position(|(seen, _)| *seen == current) {
            return Err(cycle(chain[start..].iter().map(|(name, _)| (*name).to_string()).collect()));
        }
        let Some(spec) = table.get(current) else {
            let profile = chain.last().map_or(name, |(child, _)| child).into();
            return Err(ProfileError::UnknownParent { profile, parent: current.into() });
        };
        chain.push((current, spec));
        current = spec.inherits.as_deref().unwrap_or(DEFAULT);
    };
    Ok(chain.into_iter().rev().fold(base, |parent, (name, spec)| spec.apply(name, parent)))
}

/// The same cycle reads the same from wherever it was entered: its alphabetically first name leads.
fn cycle(mut names: Vec<String>) -> ProfileError {
    let first = (0..names.len()).min_by_key(|&i| &names[i]).unwrap_or(0);
    names.rotate_left(first);
    names.push(names[0].clone());
    ProfileError::Cycle(names)
}

/// A grant that may be narrowed to a list: `false`, `true`, or names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Grant<T> {
    /// Denied.
    #[default]
    None,
    /// Allowed without restriction.
    All,
    /// Allowed for these alone. Never empty: an empty list is [`Grant::None`].
    Only(Vec<T>),
}

impl<T> Grant<T> {
    /// Whether it covers anything.
    pub fn is_granted(&self) -> bool {
        !matches!(self, Grant::None)
    }
}

impl Grant<String> {
    /// Whether it covers this name.
    pub fn allows(&self, name: &str) -> bool {
        match self {
            Grant::None => false,
            Grant::All => true,
            Grant::Only(names) => names.iter().any(|granted| granted == name),
        }
    }
}

impl Grant<HostPattern> {
    /// Whether it covers this host, as it stands in a URL, and port.
    ///
    /// It is the name that is asked about, not the address that it resolves to: whoever answers for a granted
    /// name decides what it leads to, an address inside the node's own network included.
    pub fn allows_host(&self, host: &str, port: u16) -> bool {
        match self {
            Grant::None => false,
            Grant::All => true,
            Grant::Only(patterns) => patterns.iter().any(|pattern| pattern.covers(host, port)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Grant<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GrantVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for GrantVisitor<T> {
            type Value = Grant<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a list of names")
            }

            fn visit_bool<E: de::Error>(self, granted: bool) -> Result<Grant<T>, E> {
                Ok(if granted { Grant::All } else { Grant::None })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Grant<T>, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(if names.is_empty() { Grant::None } else { Grant::Only(names) })
            }
        }
        deserializer.deserialize_any(GrantVisitor(std::marker::PhantomData))
    }
}

/// A host that outbound HTTP may reach: `api.example.com`, `*.example.org`, `localhost:8443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Whether any subdomain of `host` is meant (and not `host` itself), written as a leading `*.`.
    pub subdomains: bool,
    /// A name in lower case, or an IPv4 address, or an IPv6 address in brackets.
    pub host: String,
    /// The port; any when absent.
    pub port: Option<u16>,
}

/// A host pattern that names no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a host such as \"api.example.com\" or \"*.example.org:8443\", found `{0}`")]
pub struct HostPatternError(String);

impl HostPattern {
    fn covers(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|granted| granted != port) {
            return false;
        }
        // `example.com.` is the same name, said to be complete.
        let host = host.strip_suffix('.').unwrap_or(host);
        if let (Some(host), Some(granted)) = (ipv6(host), ipv6(&self.host)) {
            return host == granted;
        }
        if !self.subdomains {
            return host.eq_ignore_ascii_case(&self.host);
        }
        let (host, parent) = (host.as_bytes(), self.host.as_bytes());
        let Some(below) = host.len().checked_sub(parent.len()) else { return false };
        below > 1 && host[below - 1] == b'.' && host[below..].eq_ignore_ascii_case(parent)
    }
}

/// The address that stands in brackets in a URL.
fn ipv6(host: &str) -> Option<std::net::Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Whether a resolver would take it for an IPv4 address, in any of the forms that `inet_aton` knows.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => last.bytes().all(|b| b.is_ascii_digit()),
    }
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, HostPatternError> {
        let error = || HostPatternError(text.into());
        let (subdomains, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        // A colon inside the brackets of an IPv6 address is no port's.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().map_err(|_| error())?)),
            _ => (rest, None),
        };
        // An address has no subdomains, though it has dots.
        if !is_host(host) || subdomains && ends_in_number(host) {
            return Err(error());
        }
        Ok(Self { subdomains, host: host.to_ascii_lowercase(), port })
    }
}

fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        return ipv6(host).is_some();
    }
    host.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    })
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A directory of the host that a component sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preopen {
    /// The host's directory, relative to the manifest.
    pub host: PathBuf,
    /// Where the component sees it.
    pub guest: String,
    /// Whether it may only be read. Read-only unless the table says otherwise.
    #[serde(default = "read_only")]
    pub read_only: bool,
}

fn read_only() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(inherits: &str) -> ProfileSpec {
        ProfileSpec { inherits: Some(inherits.into()), ..ProfileSpec::default() }
    }

    fn table<const N: usize>(specs: [(&str, ProfileSpec); N]) -> ProfileTable {
        specs.into_iter().map(|(name, spec)| (name.into(), spec)).collect()
    }

    #[test]
    fn sandboxed_grants_nothing() {
        let profile = Profile::default();
        assert_eq!(profile.name, "sandboxed");
        assert_eq!(
            (profile.network, profile.spawn, profile.storage),
            (Grant::None, Grant::None, Grant::None)
        );
        assert!(!profile.stdio && !profile.sockets && !profile.process_control);
        assert!(profile.env.is_empty() && profile.preopens.is_empty());
    }

    #[test]
    fn a_profile_takes_what_it_does_not_say_from_its_parent() {
        let base = ProfileSpec { max_memory: Some(Size::mib(8)), ..spec("trusted") };
        let child =
            ProfileSpec { allow_stdio: Some(false), max_cpu_time: Some(TimeLimit(None)), ..spec("base") };
        let profiles = resolve(&table([("base", base), ("child", child)])).unwrap();
        let child = &profiles["child"];
        assert_eq!((child.name.as_str(), child.stdio, child.max_cpu_time), ("child", false, None));
        assert_eq!((child.max_memory, &child.spawn), (Size::mib(8), &Grant::All));
    }

    #[test]
    fn without_a_parent_a_profile_is_sandboxed() {
        let profiles = resolve(&table([("plain", ProfileSpec::default())])).unwrap();
        assert_eq!(profiles["plain"], Profile { name: "plain".into(), ..Profile::default() });
    }

    #[test]
    fn every_error_is_reported_and_a_cycle_once() {
        let table = table([
            ("a", spec("b")),
            ("b", spec("c")),
            ("c", spec("a")),
            ("into-the-cycle", spec("b")),
            ("orphan", spec("nobody")),
            ("trusted", ProfileSpec::default()),
        ]);
        let messages: Vec<_> = resolve(&table).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "profile `trusted` is built in and cannot be redefined",
                "profile `a` inherits from itself: a -> b -> c -> a",
                "profile `orphan` inherits from `nobody`, which does not exist",
            ]
        );
    }

    #[test]
    fn an_unknown_parent_is_blamed_on_the_table_that_names_it() {
        let errors = resolve(&table([("x", spec("y")), ("y", spec("z"))])).unwrap_err();
        assert_eq!(errors, [ProfileError::UnknownParent { profile: "y".into(), parent: "z".into() }]);
    }

    #[test]
    fn host_patterns() {
        let parse = |text: &str| text.parse::<HostPattern>().ok().map(|p| (p.subdomains, p.host, p.port));
        assert_eq!(parse("API.example.com"), Some((false, "api.example.com".into(), None)));
        assert_eq!(parse("*.example.org:8443"), Some((true, "example.org".into(), Some(8443))));
        assert_eq!(parse("[::1]:80"), Some((false, "[::1]".into(), Some(80))));
        assert_eq!(parse("[::1]"), Some((false, "[::1]".into(), None)));
        for bad in
            ["", "*", "*.", "https://example.com", "a..b", "a b", "example.com:", "example.com:99999", "::1"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_host_is_granted_by_name_and_port() {
        let granted = |pattern: &str, host, port| {
            Grant::Only(vec![pattern.parse::<HostPattern>().unwrap()]).allows_host(host, port)
        };
        for (pattern, host, port, expected) in [
            ("api.example.com", "api.example.com", 443, true),
            ("api.example.com", "API.Example.COM.", 80, true),
            ("api.example.com", "example.com", 443, false),
            ("api.example.com", "xapi.example.com", 443, false),
            ("api.example.com", "api.example.com.evil.org", 443, false),
            ("api.example.com:8443", "api.example.com", 8443, true),
            ("api.example.com:8443", "api.example.com", 443, false),
            ("*.example.org", "a.example.org", 443, true),
            ("*.example.org", "a.b.EXAMPLE.org.", 443, true),
            ("*.example.org", "example.org", 443, false),
            ("*.example.org", ".example.org", 443, false),
            ("*.example.org", "badexample.org", 443, false),
            ("*.example.org:8443", "a.example.org", 443, false),
            // Addresses are granted as such, in the form in which they stand in a URL.
            ("127.0.0.1", "127.0.0.1", 80, true),
            ("127.0.0.1", "127.1", 80, false),
            ("127.0.0.1", "0x7f000001", 80, false),
            ("127.0.0.1", "[::ffff:127.0.0.1]", 80, false),
            ("localhost", "127.0.0.1", 80, false),
            ("[::1]:8080", "[0:0:0:0:0:0:0:1]", 8080, true),
            ("[::1]", "[::2]", 80, false),
            ("[::1]", "::1", 80, false),
        ] {
            assert_eq!(granted(pattern, host, port), expected, "{pattern} for {host}:{port}");
        }
        assert!(Grant::<HostPattern>::All.allows_host("anything", 1));
        assert!(!Grant::<HostPattern>::None.allows_host("anything", 1));
    }

    #[test]
    fn an_address_has_no_subdomains() {
        for pattern in ["*.0.0.1", "*.0x1", "*.1"] {
            assert!(pattern.parse::<HostPattern>().is_err(), "{pattern}");
        }
        assert!("*.1und1.de".parse::<HostPattern>().is_ok());
    }
}
