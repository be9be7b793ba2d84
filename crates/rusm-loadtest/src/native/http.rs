//! Mode `native-http`: `hello, NAME` by hyper alone, on tokio's multi-thread runtime.

use std::{borrow::Cow, convert::Infallible, pin::pin};

use clap::Args;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;

use super::{Listen, Stopping};

/// Serve `GET /hello/:name` by hyper alone: the native server that `compare http` measures rusm against
///
/// Prints `listening on http://ADDRESS` when it is ready. SIGTERM and SIGINT let requests under way finish,
/// then end it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest native-http --listen 127.0.0.1:8081
  curl http://127.0.0.1:8081/hello/bob")]
pub(crate) struct NativeHttp {
    #[command(flatten)]
    listen: Listen,
}

impl NativeHttp {
    /// Serves until a signal says to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        self.listen.serve(connection)
    }
}

/// Serves one connection with hyper's default settings: keep-alive, no pipelined flush.
async fn connection(stream: TcpStream, mut stopping: Stopping) {
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    let mut serving = pin!(serving);
    // A connection that fails is the client's to report.
    tokio::select! {
        biased;
        _ = serving.as_mut() => return,
        () = stopping.wait() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let name =
        request.uri().path().strip_prefix("/hello/").filter(|name| !name.is_empty() && !name.contains('/'));
    Ok(match (name, request.method()) {
        (Some(name), &Method::GET | &Method::HEAD) => {
            let name: Cow<'_, str> = percent_decode_str(name).decode_utf8_lossy();
            text(StatusCode::OK, format!("hello, {name}\n"))
        }
        (Some(_), _) => {
            let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n".to_owned());
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            refusal
        }
        (None, _) => text(StatusCode::NOT_FOUND, "not found\n".to_owned()),
    })
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
