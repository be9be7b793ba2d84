//! Outbound HTTP, over `wasi:http`.

use std::cell::RefCell;

use rquickjs::{Array, Ctx, Exception, IntoJs, Object, Result, Value};

use super::table::Table;
use super::{Bytes, Natives, throw};
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, Scheme,
};
use crate::bindings::wasi::io::poll::Pollable;
use crate::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};

/// A request on its way and its response. What is made from another thing stands before it, to be dropped first.
struct Exchange {
    output: Option<OutputStream>,
    upload: Option<OutgoingBody>,
    /// What has not been written yet of a body that was given as a whole.
    rest: Option<Vec<u8>>,
    input: Option<InputStream>,
    download: Option<IncomingBody>,
    response: Option<IncomingResponse>,
    answer: FutureIncomingResponse,
}

thread_local! {
    static EXCHANGES: RefCell<Table<Exchange>> = const { RefCell::new(Table::new()) };
}

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("startFetch", start)?;
    natives.add_live("tryWriteFetch", write)?;
    natives.add_live("endFetch", |ctx: Ctx<'_>, exchange: u32| {
        with(&ctx, exchange, |exchange| end(&ctx, exchange))
    })?;
    natives.add_live("tryResponse", response)?;
    natives.add_live("tryReadFetch", read)?;
    natives.add_live("dropFetch", |exchange: u32| drop(EXCHANGES.with_borrow_mut(|all| all.take(exchange))))
}

fn with<T>(ctx: &Ctx<'_>, exchange: u32, work: impl FnOnce(&mut Exchange) -> Result<T>) -> Result<T> {
    EXCHANGES.with_borrow_mut(|all| match all.get_mut(exchange) {
        Some(exchange) => work(exchange),
        None => throw(ctx, "closed", "the exchange is over"),
    })
}

fn start<'js>(
    ctx: Ctx<'js>,
    method: String,
    url: String,
    headers: Array<'js>,
    body: Option<Bytes>,
    streams: bool,
) -> Result<u32> {
    let invalid = |what: &str| Exception::throw_type(&ctx, what);
    let Some((scheme, authority, path)) = parts(&url) else {
        return Err(invalid("the URL is none of http or https"));
    };
    let mut fields = super::from_headers(&headers)?;
    if let Some(body) = &body
        && !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"))
    {
        // Without it the body goes out in chunks, which not every server takes.
        fields.push(("content-length".to_owned(), body.0.len().to_string().into_bytes()));
    }
    let fields = Fields::from_list(&fields)
        .map_err(|error| invalid(&format!("a header may not be sent: {error:?}")))?;
    let request = OutgoingRequest::new(fields);
    let all_set = request.set_method(&token(method)).is_ok()
        && request.set_scheme(Some(&scheme)).is_ok()
        && request.set_authority(Some(authority)).is_ok()
        && request.set_path_with_query(Some(&path)).is_ok();
    if !all_set {
        return Err(invalid("the method or the URL is not one of HTTP's"));
    }
    let upload = request.body().map_err(|()| invalid("the request has no body"))?;
    let answer = outgoing_handler::handle(request, None).map_err(|error| failed(&ctx, &error))?;
    let mut exchange = Exchange {
        output: None,
        upload: None,
        rest: body.map(|bytes| bytes.0),
        input: None,
        download: None,
        response: None,
        answer,
    };
    if streams || exchange.rest.is_some() {
        exchange.output = upload.write().ok();
        exchange.upload = Some(upload);
        if !streams {
            flush(&ctx, &mut exchange)?;
        }
    } else {
        let _ = OutgoingBody::finish(upload, None);
    }
    Ok(EXCHANGES.with_borrow_mut(|all| all.keep(exchange)))
}

/// Scheme, authority and path of an absolute URL without credentials.
fn parts(url: &str) -> Option<(Scheme, &str, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        _ => return None,
    };
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some((scheme, authority, path))
}

fn token(method: String) -> Method {
    match method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        _ => Method::Other(method),
    }
}

/// Writes what there is room for of a body that was given as a whole, and ends it after the last byte.
fn flush(ctx: &Ctx<'_>, exchange: &mut Exchange) -> Result<()> {
    while let Some(rest) = exchange.rest.take() {
        if rest.is_empty() {
            return end(ctx, exchange);
        }
        match push(exchange, &rest) {
            Some(0) => {
                exchange.rest = Some(rest);
                return Ok(());
            }
            Some(written) => exchange.rest = Some(rest[written..].to_vec()),
            // The peer wants no more of it. What it says about that comes with its response.
            None => return Ok(()),
        }
    }
    Ok(())
}

