use std::fmt;

use crate::fetch_bindings::wasi::http::types::ErrorCode;
use crate::process::Denied;

/// Why a request was not answered, or its answer not read.
#[derive(Debug)]
#[non_exhaustive]
pub enum FetchError {
    /// The profile's `allow-network` does not cover the host.
    Denied(Denied),
    /// The request is none that can be sent: its URL, its method or a header. The text says which.
    Invalid(String),
    /// The host's name has no address.
    Dns(String),
    /// No connection to the host came to be. The text says why.
    Connect(String),
    /// There is no trust in the host: its certificate, or how it speaks TLS. The text says why.
    Tls(String),
    /// It took longer than the request's limits allow.
    Timeout,
    /// The body is longer than this many bytes, which is the most that was asked for.
    TooLarge(usize),
    /// This process has too many requests under way, or the node too many connections.
    TooMany,
    /// The connection ended, or broke, before the response was over.
    Interrupted,
    /// What came is not HTTP, or more of a head than a node reads. The text says what.
    Protocol(String),
    /// The body is not what it was read as. The text says why.
    Decode(String),
}

impl FetchError {
    pub(super) fn of(code: ErrorCode, host: &str) -> FetchError {
        match code {
            ErrorCode::HttpRequestDenied => FetchError::Denied(Denied::new(format!(
                "denied: this component's profile does not grant `allow-network` for {host}"
            ))),
            ErrorCode::DnsError(_) | ErrorCode::DnsTimeout | ErrorCode::DestinationNotFound => {
                FetchError::Dns(format!("{host}: the name cannot be resolved"))
            }
            ErrorCode::ConnectionRefused => FetchError::Connect(format!("{host} refuses connections")),
            ErrorCode::DestinationUnavailable
            | ErrorCode::DestinationIpUnroutable
            | ErrorCode::DestinationIpProhibited => FetchError::Connect(format!("{host} cannot be reached")),
            ErrorCode::TlsCertificateError => {
                FetchError::Tls(format!("the certificate of {host} is not one that this node trusts"))
            }
            ErrorCode::TlsProtocolError => FetchError::Tls(format!("{host} does not speak TLS as it should")),
            ErrorCode::TlsAlertReceived(alert) => {
                let alert = alert.alert_message.unwrap_or_default();
                FetchError::Tls(format!("{host} does not go on with TLS: {alert}"))
            }
            ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionReadTimeout
            | ErrorCode::ConnectionWriteTimeout
            | ErrorCode::HttpResponseTimeout => FetchError::Timeout,
            ErrorCode::ConnectionLimitReached => FetchError::TooMany,
            ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => FetchError::Interrupted,
            ErrorCode::HttpRequestUriInvalid => FetchError::Invalid(format!("`{host}` names no host")),
            ErrorCode::HttpRequestMethodInvalid => {
                FetchError::Invalid("the method is none that can be sent".to_owned())
            }
            ErrorCode::HttpRequestBodySize(_) => {
                FetchError::Invalid("the body is not as long as `content-length` says".to_owned())
            }
            ErrorCode::HttpResponseHeaderSectionSize(_) => {
                FetchError::Protocol(format!("the head of the response of {host} is too long"))
            }
            other => FetchError::Protocol(format!("{host}: {other}")),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Denied(denied) => denied.fmt(f),
            FetchError::Invalid(text)
            | FetchError::Dns(text)
            | FetchError::Connect(text)
            | FetchError::Tls(text)
            | FetchError::Protocol(text)
            | FetchError::Decode(text) => f.write_str(text),
            FetchError::Timeout => f.write_str("no response in time"),
            FetchError::TooLarge(limit) => write!(f, "the body is longer than {limit} bytes"),
            FetchError::TooMany => f.write_str("too many requests are under way"),
            FetchError::Interrupted => f.write_str("the connection ended before the response was over"),
        }
    }
}

impl std::error::Error for FetchError {}

impl From<FetchError> for std::io::Error {
    fn from(error: FetchError) -> std::io::Error {
        use std::io::ErrorKind;
        let kind = match &error {
            FetchError::Denied(_) => ErrorKind::PermissionDenied,
            FetchError::Invalid(_) => ErrorKind::InvalidInput,
            FetchError::Dns(_) | FetchError::Connect(_) => ErrorKind::NotConnected,
            FetchError::Timeout => ErrorKind::TimedOut,
            FetchError::Interrupted => ErrorKind::UnexpectedEof,
            FetchError::Protocol(_) | FetchError::Decode(_) => ErrorKind::InvalidData,
            _ => ErrorKind::Other,
        };
        std::io::Error::new(kind, error)
    }
}
