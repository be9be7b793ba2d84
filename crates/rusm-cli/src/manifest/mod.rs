//! `rusm.toml`: read once, checked whole, and from then on typed.

mod component;
mod folder;
mod listener;
mod node;
mod preopen;
mod route;
#[cfg(test)]
mod tests;
mod unsupported;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rusm_wasm::profile::{self, Profile, ProfileError, ProfileSpec, ProfileTable};
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

pub use self::component::{Component, Kind, Restart};
pub use self::listener::{Listener, Protocol};
pub use self::node::{Log, LogFormat, LogLevel, Node, Percent};
use self::preopen::Preopens;
pub use self::route::{Route, RouteError, Routes, Target};
use self::value::read;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::name::ComponentName;
use crate::suggest::{did_you_mean, list, nearest};

/// Names of residents, and their places in the text.
pub type Residents = Vec<(ComponentName, Range<usize>)>;

/// A manifest in which everything refers to something that exists.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// `[node]`.
    pub node: Node,
    /// `[log]`.
    pub log: Log,
    /// Each `[[serve]]`, in order.
    pub listeners: Vec<Listener>,
    /// Every profile by name, the built-in ones included.
    pub profiles: BTreeMap<String, Profile>,
    /// Each `[components.<name>]`.
    pub components: BTreeMap<ComponentName, Component>,
    /// The residents among them and their places, in the manifest's order.
    pub residents: Residents,
    /// The kinds that the manifest gives components, which are to be those that they have.
    pub kinds: Vec<(ComponentName, Kind, Range<usize>)>,
    /// The text that it was read from, for diagnostics.
    pub source: Arc<Source>,
    unsupported: Report,
    preopens: Preopens,
}

impl Manifest {
    /// Reads a manifest of an app that has the components `components`. All errors are reported at once.
    pub fn parse(source: &Arc<Source>, components: &[ComponentName]) -> Result<Self, Report> {
        let (document, errors) = DeTable::parse_recoverable(&source.text);
        let mut report = Report::default();
        for error in errors {
            let span = error.span().unwrap_or_default();
            report.push(Diagnostic::error(format!("invalid TOML: {}", error.message())).at(source, span, ""));
        }
        // What the parser made of a broken text is no ground for further complaints.
        report.in_order().into_result(())?;
        Reader { source, known: Known { components, source }, report: Report::default() }
            .manifest(document.get_ref())
    }

    /// The profile under which a component runs.
    pub fn profile_of(&self, component: &ComponentName) -> Profile {
        self.components
            .get(component)
            .and_then(|component| component.capability.as_ref())
            .and_then(|name| self.profiles.get(name))
            .cloned()
            .unwrap_or_default()
    }

    /// An error for each key whose feature this version of the node does not have. For `check` and `serve`, which
    /// refuse them; a build does not care.
    pub fn supported(&self) -> Result<(), Report> {
        self.unsupported.clone().into_result(())
    }

    /// An error for each folder that a route leads to and that cannot be served. Relative ones lie in `root`.
    pub fn check_folders(&self, root: &Path) -> Result<(), Report> {
        folder::check(&self.listeners, root, &self.source)
    }

    /// An error for each directory that a profile shares and that is not there. Relative ones lie in `root`.
    pub fn check_preopens(&self, root: &Path) -> Result<(), Report> {
        self.preopens.check(root, &self.source)
    }
}

/// What the manifest may refer to.
struct Known<'a> {
    components: &'a [ComponentName],
    source: &'a Arc<Source>,
}

impl Known<'_> {
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.components.iter().map(ComponentName::as_str)
    }

    fn check_component(&self, name: &ComponentName, span: Range<usize>, report: &mut Report) {
        if self.components.contains(name) {
            return;
        }
        let label = nearest(name.as_str(), self.names()).map(|near| format!("did you mean `{near}`?"));
        let help = match list(self.names(), "and") {
            Some(all) => format!("the app has {all} in components/"),
            None => "the app has no components yet: each folder of components/ is one".to_string(),
        };
        let error = Diagnostic::error(format!("no component is named `{name}`"));
        report.push(error.at(self.source, span, label.unwrap_or_default()).help(help));
    }
}

