//! The parts of a URL that a request is made of.

use super::FetchError;

/// `https://host[:port]/path?query`, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    pub(super) https: bool,
    pub(super) authority: &'a str,
    /// With the query; empty stands for `/`.
    pub(super) path: String,
}

impl<'a> Url<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Url<'a>, FetchError> {
        let invalid = |why: &str| Err(FetchError::Invalid(format!("`{text}` cannot be fetched: {why}")));
        let Some((scheme, rest)) = text.split_once("://") else {
            return invalid("it does not begin with https:// or http://");
        };
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return invalid("it does not begin with https:// or http://"),
        };
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.is_empty() {
            return invalid("it names no host");
        }
        if authority.contains('@') {
            return invalid("a name and password belong into the header `authorization`");
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return invalid("spaces and letters beyond ASCII must be percent-encoded");
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { https, authority, path })
    }

    /// The host's name, for messages.
    pub(super) fn host(&self) -> &'a str {
        self.authority
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn parts(text: &str) -> (bool, &str, String) {
        let Url { https, authority, path } = Url::parse(text).unwrap();
        (https, authority, path)
    }

    #[test]
    fn a_url_has_a_scheme_a_host_and_a_path() {
        assert_eq!(parts("https://example.com"), (true, "example.com", "/".to_owned()));
        assert_eq!(
            parts("http://example.com:8080/a/b?c=d#e"),
            (false, "example.com:8080", "/a/b?c=d".to_owned())
        );
        assert_eq!(parts("HTTPS://[::1]?q=://"), (true, "[::1]", "/?q=://".to_owned()));
    }

    #[test]
    fn what_is_no_url_is_an_error() {
        for text in [
            "",
            "example.com",
            "ftp://example.com",
            "https://",
            "https:///path",
            "http://a/b c",
            "http://a/é",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        let error = Url::parse("https://user:pass@example.com/").unwrap_err().to_string();
        assert!(error.contains("`authorization`"), "{error}");
    }
}
