//! From the response that a guest made to one that may go out.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, SizeHint};

use super::exchange::Reply;
use crate::failure::Cause;
use crate::host::http_types;

/// Why a body breaks off.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response.
#[derive(Debug)]
pub(crate) enum ReplyBody {
    /// One that is all there.
    Whole(Full<Bytes>),
    /// One that is made while it is sent.
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

impl ReplyBody {
    pub(crate) fn stream<B>(body: B) -> ReplyBody
    where
        B: Body<Data = Bytes, Error: Into<BodyError>> + Send + 'static,
    {
        ReplyBody::Stream(body.map_err(Into::into).boxed_unsync())
    }
}

impl From<Bytes> for ReplyBody {
    fn from(bytes: Bytes) -> ReplyBody {
        ReplyBody::Whole(Full::new(bytes))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            ReplyBody::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
            ReplyBody::Stream(stream) => Pin::new(stream).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ReplyBody::Whole(whole) => whole.is_end_stream(),
            ReplyBody::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(whole) => whole.size_hint(),
            ReplyBody::Stream(stream) => stream.size_hint(),
        }
    }
}

/// No body.
pub(crate) fn empty() -> ReplyBody {
    ReplyBody::from(Bytes::new())
}

/// A response of the node's own.
pub(crate) fn text(status: StatusCode, text: impl Display) -> Reply {
    let mut reply = Response::new(ReplyBody::from(Bytes::from(format!("{text}\n"))));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}

/// The headers that belong to the connection, which is the node's (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 7] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Turns a guest's response into HTTP, or says what of it HTTP does not allow.
pub(crate) fn checked(response: http_types::Response, is_head: bool) -> Result<Reply, Cause> {
    let http_types::Response { status, headers, body } = response;
    let head = head(status, headers).map_err(Cause::Response)?;
    // An action may say how long the body of a HEAD would be; any other length is the body's.
    if !is_head
        && let Some(value) = head
            .headers
            .get_all(CONTENT_LENGTH)
            .iter()
            .find(|value| value.as_bytes() != body.len().to_string().as_bytes())
    {
        let length = body.len();
        return Err(Cause::Response(format!("content-length is {value:?}, but the body has {length} bytes")));
    }
    Ok(Response::from_parts(head, ReplyBody::from(Bytes::from(body))))
}

/// The head of a reply whose body is still to be made.
pub(crate) fn head(status: u16, headers: Vec<(String, Vec<u8>)>) -> Result<Parts, String> {
    let status = final_status(status)?;
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("{name:?} is not a header's name"))?;
        if OF_THE_CONNECTION.contains(&header) {
            return Err(format!("the header `{header}` is the node's to set"));
        }
        let value = HeaderValue::from_maybe_shared(Bytes::from(value))
            .map_err(|_| format!("the value of the header `{header}` has bytes that HTTP does not allow"))?;
        map.append(header, value);
    }
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = status;
    head.headers = map;
    Ok(head)
}

/// One that ends an exchange (RFC 9110, section 15).
fn final_status(status: u16) -> Result<StatusCode, String> {
    match status {
        200..=599 => StatusCode::from_u16(status).map_err(|error| error.to_string()),
        _ => Err(format!("the status {status} is not one of 200 to 599")),
    }
}

/// What of a reply that a component made by the standard interface HTTP does not allow. Its fields were checked one by
/// one when they were set.
pub(crate) fn check_standard<B: Body>(reply: &Response<B>, is_head: bool) -> Result<(), String> {
    final_status(reply.status().as_u16())?;
    if let Some(header) =
        OF_THE_CONNECTION.iter().find(|name| **name != TRAILER && reply.headers().contains_key(*name))
    {
        return Err(format!("the header `{header}` is the node's to set"));
    }
    // Of a body that is still to be made the length is checked while it is sent.
    let promised = reply.headers().get(CONTENT_LENGTH).filter(|value| value.as_bytes() != b"0");
    let may_promise = is_head || reply.status() == StatusCode::NOT_MODIFIED;
    match promised {
        Some(value) if !may_promise && reply.body().is_end_stream() => {
            Err(format!("content-length is {value:?}, but there is no body"))
        }
        _ => Ok(()),
    }
}

/// Whether a reply is a stream of server-sent events, which ends when either side has had enough of it.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// Takes away the body that a response to `HEAD`, a 204 and a 304 may not have (RFC 9110, section 6.4.1). hyper does
/// so in HTTP/1 and sends it in HTTP/2.
pub(crate) fn without_forbidden_body(mut reply: Reply, is_head: bool) -> Reply {
    let no_content = reply.status() == StatusCode::NO_CONTENT;
    let not_modified = reply.status() == StatusCode::NOT_MODIFIED;
    if no_content {
        reply.headers_mut().remove(CONTENT_LENGTH);
    } else if is_head
        && !not_modified
        && let Some(length) = reply.body().size_hint().exact()
    {
        reply.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    if is_head || no_content || not_modified {
        *reply.body_mut() = empty();
    }
    reply
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use hyper::body::Body;

    use super::{checked, without_forbidden_body};
    use crate::host::http_types::Response;

    fn response(status: u16, headers: &[(&str, &[u8])]) -> Response {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_vec())).collect();
        Response { status, headers, body: b"four".to_vec() }
    }

    #[test]
    fn repeated_and_binary_headers_go_out_as_they_are() {
        let reply = checked(response(201, &[("x", b"a"), ("x", b"\xff\xfe")]), false).unwrap();
        let values: Vec<_> = reply.headers().get_all("x").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [b"a".as_slice(), b"\xff\xfe"]);
        assert_eq!(reply.status(), 201);
    }

    #[test]
    fn what_http_does_not_allow_is_refused_by_name() {
        for (response, word) in [
            (response(99, &[]), "99"),
            (response(101, &[]), "101"),
            (response(600, &[]), "600"),
            (response(200, &[("a b", b"")]), "a b"),
            (response(200, &[("x", b"a\r\nset-cookie: b")]), "`x`"),
            (response(200, &[("Transfer-Encoding", b"chunked")]), "transfer-encoding"),
            (response(200, &[("content-length", b"5")]), "4 bytes"),
        ] {
            let cause = checked(response, false).unwrap_err().to_string();
            assert!(cause.contains(word), "{cause}");
        }
    }

    #[test]
    fn a_content_length_that_fits_may_stand() {
        assert!(checked(response(200, &[("content-length", b"4")]), false).is_ok());
        assert!(checked(response(200, &[("content-length", b"900")]), true).is_ok());
    }

    #[test]
    fn a_body_stays_where_one_may_be() {
        for (status, is_head, length, body) in [
            (200, false, None, 4),
            (200, true, Some("4"), 0),
            (404, true, Some("4"), 0),
            (204, false, None, 0),
            (204, true, None, 0),
            (304, false, Some("4"), 0),
            (304, true, Some("4"), 0),
        ] {
            let headers: &[(&str, &[u8])] = if status == 200 { &[] } else { &[("content-length", b"4")] };
            let reply = without_forbidden_body(checked(response(status, headers), is_head).unwrap(), is_head);
            let found = reply.headers().get("content-length").map(|value| value.to_str().unwrap());
            assert_eq!(
                (found, reply.body().size_hint().lower()),
                (length, body),
                "{status}, HEAD: {is_head}"
            );
        }
    }
}