const TABLES: [&str; 5] = ["node", "log", "serve", "capabilities", "components"];

/// What `[components]` says.
#[derive(Default)]
struct Components {
    tables: BTreeMap<ComponentName, Component>,
    /// By their places.
    residents: BTreeMap<usize, (ComponentName, Range<usize>)>,
    kinds: Vec<(ComponentName, Kind, Range<usize>)>,
}

struct Reader<'a> {
    source: &'a Arc<Source>,
    known: Known<'a>,
    report: Report,
}

impl Reader<'_> {
    fn manifest(mut self, root: &DeTable<'_>) -> Result<Manifest, Report> {
        for key in root.keys().filter(|key| !TABLES.contains(&key.get_ref().as_ref())) {
            let word = key.get_ref();
            let error = Diagnostic::error(format!("unknown table `{word}`"));
            self.report.push(error.at(self.source, key.span(), did_you_mean(word, TABLES)));
        }
        let node = self.section(root, "node");
        let log = self.section(root, "log");
        let listeners = self.listeners(root);
        let (profiles, names) = self.profiles(root);
        let Components { tables: components, residents, kinds } = self.components(root, &names);
        let unsupported = unsupported::find(root, self.source).in_order();
        let preopens = Preopens::find(root);
        self.report.in_order().into_result(Manifest {
            node,
            log,
            listeners,
            profiles,
            components,
            residents: residents.into_values().collect(),
            kinds,
            source: Arc::clone(self.source),
            unsupported,
            preopens,
        })
    }

    fn mismatch(&mut self, what: &str, span: Range<usize>, label: &str) {
        self.report.push(Diagnostic::error(format!("`{what}` has the wrong form")).at(
            self.source,
            span,
            label,
        ));
    }

    /// `[name]`, a single table of scalars.
    fn section<T: serde::de::DeserializeOwned + Default>(&mut self, root: &DeTable<'_>, name: &str) -> T {
        match root.get(name).map(|value| (value.get_ref(), value.span())) {
            None => T::default(),
            Some((DeValue::Table(table), _)) => {
                read(table, &format!("[{name}]"), self.source, &mut self.report)
            }
            Some((_, span)) => {
                self.mismatch(name, span, &format!("write `[{name}]`"));
                T::default()
            }
        }
    }

    fn listeners(&mut self, root: &DeTable<'_>) -> Vec<Listener> {
        let Some(value) = root.get("serve") else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.mismatch("serve", value.span(), "there may be several: write `[[serve]]`");
            return Vec::new();
        };
        let mut listeners: Vec<Listener> = Vec::new();
        let mut addresses = BTreeMap::new();
        for item in items {
            let DeValue::Table(table) = item.get_ref() else {
                self.mismatch("serve", item.span(), "write `[[serve]]`");
                continue;
            };
            let listener = Listener::read(table, item.span(), &self.known, self.source, &mut self.report);
            if let Some(address) = table.get("listen").filter(|_| listener.listen.port() != 0)
                && let Some(first) = addresses.insert(listener.listen, address.span())
            {
                let error = Diagnostic::error("two listeners have the same address");
                self.report
                    .push(error.at(self.source, address.span(), "taken").context(first, "by this one"));
            }
            listeners.push(listener);
        }
        listeners
    }

    /// `[name.*]`: the tables of a table, with their names and places.
    fn tables<'t>(
        &mut self,
        root: &'t DeTable<'t>,
        name: &str,
    ) -> Vec<(&'t Spanned<Text<'t>>, &'t DeTable<'t>)> {
        let Some(value) = root.get(name) else {
            return Vec::new();
        };
        let DeValue::Table(tables) = value.get_ref() else {
            self.mismatch(name, value.span(), &format!("write `[{name}.<name>]`"));
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in tables {
            match value.get_ref() {
                DeValue::Table(table) => found.push((key, table)),
                _ => {
                    self.mismatch(
                        key.get_ref(),
                        value.span(),
                        &format!("write `[{name}.{}]`", key.get_ref()),
                    );
                }
            }
        }
        found
    }

    /// The resolved profiles, and the names that a component may give: those of the broken ones too.
    fn profiles(&mut self, root: &DeTable<'_>) -> (BTreeMap<String, Profile>, Vec<String>) {
        let tables = self.tables(root, "capabilities");
        let mut table = ProfileTable::new();
        for (key, entries) in &tables {
            let name = key.get_ref().to_string();
            let spec: ProfileSpec =
                read(entries, &format!("[capabilities.{name}]"), self.source, &mut self.report);
            table.insert(name, spec);
            self.spawned(entries);
        }
        let names: Vec<_> =
            profile::BUILT_IN.into_iter().map(String::from).chain(table.keys().cloned()).collect();
        let errors = match profile::resolve(&table) {
            Ok(profiles) => return (profiles, names),
            Err(errors) => errors,
        };
        for error in errors {
            let at = |profile: &str| tables.iter().find(|(key, _)| key.get_ref() == profile);
            let (profile, label) = match &error {
                ProfileError::BuiltIn(name) => (name, "choose another name".to_string()),
                ProfileError::UnknownParent { profile, parent } => {
                    (profile, did_you_mean(parent, names.iter().map(String::as_str)))
                }
                ProfileError::Cycle(names) => (&names[0], "the circle starts here".to_string()),
            };
            let Some((key, entries)) = at(profile) else {
                continue;
            };
            let span = entries.get("inherits").map_or(key.span(), Spanned::span);
            self.report.push(Diagnostic::error(error.to_string()).at(self.source, span, label));
        }
        (BTreeMap::new(), names)
    }

    /// Checks that what a profile may spawn is there.
    fn spawned(&mut self, profile: &DeTable<'_>) {
        let Some(DeValue::Array(names)) = profile.get("allow-spawn").map(Spanned::get_ref) else { return };
        for item in names {
            let Some(text) = item.get_ref().as_str() else { continue };
            match text.parse() {
                Ok(name) => self.known.check_component(&name, item.span(), &mut self.report),
                Err(error) => {
                    let error = Diagnostic::error(error.to_string());
                    self.report.push(error.at(self.source, item.span(), ""));
                }
            }
        }
    }

    fn components(&mut self, root: &DeTable<'_>, profiles: &[String]) -> Components {
        let mut found = Components::default();
        for (key, entries) in self.tables(root, "components") {
            let text = key.get_ref();
            let component: Component =
                read(entries, &format!("[components.{text}]"), self.source, &mut self.report);
            if let (Some(name), Some(value)) = (&component.capability, entries.get("capability"))
                && !profiles.contains(name)
            {
                let error = Diagnostic::error(format!("no profile is named `{name}`"));
                let label = did_you_mean(name, profiles.iter().map(String::as_str));
                self.report.push(error.at(self.source, value.span(), label));
            }
            match text.parse::<ComponentName>() {
                Ok(name) => {
                    self.known.check_component(&name, key.span(), &mut self.report);
                    if component.resident {
                        found.residents.insert(key.span().start, (name.clone(), key.span()));
                    }
                    if let (Some(kind), Some(value)) = (component.kind, entries.get("kind")) {
                        found.kinds.push((name.clone(), kind, value.span()));
                    }
                    found.tables.insert(name, component);
                }
                Err(error) => {
                    self.report.push(Diagnostic::error(error.to_string()).at(self.source, key.span(), ""));
                }
            }
        }
        found
    }
}

type Text<'i> = toml::de::DeString<'i>;
