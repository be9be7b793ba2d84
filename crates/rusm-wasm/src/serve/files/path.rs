//! From the path of a request to one in a folder.

use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Hidden files are not served, but for the folder that RFC 8615 gives its name.
const WELL_KNOWN: &str = ".well-known";

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is asked of a folder: nothing but names, one below the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) path: PathBuf,
    /// Whether the path ended in a slash, as a folder's does.
    pub(super) is_folder: bool,
}

impl Wanted {
    /// Reads what the route's `*` took, as it arrived; none for what no file that is served has as its path.
    ///
    /// Each segment is decoded once and for itself, so that neither `%2f` nor `%252e` becomes what it was not.
    pub(super) fn parse(rest: &str) -> Option<Wanted> {
        let (names, is_folder) = match rest.strip_suffix('/') {
            Some(names) => (names, true),
            None => (rest, rest.is_empty()),
        };
        let mut path = PathBuf::new();
        if !rest.is_empty() {
            for segment in names.split('/') {
                let name = percent_decode_str(segment).decode_utf8().ok()?;
                path.push(is_name(&name).then_some(&*name)?);
            }
        }
        Some(Wanted { path, is_folder })
    }
}

/// Whether it names a file in every system's eyes. A backslash separates names in some, and browsers write a slash for it.
fn is_name(text: &str) -> bool {
    let is_hidden = text.starts_with('.') && text != WELL_KNOWN;
    !text.is_empty() && !is_hidden && !text.contains(|c: char| c == '/' || c == '\\' || c.is_control())
}

/// Where the folder is that was asked for without its last slash: relative to the request, so that it holds behind
/// a proxy that knows the folder by another path, and leads to no other host whatever the path looks like.
pub(super) fn with_slash(path: &str, query: Option<&str>) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let name: Vec<u8> = percent_decode_str(last).collect();
    let name = String::from_utf8_lossy(&name);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("./{}/{query}", utf8_percent_encode(&name, RESERVED))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Wanted, with_slash};

    #[test]
    fn names_are_decoded_once() {
        for (rest, path, is_folder) in [
            ("", "", true),
            ("a", "a", false),
            ("a/", "a", true),
            ("a/b%20c.txt", "a/b c.txt", false),
            ("%61%2D", "a-", false),
            ("caf%C3%A9", "café", false),
            ("a%252e%252e", "a%2e%2e", false),
            ("%252e%252e/a", "%2e%2e/a", false),
            ("a..b/c.", "a..b/c.", false),
            (".well-known/security.txt", ".well-known/security.txt", false),
        ] {
            let wanted = Wanted { path: PathBuf::from(path), is_folder };
            assert_eq!(Wanted::parse(rest), Some(wanted), "{rest}");
        }
    }

    #[test]
    fn what_is_no_name_leads_nowhere() {
        for rest in [
            ".",
            "..",
            "a/..",
            "a/../b",
            "%2e",
            "%2E%2e",
            "a/%2e%2e/b",
            "%2e./a",
            "...",
            "/",
            "//",
            "/a",
            "a//b",
            "a//",
            "%2f",
            "..%2f",
            "a%2Fb",
            "%2fetc/passwd",
            "\\",
            "..\\a",
            "a%5cb",
            "%00",
            "a%00.txt",
            "a%0a",
            "%7f",
            ".git/config",
            "a/.env",
            ".well-known/.git",
            "%c0%ae%c0%ae/a",
            "%ff",
        ] {
            assert_eq!(Wanted::parse(rest), None, "{rest}");
        }
    }

    #[test]
    fn a_folder_without_its_slash_is_found_from_where_it_was_asked_for() {
        for (path, query, location) in [
            ("/assets/docs", None, "./docs/"),
            ("/docs", Some("a=b&c"), "./docs/?a=b&c"),
            ("//evil.example", None, "./evil.example/"),
            ("/http:evil", None, "./http%3Aevil/"),
            ("/%5c%2f%0d%0ax", None, "./%5C%2F%0D%0Ax/"),
            ("/caf%c3%a9", None, "./caf%C3%A9/"),
        ] {
            assert_eq!(with_slash(path, query), location);
        }
    }
}
