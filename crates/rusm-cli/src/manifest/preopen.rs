//! The directories of the host that profiles share, and where the manifest says so.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Report, Source, shown};

/// Each `host` of a `preopen`, with its place.
#[derive(Debug, Clone, Default)]
pub(super) struct Preopens(Vec<(Range<usize>, PathBuf)>);

impl Preopens {
    /// Reads what is of the right form; the rest is reported by whoever reads the profiles.
    pub(super) fn find(root: &DeTable<'_>) -> Preopens {
        let profiles = table(root.get("capabilities")).into_iter().flat_map(DeTable::values);
        let preopens = profiles.filter_map(|profile| table(Some(profile))?.get("preopen"));
        let entries =
            preopens.filter_map(|preopens| preopens.get_ref().as_array()).flat_map(|entries| entries.iter());
        let hosts = entries.filter_map(|entry| table(Some(entry))?.get("host"));
        Preopens(hosts.filter_map(|host| Some((host.span(), host.get_ref().as_str()?.into()))).collect())
    }

    pub(super) fn check(&self, root: &Path, source: &Arc<Source>) -> Result<(), Report> {
        let mut report = Report::default();
        for (span, host) in &self.0 {
            let path = root.join(host);
            let title = match path.metadata() {
                Ok(found) if found.is_dir() => continue,
                Ok(_) => format!("{} is no directory", shown(&path)),
                Err(error) => format!("the directory {} cannot be shared: {error}", shown(&path)),
            };
            report.push(Diagnostic::error(title).at(source, span.clone(), "relative to this file"));
        }
        report.in_order().into_result(())
    }
}

fn table<'t>(value: Option<&'t Spanned<DeValue<'t>>>) -> Option<&'t DeTable<'t>> {
    value.and_then(|value| value.get_ref().as_table())
}
