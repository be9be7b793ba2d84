//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{Method, Response, StatusCode, Uri, Version};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::WebSocketSettings;
use super::exchange::{Reply, plain};

const VERSION: HeaderValue = HeaderValue::from_static("13");

/// A handshake that is complete but for the answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    accept: HeaderValue,
    pub(crate) subprotocol: Option<String>,
}

/// Why a request does not become a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It does not ask for one, or not for this version.
    NoUpgrade,
    /// It asks in a way that the protocol does not know.
    Malformed(&'static str),
    /// It comes from a page that may not.
    Origin,
}

impl Handshake {
    /// Reads a request's head.
    pub(crate) fn read(head: &Parts, settings: &WebSocketSettings) -> Result<Handshake, Refused> {
        let headers = &head.headers;
        let asks = head.version == Version::HTTP_11
            && head.method == Method::GET
            && has_token(headers, CONNECTION, "upgrade")
            && has_token(headers, UPGRADE, "websocket");
        if !asks || headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
            return Err(Refused::NoUpgrade);
        }
        let key =
            only(headers, SEC_WEBSOCKET_KEY).ok_or(Refused::Malformed("one Sec-WebSocket-Key is needed"))?;
        let nonce = BASE64_STANDARD.decode(key.as_bytes());
        if nonce.map_or(0, |nonce| nonce.len()) != 16 {
            return Err(Refused::Malformed("Sec-WebSocket-Key is not 16 bytes in base64"));
        }
        if !may_come_from(headers, head.uri.host(), &settings.allowed_origins) {
            return Err(Refused::Origin);
        }
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        Ok(Handshake {
            accept: accept.expect("base64 is ASCII"),
            subprotocol: subprotocol(headers, &settings.subprotocols)?,
        })
    }

    /// The answer that makes the connection a WebSocket.
    pub(crate) fn answer(&self) -> Reply {
        let mut reply = Response::new(super::response::empty());
        *reply.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = reply.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        if let Some(subprotocol) = &self.subprotocol {
            let value = HeaderValue::try_from(subprotocol).expect("it stood in a header");
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        reply
    }
}

impl Refused {
    pub(crate) fn answer(&self) -> Reply {
        match self {
            Refused::NoUpgrade => {
                let mut reply = plain(StatusCode::UPGRADE_REQUIRED);
                let headers = reply.headers_mut();
                headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
                reply
            }
            Refused::Malformed(why) => super::response::text(StatusCode::BAD_REQUEST, why),
            Refused::Origin => plain(StatusCode::FORBIDDEN),
        }
    }
}

/// Whether a list of words, over one or several fields, has this one.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name);
    let mut words = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.any(|word| word.trim().eq_ignore_ascii_case(token))
}

fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// A browser says whose page opens the connection, and sends the user's cookies whatever page that is; so by default
/// it must be the server's own. Who is no browser says nothing.
fn may_come_from(headers: &HeaderMap, target: Option<&str>, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else { return false };
    if !allowed.is_empty() {
        return allowed.iter().any(|one| one == "*" || one.eq_ignore_ascii_case(origin));
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or(target);
    let own = origin.parse::<Uri>().ok().and_then(|origin| Some(origin.authority()?.as_str().to_owned()));
    own.zip(host).is_some_and(|(own, host)| own.eq_ignore_ascii_case(host))
}

/// The first of the listener's subprotocols that the client offers.
fn subprotocol(headers: &HeaderMap, known: &[String]) -> Result<Option<String>, Refused> {
    let mut offered = Vec::new();
    for value in headers.get_all(SEC_WEBSOCKET_PROTOCOL) {
        let value = value.to_str().map_err(|_| Refused::Malformed("Sec-WebSocket-Protocol is not text"))?;
        offered.extend(value.split(',').map(str::trim));
    }
    Ok(known.iter().find(|known| offered.contains(&known.as_str())).cloned())
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::request::Parts;

    use super::{Handshake, Refused};
    use crate::serve::WebSocketSettings;

    fn head(changes: &[(&str, Option<&str>)]) -> Parts {
        let mut head = Request::get("/chat").body(()).unwrap().into_parts().0;
        let good = [
            ("host", "example.com:8080"),
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for (name, value) in good.into_iter().map(|(n, v)| (n, Some(v))).chain(changes.iter().copied()) {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            match value {
                Some(value) => drop(head.headers.insert(name, value.parse().unwrap())),
                None => drop(head.headers.remove(name)),
            }
        }
        head
    }

    fn read(changes: &[(&str, Option<&str>)], settings: &WebSocketSettings) -> Result<Handshake, Refused> {
        Handshake::read(&head(changes), settings)
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        let handshake = read(&[], &WebSocketSettings::default()).unwrap();
        assert_eq!(handshake.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn what_asks_for_no_websocket_is_told_how_to() {
        for change in [
            ("connection", None),
            ("connection", Some("keep-alive")),
            ("upgrade", None),
            ("upgrade", Some("h2c")),
            ("sec-websocket-version", None),
            ("sec-websocket-version", Some("8")),
        ] {
            let refused = read(&[change], &WebSocketSettings::default()).unwrap_err();
            assert_eq!(refused, Refused::NoUpgrade, "{change:?}");
        }
    }

    #[test]
    fn a_bad_key_is_refused() {
        for key in [
            None,
            Some(""),
            Some("c2hvcnQ="),
            Some("not base64 at all!!!!!!!"),
            Some("dGhlIHNhbXBsZSBub25jZQ"),
        ] {
            let refused = read(&[("sec-websocket-key", key)], &WebSocketSettings::default()).unwrap_err();
            assert!(matches!(refused, Refused::Malformed(_)), "{key:?}");
        }
        let mut twice = head(&[]);
        twice.headers.append("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==".parse().unwrap());
        assert!(Handshake::read(&twice, &WebSocketSettings::default()).is_err());
    }

    #[test]
    fn a_page_may_open_a_socket_to_its_own_server() {
        let own = WebSocketSettings::default();
        let some =
            WebSocketSettings { allowed_origins: vec!["https://app.example.org".into()], ..own.clone() };
        let any = WebSocketSettings { allowed_origins: vec!["*".into()], ..own.clone() };
        for (origin, by_default, by_list, by_any) in [
            (None, true, true, true),
            (Some("http://example.com:8080"), true, false, true),
            (Some("http://EXAMPLE.com:8080"), true, false, true),
            (Some("http://example.com"), false, false, true),
            (Some("https://app.example.org"), false, true, true),
            (Some("https://app.example.org.evil.com"), false, false, true),
            (Some("null"), false, false, true),
        ] {
            for (settings, granted) in [(&own, by_default), (&some, by_list), (&any, by_any)] {
                let read = read(&[("origin", origin)], settings);
                assert_eq!(read.is_ok(), granted, "{origin:?}");
            }
        }
    }

    #[test]
    fn the_listeners_first_subprotocol_wins() {
        let settings = WebSocketSettings {
            subprotocols: vec!["v2".into(), "v1".into()],
            ..WebSocketSettings::default()
        };
        let agreed = |offer| read(&[("sec-websocket-protocol", offer)], &settings).unwrap().subprotocol;
        assert_eq!(agreed(Some("v1, v2")).as_deref(), Some("v2"));
        assert_eq!(agreed(Some("v1")).as_deref(), Some("v1"));
        assert_eq!(agreed(Some("v3")), None);
        assert_eq!(agreed(None), None);
    }
}
