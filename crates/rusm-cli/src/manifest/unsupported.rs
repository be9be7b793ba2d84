//! Keys of the schema that this version cannot honour. They are refused, never silently ignored.

use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Report, Source};

/// A key, what it is for, and the values that ask for nothing and may therefore stay. In a path `*` is any key of
/// a table or any element of an array.
struct Unsupported {
    path: &'static str,
    feature: &'static str,
    harmless: fn(&DeValue<'_>) -> bool,
}

const fn key(path: &'static str, feature: &'static str, harmless: fn(&DeValue<'_>) -> bool) -> Unsupported {
    Unsupported { path, feature, harmless }
}

/// Take a line away when its feature arrives.
const TABLE: &[Unsupported] = &[
    key("node.admin", "the admin listener", never),
    key("log.access", "the access log", off),
    key("serve.*.tls", "TLS", never),
    key("serve.*.headers", "setting headers of every reply", never),
];

fn never(_: &DeValue<'_>) -> bool {
    false
}

fn off(value: &DeValue<'_>) -> bool {
    value.as_bool() == Some(false) || empty(value)
}

fn empty(value: &DeValue<'_>) -> bool {
    value.as_array().is_some_and(|items| items.is_empty())
}

/// A diagnostic for each use of a key that this version cannot honour.
pub(super) fn find(root: &DeTable<'_>, source: &Arc<Source>) -> Report {
    let mut found = Report::default();
    for key in TABLE {
        let mut segments = key.path.split('.');
        let Some(first) = segments.next() else { continue };
        let rest: Vec<_> = segments.collect();
        in_table(root, first, &rest, &mut |span, value| {
            if !(key.harmless)(value) {
                let title = format!("{} is not supported by this version of rusm yet", key.feature);
                found.push(Diagnostic::error(title).at(source, span, ""));
            }
        });
    }
    found
}

type Visit<'v> = dyn FnMut(Range<usize>, &DeValue<'_>) + 'v;

/// Calls `visit` with the key's place and the value for each entry that the path leads to.
fn in_table(table: &DeTable<'_>, segment: &str, rest: &[&str], visit: &mut Visit<'_>) {
    for (key, value) in table.iter().filter(|(key, _)| segment == "*" || segment == key.get_ref()) {
        match (rest, value.get_ref()) {
            ([], value) => visit(key.span(), value),
            ([next, rest @ ..], DeValue::Table(table)) => in_table(table, next, rest, visit),
            (["*", next, rest @ ..], DeValue::Array(items)) => {
                for table in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    in_table(table, next, rest, visit);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path with a slip in it would refuse nothing.
    #[test]
    fn every_path_ends_in_a_key_of_the_schema() {
        let schema = include_str!("../../../../rusm.toml.example");
        // In the types and not in the example: their content has no schema yet.
        let unread = ["tls", "headers"];
        for key in TABLE {
            let name = key.path.rsplit('.').next().unwrap();
            let is_set = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{name} = "));
            assert!(unread.contains(&name) || schema.lines().any(is_set), "{}", key.path);
        }
    }
}
