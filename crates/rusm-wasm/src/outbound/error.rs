//! What went wrong with a request, in the words of `wasi:http`.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

/// A host's name has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name cannot be resolved: {0}")]
pub(super) struct NoAddress(pub(super) io::Error);

/// The node has as many connections as it may.
#[derive(Debug, thiserror::Error)]
#[error("the node has too many outbound connections")]
pub(super) struct TooMany;

/// Of a request that got no response.
pub(super) fn of_request(error: &legacy::Error) -> Error {
    tracing::debug!(target: "rusm", error = %chain(error), "an outbound request failed");
    if let Some(error) = find::<Error>(error) {
        return copy(error);
    }
    if error.is_connect() { of_connection(error) } else { of_exchange(error) }
}

/// Of a response's body.
pub(super) fn of_body(error: &hyper::Error) -> Error {
    tracing::debug!(target: "rusm", error = %chain(error), "a response was cut off");
    if error.is_timeout() { Error::HttpResponseTimeout } else { Error::HttpResponseIncomplete }
}

fn of_connection(error: &legacy::Error) -> Error {
    if find::<NoAddress>(error).is_some() {
        return Error::DnsError { rcode: None, info_code: None };
    }
    if find::<TooMany>(error).is_some() {
        return Error::ConnectionLimitReached;
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return of_tls(error);
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => Error::ConnectionTimeout,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            Error::DestinationIpUnroutable
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) => Error::ConnectionTerminated,
        _ => Error::DestinationUnavailable,
    }
}

fn of_tls(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Error::TlsCertificateError
        }
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

fn of_exchange(error: &legacy::Error) -> Error {
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse_too_large() => Error::HttpResponseHeaderSectionSize(None),
        Some(error) if error.is_parse() => Error::HttpProtocolError,
        Some(error) if error.is_timeout() => Error::HttpResponseTimeout,
        Some(error) if error.is_user() => Error::HttpProtocolError,
        _ => Error::ConnectionTerminated,
    }
}

/// The errors of a guest's own request body come back to it as they went.
fn copy(error: &Error) -> Error {
    match error {
        Error::HttpRequestBodySize(size) => Error::HttpRequestBodySize(*size),
        _ => Error::HttpProtocolError,
    }
}

/// The first error of this type among the causes.
fn find<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        // The last of several of one type says most, but an `io::Error` may hide another of any type.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find(inner)) {
            return Some(found);
        }
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_inside_those_of_io() {
        let tls = rustls::Error::NoCertificatesPresented;
        let error = io::Error::other(io::Error::other(tls));
        assert!(find::<rustls::Error>(&error).is_some());
        assert!(find::<NoAddress>(&error).is_none());
    }
}
