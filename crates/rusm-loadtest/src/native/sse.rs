//! Mode `native-sse`: events without end by hyper alone.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use clap::Args;
use http_body_util::Either;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Listen, Stopping};

/// Serve `GET /events` by hyper alone: the native server that `compare sse` measures rusm against
///
/// Sends `data: tick 0`, `data: tick 1` and so on for as long as the client takes them. Prints `listening on
/// http://ADDRESS` when it is ready. SIGTERM and SIGINT end it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest native-sse --listen 127.0.0.1:8081
  curl http://127.0.0.1:8081/events")]
pub(crate) struct NativeSse {
    #[command(flatten)]
    listen: Listen,
}

impl NativeSse {
    /// Serves until a signal says to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        self.listen.serve(connection)
    }
}

/// Serves one connection with hyper's default settings. A stream has no end that could be waited for.
async fn connection(stream: TcpStream, mut stopping: Stopping) {
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    tokio::select! {
        _ = serving => {}
        () = stopping.wait() => {}
    }
}

/// A stream, or an empty answer.
type Answer = Response<Either<Ticks, String>>;

async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path() != "/events" || request.method() != Method::GET {
        let mut refusal = Response::new(Either::Right("not found\n".to_owned()));
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        return Ok(refusal);
    }
    let mut response = Response::new(Either::Left(Ticks { next: 0 }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// One frame an event, made when hyper asks for it: no task of its own, no channel, and the client's pace is
/// hyper's to keep. It is what a handler that always has the next event comes to.
struct Ticks {
    next: u64,
}

impl Body for Ticks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let event = format!("data: tick {}\n\n", self.next);
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(event.into()))))
    }
}
