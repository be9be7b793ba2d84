//! Mode `native-http`: `hello, NAME` by hyper alone, on tokio's multi-thread runtime.

use std::{
    borrow::Cow,
    convert::Infallible,
    io::{self, Write as _},
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use anyhow::Context as _;
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
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::{sleep, timeout},
};

/// How long connections may take to finish once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(5);

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
    /// Where to listen; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

impl NativeHttp {
    /// Serves until a signal says to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let runtime =
            Builder::new_multi_thread().enable_all().build().context("cannot start the async runtime")?;
        runtime.block_on(serve(self.listen))
    }
}

async fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}: stop what has the port, or give --listen another (port 0 picks a free one)")
    })?;
    writeln!(io::stdout(), "listening on http://{}", listener.local_addr()?)
        .context("cannot print the address")?;

    let (stop, stopped) = watch::channel(false);
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end will free some.
                    eprintln!("cannot accept: {error}");
                    sleep(Duration::from_millis(10)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    drop(listener);
    drop(stopped);
    stop.send_replace(true);
    // Closed when the last connection has dropped its receiver.
    let _ = timeout(DRAIN, stop.closed()).await;
    Ok(())
}

/// Serves one connection with hyper's default settings: keep-alive, no pipelined flush.
async fn connection(stream: TcpStream, mut stopped: watch::Receiver<bool>) {
    if stream.set_nodelay(true).is_err() {
        return; // The peer has left.
    }
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
    let mut serving = pin!(serving);
    // A connection that fails is the client's to report.
    tokio::select! {
        biased;
        _ = serving.as_mut() => return,
        _ = stopped.wait_for(|stopped| *stopped) => serving.as_mut().graceful_shutdown(),
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
