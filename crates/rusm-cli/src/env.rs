//! The values of environment variables: the process's own first, then those of `.env` beside the manifest.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use anyhow::Context;

use crate::diagnostic::{Diagnostic, Report, shown};

/// Where a component's variables get their values.
#[derive(Debug, Default)]
pub struct Env {
    file: BTreeMap<String, String>,
}

impl Env {
    /// Reads `path`, which need not exist.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self { file: parse(path, &text)? }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The variable's value. One that is set in the process wins, empty or not; one that is not Unicode counts as
    /// unset.
    pub fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().or_else(|| self.file.get(name).cloned())
    }
}

/// Reads lines of `NAME=value`. Empty lines and lines that begin with `#` are skipped, `export` in front is
/// allowed, as is white space around name and value. A value in single quotes is literal; in double quotes
/// `\n`, `\t`, `\"` and `\\` are escapes; a bare value ends at ` #`. Nothing is substituted, nothing spans lines.
/// The last line of a name wins.
fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, String>, Report> {
    let mut values = BTreeMap::new();
    let mut report = Report::default();
    for (number, line) in (1..).zip(text.lines()) {
        match entry(line.trim()) {
            Ok(Some((name, value))) => drop(values.insert(name.into(), value)),
            Ok(None) => {}
            // The line is not shown: it may well be a secret.
            Err(fault) => report.push(Diagnostic::error(format!("{}:{number}: {fault}", shown(path)))),
        }
    }
    report.into_result(values)
}

fn entry(line: &str) -> Result<Option<(&str, String)>, &'static str> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("expected `NAME=value`")?;
    let name = name.trim();
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !valid {
        return Err("a name is made of letters, digits and `_`, and starts with no digit");
    }
    Ok(Some((name, unquote(value.trim())?)))
}

fn unquote(value: &str) -> Result<String, &'static str> {
    const UNCLOSED: &str = "the quote is not closed on this line";
    let (text, rest) = if let Some(literal) = value.strip_prefix('\'') {
        let (text, rest) = literal.split_once('\'').ok_or(UNCLOSED)?;
        (text.to_string(), rest)
    } else if let Some(escaped) = value.strip_prefix('"') {
        unescape(escaped).ok_or(UNCLOSED)?
    } else {
        let bare = if value.starts_with('#') { "" } else { value };
        return Ok(bare.split_once(" #").map_or(bare, |(bare, _)| bare).trim_end().to_string());
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(text)
    } else {
        Err("there is text behind the closing quote")
    }
}

/// The text up to the closing quote, and what follows it. An unknown escape stays as it is written.
fn unescape(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Result<Vec<(String, String)>, String> {
        parse(Path::new("./.env"), text)
            .map(|values| values.into_iter().collect())
            .map_err(|report| report.to_string())
    }

    #[test]
    fn lines_set_variables() {
        let text = "# a comment\n\nA=1\nexport B = two words # not these\nC='as # is\\n'\nD=\"x\\n\\\"y\\\" \\d\" # z\r\n\
                    E=\nF=a=b#c\nA=2\nG= # nothing";
        let expected = [
            ("A", "2"),
            ("B", "two words"),
            ("C", "as # is\\n"),
            ("D", "x\n\"y\" \\d"),
            ("E", ""),
            ("F", "a=b#c"),
            ("G", ""),
        ];
        assert_eq!(values(text).unwrap(), expected.map(|(name, value)| (name.into(), value.into())));
    }

    #[test]
    fn every_bad_line_is_reported() {
        insta::assert_snapshot!(values("A=1\nB\n2C=3\nD='open\nE=\"x\" y\n").unwrap_err());
    }

    #[test]
    fn the_process_comes_first() {
        let file = [("PATH", "from the file"), ("RUSM_TEST_ONLY_IN_FILE", "yes")];
        let env = Env { file: file.map(|(name, value)| (name.into(), value.into())).into() };
        assert_eq!(env.get("PATH"), std::env::var("PATH").ok());
        assert_eq!(env.get("RUSM_TEST_ONLY_IN_FILE").as_deref(), Some("yes"));
        assert_eq!(env.get("RUSM_TEST_IN_NEITHER"), None);
    }

    #[test]
    fn no_file_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Env::load(&folder.path().join(".env")).unwrap().file.is_empty());
    }
}
