//! Names of components.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// The name of a component: of its folder, its package, and its process when it has one. A letter, then
/// letters, digits, `-` and `_`, at most 64 bytes: what cargo takes for a package and what needs no escape in a
/// route, a log line or a file's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct ComponentName(String);

/// Text that is no component's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name: a letter, then letters, digits, `-` and `_`, 64 characters at most")]
pub struct NameError(String);

impl ComponentName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ComponentName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.to_string().try_into()
    }
}

impl TryFrom<String> for ComponentName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let valid = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if valid { Ok(Self(text)) } else { Err(NameError(text)) }
    }
}

impl Borrow<str> for ComponentName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "api", "user-store2", "Chat_Room"] {
            assert!(good.parse::<ComponentName>().is_ok(), "{good}");
        }
        for bad in ["", "2fast", "-x", "a b", "a#b", "a.b", "é", "../up", &"x".repeat(65)] {
            assert!(bad.parse::<ComponentName>().is_err(), "{bad}");
        }
    }
}
