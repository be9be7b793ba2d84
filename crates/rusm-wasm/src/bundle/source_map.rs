//! Source maps: which line of TypeScript a line of a bundle was made from.
//!
//! The format is ECMA-426: `mappings` has a part for each line of the bundle, ended by `;`, and in it segments of
//! numbers in base 64, each told as its difference from the one before. Read here rather than by a crate, for one that
//! a bundler writes needs a tenth of what such crates do.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

/// The source map of one bundle.
#[derive(Debug)]
pub struct SourceMap {
    sources: Vec<String>,
    segments: Vec<Segment>,
    /// For each line of the bundle, where its segments begin; and where the last one's end.
    lines: Vec<usize>,
}

/// The source map beside a bundle, read when the first stack is to be shown: most components never fail.
#[derive(Debug)]
pub struct Places {
    /// The bundle's name in stacks.
    script: String,
    path: PathBuf,
    map: OnceLock<Option<SourceMap>>,
}

impl Places {
    /// Of the bundle in this file. One without a source map, or with one that is none, has its own places shown.
    pub fn of(script: &Path) -> Places {
        let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Places { script: name, path: super::source_map(script), map: OnceLock::new() }
    }

    /// See [`SourceMap::remap`]. Reads a file once, at the first text that names the bundle.
    pub fn remap<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(&self.script) {
            return Cow::Borrowed(text);
        }
        let read = || SourceMap::parse(&fs::read(&self.path).ok()?).ok();
        match self.map.get_or_init(read) {
            Some(map) => Cow::Owned(map.remap(&self.script, text)),
            None => Cow::Borrowed(text),
        }
    }
}

/// Why a file is no source map.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceMapError {
    /// Not what such a file has to be.
    #[error("this is no source map: {0}")]
    Json(#[from] serde_json::Error),
    /// The mappings break the format.
    #[error("the mappings of this source map are damaged, in line {line} of the bundle")]
    Mappings {
        /// Counted from one.
        line: usize,
    },
}

/// From this column on, in one line of the bundle, a source's text. Everything counts from zero.
#[derive(Debug)]
struct Segment {
    column: u32,
    /// None where it is no source's, but the bundler's own.
    source: Option<u32>,
    line: u32,
    original_column: u32,
}

#[derive(Deserialize)]
struct File {
    version: u32,
    sources: Vec<Option<String>>,
    mappings: String,
}

impl SourceMap {
    /// Reads a source map of version 3 without sections, as bundlers write it.
    pub fn parse(json: &[u8]) -> Result<SourceMap, SourceMapError> {
        let File { version, sources, mappings } = serde_json::from_slice(json)?;
        if version != 3 {
            return Err(SourceMapError::Json(serde::de::Error::custom("its version is not 3")));
        }
        let mut map = SourceMap {
            sources: sources.into_iter().map(Option::unwrap_or_default).collect(),
            segments: Vec::with_capacity(mappings.len() / 6),
            lines: vec![0],
        };
        // Only the columns of the bundle begin anew in each line.
        let mut before = [0; 4];
        for (index, line) in mappings.split(';').enumerate() {
            before[0] = 0;
            for segment in line.split(',').filter(|segment| !segment.is_empty()) {
                let damaged = || SourceMapError::Mappings { line: index + 1 };
                let segment = Segment::read(segment.as_bytes(), &mut before).ok_or_else(damaged)?;
                match segment.source {
                    Some(source) if source as usize >= map.sources.len() => return Err(damaged()),
                    _ => map.segments.push(segment),
                }
            }
            let first = map.lines.last().copied().unwrap_or_default();
            map.segments[first..].sort_by_key(|segment| segment.column);
            map.lines.push(map.segments.len());
        }
        Ok(map)
    }

    /// A text in which each place of the bundle, `<script>:LINE:COLUMN`, is told as a place of its source. Places that the
    /// map does not know stay as they are.
    pub fn remap(&self, script: &str, text: &str) -> String {
        let mut result = String::with_capacity(text.len() + text.len() / 2);
        let mut rest = text;
        while let Some(at) = rest.find(script) {
            let (before, found) = rest.split_at(at);
            let after = &found[script.len()..];
            result.push_str(before);
            // `my-api.js` is another file than `api.js`.
            let whole = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
            let place = place(after).filter(|_| whole);
            let found = place.and_then(|(line, column, rest)| Some((self.find(line, column)?, rest)));
            let Some(((source, line, column), further)) = found else {
                result.push_str(script);
                rest = after;
                continue;
            };
            for part in [source, ":", &line.to_string(), ":", &column.to_string()] {
                result.push_str(part);
            }
            rest = further;
        }
        result.push_str(rest);
        result
    }

    /// The source, line and column that a place of the bundle was made from. All count from one.
    pub fn find(&self, line: usize, column: usize) -> Option<(&str, usize, usize)> {
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        let (first, last) = (*self.lines.get(line)?, *self.lines.get(line + 1)?);
        let segments = &self.segments[first..last];
        let behind = segments.partition_point(|segment| segment.column as usize <= column);
        // What stands before a line's first segment is its indentation.
        let segment = segments.get(behind.saturating_sub(1))?;
        let source = self.sources.get(segment.source? as usize)?;
        Some((source, segment.line as usize + 1, segment.original_column as usize + 1))
    }
}