/// How many bytes there was room for; none if the other side takes no more.
fn push(exchange: &mut Exchange, bytes: &[u8]) -> Option<usize> {
    let output = exchange.output.as_ref()?;
    let room = output.check_write().ok()?;
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
    if room > 0 {
        output.write(&bytes[..room]).ok()?;
        output.flush().ok()?;
    }
    Some(room)
}

fn write(ctx: Ctx<'_>, exchange: u32, bytes: Bytes) -> Result<Value<'_>> {
    with(&ctx, exchange, |exchange| match push(exchange, &bytes.0) {
        Some(0) if !bytes.0.is_empty() => Ok(Value::new_undefined(ctx.clone())),
        Some(written) => written.into_js(&ctx),
        None => throw(&ctx, "closed", "the server takes no more of the request's body"),
    })
}

fn end(ctx: &Ctx<'_>, exchange: &mut Exchange) -> Result<()> {
    drop(exchange.output.take());
    match exchange.upload.take().map(|upload| OutgoingBody::finish(upload, None)) {
        Some(Err(error)) => Err(failed(ctx, &error)),
        _ => Ok(()),
    }
}

fn response(ctx: Ctx<'_>, exchange: u32) -> Result<Value<'_>> {
    let ctx = &ctx;
    with(ctx, exchange, |exchange| {
        flush(ctx, exchange)?;
        let response = match exchange.answer.get() {
            None => return Ok(Value::new_undefined(ctx.clone())),
            Some(Ok(Ok(response))) => response,
            Some(Ok(Err(error))) => return Err(failed(ctx, &error)),
            Some(Err(())) => return throw(ctx, "closed", "the response was taken before"),
        };
        let object = Object::new(ctx.clone())?;
        object.set("status", response.status())?;
        object.set("headers", super::headers(ctx, &response.headers().entries())?)?;
        exchange.download = response.consume().ok();
        exchange.input = exchange.download.as_ref().and_then(|body| body.stream().ok());
        exchange.response = Some(response);
        object.into_js(ctx)
    })
}

fn read(ctx: Ctx<'_>, exchange: u32, max: u32) -> Result<Value<'_>> {
    let ctx = &ctx;
    with(ctx, exchange, |exchange| {
        let Some(input) = &exchange.input else { return Ok(Value::new_null(ctx.clone())) };
        match input.read(u64::from(max)) {
            Ok(bytes) if bytes.is_empty() => Ok(Value::new_undefined(ctx.clone())),
            Ok(bytes) => Bytes(bytes).into_js(ctx),
            Err(StreamError::Closed) => Ok(Value::new_null(ctx.clone())),
            Err(StreamError::LastOperationFailed(error)) => {
                throw(ctx, "aborted", &format!("the response broke off: {}", error.to_debug_string()))
            }
        }
    })
}

pub(super) fn when_answered(ctx: &Ctx<'_>, exchange: u32) -> Result<Pollable> {
    with(ctx, exchange, |exchange| {
        flush(ctx, exchange)?;
        Ok(match (&exchange.rest, &exchange.output) {
            // There is more to write first.
            (Some(_), Some(output)) => output.subscribe(),
            _ => exchange.answer.subscribe(),
        })
    })
}

pub(super) fn when_readable(ctx: &Ctx<'_>, exchange: u32) -> Result<Pollable> {
    with(ctx, exchange, |exchange| match &exchange.input {
        Some(input) => Ok(input.subscribe()),
        None => throw(ctx, "invalid", "the response has not begun"),
    })
}

pub(super) fn when_writable(ctx: &Ctx<'_>, exchange: u32) -> Result<Pollable> {
    with(ctx, exchange, |exchange| match &exchange.output {
        Some(output) => Ok(output.subscribe()),
        None => throw(ctx, "closed", "the request's body is ended"),
    })
}

/// What went wrong, in words; the host's own where it has some.
fn failed(ctx: &Ctx<'_>, error: &ErrorCode) -> rquickjs::Error {
    let code = if matches!(error, ErrorCode::HttpRequestDenied) { "denied" } else { "failed" };
    let text = match error {
        ErrorCode::InternalError(Some(text)) => text.clone(),
        ErrorCode::HttpRequestDenied => {
            "the component's profile does not allow it: see `allow-network`".to_owned()
        }
        ErrorCode::ConnectionRefused => "the connection was refused".to_owned(),
        ErrorCode::ConnectionTimeout => "no connection within the time allowed".to_owned(),
        ErrorCode::ConnectionTerminated => "the connection was closed".to_owned(),
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            "the host's name cannot be found".to_owned()
        }
        other => format!("{other:?}"),
    };
    throw::<()>(ctx, code, &text).unwrap_err()
}
