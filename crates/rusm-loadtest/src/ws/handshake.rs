//! The opening handshake of RFC 6455, section 4, as a client: the request, and the check of its answer.

use http::{HeaderName, HeaderValue, Method};
use httparse::Status;
use thiserror::Error;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::http::request::{Request, Target};

/// Fields that an answer may have.
const MAX_FIELDS: usize = 96;

/// Why a connection is no WebSocket.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum HandshakeError {
    #[error("malformed answer to the upgrade: {0}")]
    Head(httparse::Error),
    #[error("the answer to the upgrade has more than {0} bytes")]
    Long(usize),
    #[error("the connection closed before it was upgraded")]
    Closed,
    #[error("the server answered {0} to the upgrade")]
    Refused(u16),
    #[error("the upgrade's answer has no `{0}`")]
    Missing(&'static str),
    #[error("`sec-websocket-accept: {0}` does not belong to the key that was sent")]
    Accept(String),
    #[error("the server chose `{0}`, which was not offered")]
    Chosen(&'static str),
}

/// A request for an upgrade, ready but for its key.
#[derive(Clone, Debug)]
pub(crate) struct Upgrade {
    /// All of the request but the key and the empty line after it.
    start: Vec<u8>,
}

impl Upgrade {
    /// Asks `target` for a WebSocket, with `headers` beside those that it takes.
    pub(crate) fn new(target: &Target, headers: &[(HeaderName, HeaderValue)]) -> Self {
        let own = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
        let mut all = headers.to_vec();
        all.extend(own.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
        let mut start = Request::new(target, &Method::GET, &all, None).bytes().to_vec();
        start.truncate(start.len() - b"\r\n".len());
        Self { start }
    }

    /// The request's bytes with a new key, and the key.
    pub(crate) fn request(&self) -> (Vec<u8>, String) {
        let key = generate_key();
        let end = format!("sec-websocket-key: {key}\r\n\r\n");
        ([self.start.as_slice(), end.as_bytes()].concat(), key)
    }
}

/// Checks the answer at `input`'s start against the `key` that was sent, and returns its length, or `None`
/// while it is not whole.
pub(crate) fn answer(input: &[u8], key: &str) -> Result<Option<usize>, HandshakeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let Status::Complete(length) = head.parse(input).map_err(HandshakeError::Head)? else {
        return Ok(None);
    };
    match head.code {
        Some(101) => {}
        status => return Err(HandshakeError::Refused(status.unwrap_or_default())),
    }
    let values = |name: &'static str| {
        let named = head.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| field.value.trim_ascii())
    };
    let lists = |name: &'static str, token: &[u8]| {
        let mut tokens = values(name).flat_map(|value| value.split(|&byte| byte == b','));
        let found = tokens.any(|listed| listed.trim_ascii().eq_ignore_ascii_case(token));
        if found { Ok(()) } else { Err(HandshakeError::Missing(name)) }
    };
    lists("upgrade", b"websocket")?;
    lists("connection", b"upgrade")?;
    let accept = values("sec-websocket-accept").next();
    let accept = accept.ok_or(HandshakeError::Missing("sec-websocket-accept"))?;
    if accept != derive_accept_key(key.as_bytes()).as_bytes() {
        return Err(HandshakeError::Accept(String::from_utf8_lossy(accept).into_owned()));
    }
    for name in ["sec-websocket-extensions", "sec-websocket-protocol"] {
        if values(name).next().is_some() {
            return Err(HandshakeError::Chosen(name));
        }
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6455, section 1.3, whose answer it gives.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

    fn checked(status: &str, fields: &str) -> Result<Option<usize>, HandshakeError> {
        answer(format!("HTTP/1.1 {status}\r\n{fields}\r\n").as_bytes(), KEY)
    }

    #[test]
    fn the_answer_of_rfc_6455() {
        let fields = format!("Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n{ACCEPT}");
        let length = "HTTP/1.1 101 Switching Protocols\r\n\r\n".len() + fields.len();
        assert_eq!(checked("101 Switching Protocols", &fields), Ok(Some(length)));
        assert_eq!(answer(b"HTTP/1.1 101 Switching", KEY), Ok(None));
    }

    #[test]
    fn answers_that_upgrade_nothing() {
        let both = "upgrade: websocket\r\nconnection: upgrade\r\n";
        let checked = |status, fields: &[&str]| checked(status, &fields.concat());
        assert_eq!(checked("426 Upgrade Required", &[]), Err(HandshakeError::Refused(426)));
        assert_eq!(checked("200 OK", &[both, ACCEPT]), Err(HandshakeError::Refused(200)));
        assert_eq!(checked("101 X", &[]), Err(HandshakeError::Missing("upgrade")));
        assert_eq!(checked("101 X", &["upgrade: websocket\r\n"]), Err(HandshakeError::Missing("connection")));
        assert_eq!(checked("101 X", &[both]), Err(HandshakeError::Missing("sec-websocket-accept")));
        let wrong = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n";
        assert!(matches!(checked("101 X", &[both, wrong]), Err(HandshakeError::Accept(_))));
        let extension = "sec-websocket-extensions: permessage-deflate\r\n";
        assert_eq!(
            checked("101 X", &[both, ACCEPT, extension]),
            Err(HandshakeError::Chosen("sec-websocket-extensions"))
        );
        assert!(matches!(answer(b"220 mail.example ready\r\n", KEY), Err(HandshakeError::Head(_))));
    }

    #[test]
    fn the_request_has_a_key_of_its_own() {
        let target = "http://h:1/ws".parse().expect("a URL");
        let upgrade = Upgrade::new(&target, &[]);
        let ((request, key), (_, other)) = (upgrade.request(), upgrade.request());
        let expected = format!(
            "GET /ws HTTP/1.1\r\nhost: h:1\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"
        );
        assert_eq!(str::from_utf8(&request), Ok(expected.as_str()));
        assert_eq!(key.len(), 24);
        assert_ne!(key, other);
    }
}