/// `:LINE:COLUMN` at the beginning of a text, and what follows.
fn place(text: &str) -> Option<(usize, usize, &str)> {
    let (line, rest) = number(text.strip_prefix(':')?)?;
    let (column, rest) = number(rest.strip_prefix(':')?)?;
    Some((line, column, rest))
}

fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

impl Segment {
    /// Reads one, by what the ones before it came to: column, source, line, column in the source.
    fn read(mut text: &[u8], before: &mut [i64; 4]) -> Option<Segment> {
        let mut fields = 0;
        while !text.is_empty() {
            let difference;
            (difference, text) = read_number(text)?;
            // The fifth is a name's, and of no use here.
            if let Some(value) = before.get_mut(fields) {
                *value += difference;
            }
            fields += 1;
        }
        let [column, source, line, original_column] = before.map(|value| u32::try_from(value).ok());
        let (column, line, original_column) = (column?, line?, original_column?);
        match fields {
            1 => Some(Segment { column, source: None, line, original_column }),
            4 | 5 => Some(Segment { column, source: Some(source?), line, original_column }),
            _ => None,
        }
    }
}

/// A number in base 64: five bits a digit, the lowest first; the sixth says that another follows, and the lowest of all
/// is the sign.
fn read_number(text: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0_i64;
    for (index, byte) in text.iter().enumerate() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        // Seven digits hold what a 32-bit number and its sign need.
        if index == 7 {
            return None;
        }
        value |= i64::from(digit & 31) << (5 * index);
        if digit & 32 == 0 {
            let size = value >> 1;
            return Some((if value & 1 == 0 { size } else { -size }, &text[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of three lines: the first has no source, the second begins in `a.ts` and ends in `b.ts`, the third is indented.
    const MAP: &str =
        r#"{"version":3,"sources":["a.ts","src/b.ts"],"names":[],"mappings":";AAEE,MAAM,GCDU;IADlB"}"#;

    fn map() -> SourceMap {
        SourceMap::parse(MAP.as_bytes()).unwrap()
    }

    #[test]
    fn a_place_is_that_of_the_segment_it_is_in() {
        let map = map();
        assert_eq!(map.find(1, 1), None);
        assert_eq!(map.find(2, 1), Some(("a.ts", 3, 3)));
        assert_eq!(map.find(2, 6), Some(("a.ts", 3, 3)));
        assert_eq!(map.find(2, 7), Some(("a.ts", 3, 9)));
        assert_eq!(map.find(2, 11), Some(("src/b.ts", 2, 19)));
        assert_eq!(map.find(3, 1), Some(("src/b.ts", 1, 1)));
        assert_eq!(map.find(4, 1), None);
        assert_eq!(map.find(0, 0), None);
    }

    #[test]
    fn what_the_bundler_added_has_no_source() {
        let json = r#"{"version":3,"sources":["a.ts"],"mappings":"AAAA,I,IAAAA"}"#;
        let map = SourceMap::parse(json.as_bytes()).unwrap();
        assert_eq!(map.find(1, 1), Some(("a.ts", 1, 1)));
        assert_eq!(map.find(1, 5), None);
        assert_eq!(map.find(1, 9), Some(("a.ts", 1, 1)));
    }

    #[test]
    fn a_stack_names_the_sources() {
        let stack =
            "Error: no api.js:1:1 (my-api.js:2:1)\n    at show (api.js:2:7)\n    at <anonymous> (api.js:2)";
        assert_eq!(
            map().remap("api.js", stack),
            "Error: no api.js:1:1 (my-api.js:2:1)\n    at show (a.ts:3:9)\n    at <anonymous> (api.js:2)"
        );
    }

    #[test]
    fn a_map_is_read_when_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("api.js");
        let places = Places::of(&script);
        assert_eq!(places.remap("Error: no"), "Error: no");
        fs::write(folder.path().join("api.js.map"), MAP).unwrap();
        assert_eq!(places.remap("at api.js:2:7"), "at a.ts:3:9");
        fs::write(folder.path().join("api.js.map"), "").unwrap();
        assert_eq!(places.remap("at api.js:2:7"), "at a.ts:3:9");
        assert_eq!(Places::of(&script).remap("at api.js:2:7"), "at api.js:2:7");
    }

    #[test]
    fn what_is_no_map_says_so() {
        let error = |mappings: &str| {
            let json = format!(r#"{{"version":3,"sources":["a.ts"],"mappings":"{mappings}"}}"#);
            SourceMap::parse(json.as_bytes()).unwrap_err().to_string()
        };
        // A character outside of base 64, a number without an end, two numbers, another source, a negative line.
        for bad in ["AAA*", "AAAg", "AA", "ACAA", "AADA", "gggggggggE"] {
            assert!(error(&format!("AAAA;{bad}")).contains("line 2"), "{bad}");
        }
        assert!(SourceMap::parse(b"{}").unwrap_err().to_string().contains("no source map"));
        assert!(SourceMap::parse(br#"{"version":2,"sources":[],"mappings":""}"#).is_err());
    }
}
