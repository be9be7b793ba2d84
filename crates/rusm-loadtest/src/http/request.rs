//! What to ask, and of whom: parsed once, then the same bytes for every request.

use std::{fmt, net::SocketAddr, str::FromStr};

use anyhow::Context as _;
use http::{HeaderName, HeaderValue, Method, Uri, header};

/// An `http://` URL that is whole: it has a host, and a path if only `/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Target {
    /// As the URL has it, for the `host` field.
    authority: String,
    /// With the port that it stands for, for the look-up.
    host_and_port: String,
    path: String,
}

impl Target {
    /// `path` on the server at `address`.
    pub(crate) fn at(address: SocketAddr, path: &str) -> Result<Self, String> {
        format!("http://{address}{path}").parse()
    }

    /// Looks up the host.
    pub(crate) async fn resolve(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host(&self.host_and_port).await;
        let addresses: Vec<_> = found
            .with_context(|| format!("cannot look up `{}`: check the host's name", self.authority))?
            .collect();
        anyhow::ensure!(!addresses.is_empty(), "`{}` has no address: check the host's name", self.authority);
        Ok(addresses)
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{text}` {why}; write it like http://127.0.0.1:8080/hello/bob");
        let url: Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
        match url.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(wrong("needs TLS, which would be measured too: drive a plain http:// listener"));
            }
            Some(_) => return Err(wrong("is not an http:// URL")),
            None => return Err(wrong("has no http:// in front")),
        }
        let authority = url.authority().filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or_else(|| wrong("has no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("has a user name: send credentials with --header"));
        }
        let port = authority.port_u16();
        if port.is_none() && authority.as_str().len() > authority.host().len() {
            return Err(wrong("has a port that is not one"));
        }
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let host_and_port = format!("{}:{}", authority.host(), port.unwrap_or(80));
        Ok(Self { authority: authority.as_str().to_owned(), host_and_port, path })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

/// A request, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    bodiless_answer: bool,
}

impl Request {
    /// Serialises a request. `host` is the target's unless `headers` has one; `content-length` follows from
    /// `body`.
    pub(crate) fn new(
        target: &Target,
        method: &Method,
        headers: &[(HeaderName, HeaderValue)],
        body: Option<&str>,
    ) -> Self {
        let mut bytes = format!("{method} {} HTTP/1.1\r\n", target.path).into_bytes();
        let mut field = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        if !headers.iter().any(|(name, _)| name == header::HOST) {
            field("host", target.authority.as_bytes());
        }
        for (name, value) in headers {
            field(name.as_str(), value.as_bytes());
        }
        if let Some(body) = body {
            field("content-length", body.len().to_string().as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body.unwrap_or_default().as_bytes());
        Self { bytes, bodiless_answer: method == Method::HEAD }
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether its answer has no body whatever the fields say.
    pub(crate) fn bodiless_answer(&self) -> bool {
        self.bodiless_answer
    }
}

/// A method for `--method`.
pub(crate) fn method(text: &str) -> Result<Method, String> {
    match Method::from_str(text) {
        Ok(Method::CONNECT) => Err("CONNECT turns the connection into a tunnel".to_owned()),
        Ok(method) => Ok(method),
        Err(_) => Err(format!("`{text}` is not a method")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().expect(text)
    }

    #[test]
    fn urls() {
        for (text, shown, host_and_port) in [
            ("http://127.0.0.1:8080/hello/bob", "http://127.0.0.1:8080/hello/bob", "127.0.0.1:8080"),
            ("http://localhost", "http://localhost/", "localhost:80"),
            ("http://localhost?x=1", "http://localhost/?x=1", "localhost:80"),
            ("http://[::1]:81/a?b#c", "http://[::1]:81/a?b", "[::1]:81"),
        ] {
            let target = target(text);
            assert_eq!((target.to_string().as_str(), target.host_and_port.as_str()), (shown, host_and_port));
        }
    }

    #[test]
    fn urls_that_are_not() {
        for (text, why) in [
            ("", "not a URL"),
            ("localhost:8080", "http://"),
            ("/hello", "http://"),
            ("ftp://host/", "not an http://"),
            ("https://host/", "TLS"),
            ("http:///path", "URL"),
            ("http://user:pass@host/", "user name"),
            ("http://host:x/", "port"),
            ("http://host:99999/", "port"),
            ("http://host:/", "port"),
        ] {
            let error = text.parse::<Target>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn addresses_of_both_families() {
        for (text, address) in [
            ("http://[::1]:81/", "[::1]:81"),
            ("http://[::1]/", "[::1]:80"),
            ("http://127.0.0.1/", "127.0.0.1:80"),
        ] {
            assert_eq!(target(text).resolve().await.expect(text), [address.parse().expect(address)]);
        }
    }

    #[test]
    fn bytes_on_the_wire() {
        let headers = [(HeaderName::from_static("accept"), HeaderValue::from_static("text/plain"))];
        let request = Request::new(&target("http://h:1/p?q"), &Method::POST, &headers, Some("hi"));
        let expected = "POST /p?q HTTP/1.1\r\nhost: h:1\r\naccept: text/plain\r\ncontent-length: 2\r\n\r\nhi";
        assert_eq!(str::from_utf8(request.bytes()), Ok(expected));
    }

    #[test]
    fn a_host_of_ones_own() {
        let headers = [(header::HOST, HeaderValue::from_static("app.example"))];
        let request = Request::new(&target("http://h:1/"), &Method::HEAD, &headers, None);
        assert_eq!(str::from_utf8(request.bytes()), Ok("HEAD / HTTP/1.1\r\nhost: app.example\r\n\r\n"));
        assert!(request.bodiless_answer());
    }
}
