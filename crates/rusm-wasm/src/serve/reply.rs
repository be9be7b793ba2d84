//! From the response that a guest made to one that may go out.

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Body;

use super::exchange::Reply;
use crate::failure::Cause;
use crate::host::http_handler;

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
pub(crate) fn checked(response: http_handler::Response, is_head: bool) -> Result<Reply, Cause> {
    let http_handler::Response { status, headers, body } = response;
    let refused = |why: String| Cause::Response(why);
    let status = match status {
        200..=599 => StatusCode::from_u16(status).map_err(|error| refused(error.to_string()))?,
        _ => return Err(refused(format!("the status {status} is not one of 200 to 599"))),
    };
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| refused(format!("{name:?} is not a header's name")))?;
        if OF_THE_CONNECTION.contains(&header) {
            return Err(refused(format!("the header `{header}` is the node's to set")));
        }
        let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|_| {
            refused(format!("the value of the header `{header}` has bytes that HTTP does not allow"))
        })?;
        // An action may say how long the body of a HEAD would be; any other length is the body's.
        if header == CONTENT_LENGTH && !is_head && value.as_bytes() != body.len().to_string().as_bytes() {
            return Err(refused(format!(
                "content-length is {value:?}, but the body has {} bytes",
                body.len()
            )));
        }
        map.append(header, value);
    }
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    *reply.headers_mut() = map;
    Ok(reply)
}

/// Takes away the body that a response to `HEAD`, a 204 and a 304 may not have (RFC 9110, section 6.4.1). hyper does
/// so in HTTP/1 and sends it in HTTP/2.
pub(crate) fn without_forbidden_body(mut reply: Reply, is_head: bool) -> Reply {
    let no_content = reply.status() == StatusCode::NO_CONTENT;
    let not_modified = reply.status() == StatusCode::NOT_MODIFIED;
    if no_content {
        reply.headers_mut().remove(CONTENT_LENGTH);
    } else if is_head && !not_modified {
        let length = reply.body().size_hint().lower();
        reply.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    if is_head || no_content || not_modified {
        *reply.body_mut() = Full::default();
    }
    reply
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use hyper::body::Body;

    use super::{checked, without_forbidden_body};
    use crate::host::http_handler::Response;

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
