//! The types of TypeScript components, checked by the TypeScript compiler.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;

use super::tool::Tool;
use super::{entries, sdk};
use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, Source, shown};
use crate::files::write_if_changed;

/// The compiler, where it is not to be looked for.
const VARIABLE: &str = "RUSM_TSC";

/// For apps that have no `tsconfig.json`: what bundling goes by.
const CONFIG: &str = include_str!("tsconfig.json");

/// Checks the types of the app's components. Without a compiler that cannot be, which is said and is no error: a machine
/// that only serves has none.
pub(crate) fn check(app: &App) -> anyhow::Result<()> {
    let entries = entries(app)?;
    if entries.is_empty() {
        return Ok(());
    }
    sdk::link(app)?;
    let typed = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "ts" || kind == "tsx");
    let projects: BTreeSet<PathBuf> = entries
        .iter()
        .filter(|entry| typed(entry))
        .map(|entry| project(app, entry))
        .collect::<anyhow::Result<_>>()?;
    if projects.is_empty() {
        return Ok(());
    }
    let Some(tsc) = Tool::find(app, "tsc", VARIABLE) else {
        Diagnostic::warning("the types are not checked, for there is no TypeScript compiler")
            .help("install it with `bun add --dev typescript`, or name one by RUSM_TSC")
            .print();
        return Ok(());
    };
    let mut report = Report::default();
    for project in &projects {
        report.append(errors(app, &tsc, project)?);
    }
    Ok(report.into_result(())?)
}

/// The `tsconfig.json` that is nearest to a component, or the one that is made for those that have none.
fn project(app: &App, entry: &Path) -> anyhow::Result<PathBuf> {
    let folders = entry.ancestors().skip(1).take_while(|folder| folder.starts_with(app.root()));
    let nearest = folders.map(|folder| folder.join("tsconfig.json")).find(|path| path.is_file());
    if let Some(nearest) = nearest {
        return Ok(nearest);
    }
    let path = app.own_folder().join("tsconfig.json");
    write_if_changed(&path, CONFIG.as_bytes()).with_context(|| format!("cannot write {}", shown(&path)))?;
    Ok(path)
}

/// What the compiler finds in a project.
fn errors(app: &App, tsc: &Tool, project: &Path) -> anyhow::Result<Report> {
    let root = std::path::absolute(app.root()).context("cannot tell the current folder")?;
    let project = std::path::absolute(project).context("cannot tell the current folder")?;
    let output = tsc
        .command()
        .args(["--noEmit", "--pretty", "false", "--project"])
        .arg(project)
        .current_dir(&root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| tsc.not_started(&error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut report = Report::default();
    if output.status.success() {
        return Ok(report);
    }
    let mut found: Vec<(Option<Place<'_>>, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match found.last_mut() {
            // What explains an error further is indented below it.
            Some((_, error)) if line.starts_with(' ') => *error = format!("{error}\n{line}"),
            _ => found.push(match Place::read(line) {
                Some((place, error)) => (Some(place), error.to_owned()),
                None => (None, line.to_owned()),
            }),
        }
    }
    if found.is_empty() {
        report.push(Diagnostic::error(format!("the TypeScript compiler ended with {}", output.status)));
    }
    for (place, error) in found {
        report.push(diagnostic(app, place, &error));
    }
    Ok(report)
}

fn diagnostic(app: &App, place: Option<Place<'_>>, error: &str) -> Diagnostic {
    let (first, more) = error.split_once('\n').unwrap_or((error, ""));
    let mut diagnostic = Diagnostic::error(first.strip_prefix("error ").unwrap_or(first));
    if let Some(place) = place {
        let path = app.root().join(place.file);
        diagnostic = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let at = offset(&text, place.line, place.column);
                let end = at + word(&text[at..]);
                diagnostic.at(&Source::new(&path, text), at..end, "")
            }
            Err(_) => diagnostic.note(format!("{}:{}:{}", place.file, place.line, place.column)),
        };
    }
    if more.is_empty() { diagnostic } else { diagnostic.note(more.trim()) }
}

/// `FILE(LINE,COLUMN)`.
struct Place<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Place<'a> {
    /// The place at the beginning of the compiler's line, and the rest.
    fn read(line: &'a str) -> Option<(Self, &'a str)> {
        let (place, error) = line.split_once("): ")?;
        let (file, position) = place.rsplit_once('(')?;
        let (line, column) = position.split_once(',')?;
        Some((Place { file, line: line.parse().ok()?, column: column.parse().ok()? }, error))
    }
}

/// Where a line's column is in a text. Lines and columns count from one, and columns in UTF-16.
pub(crate) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut left = column.saturating_sub(1);
    let mut at = start;
    for letter in text[start..].chars().take_while(|letter| *letter != '\n') {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(letter.len_utf16());
        at += letter.len_utf8();
    }
    at
}

/// How far the word goes that a text begins with.
pub(crate) fn word(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')));
    let letter = text.chars().next().filter(|letter| *letter != '\n').map_or(0, char::len_utf8);
    end.unwrap_or(text.len()).max(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_in_its_text() {
        let text = "a\né𝄞 word\n";
        assert_eq!(offset(text, 1, 1), 0);
        assert_eq!(&text[offset(text, 2, 5)..][..word("word\n")], "word");
        // Beyond a line's end, beyond the text's.
        assert_eq!(offset(text, 1, 9), 1);
        assert_eq!(offset(text, 9, 9), text.len());
        assert_eq!((word("(x"), word("\n"), word("")), (1, 0, 0));
    }

    #[test]
    fn the_compilers_lines_are_read() {
        let (place, error) = Place::read("a(1)/x.ts(3,14): error TS2322: Type 'a' is not 'b'.").unwrap();
        assert_eq!((place.file, place.line, place.column), ("a(1)/x.ts", 3, 14));
        assert_eq!(error, "error TS2322: Type 'a' is not 'b'.");
        assert!(Place::read("error TS18003: No inputs were found").is_none());
    }
}
