//! Mode `native-ws`: echoes by tokio-tungstenite alone.

use clap::Args;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
        protocol::WebSocketConfig,
    },
};

use super::{Listen, Stopping};

/// Serve a WebSocket echo at `/ws` by tokio-tungstenite alone: what `compare ws` and `compare conn` measure
/// rusm against
///
/// Prints `listening on http://ADDRESS` when it is ready. SIGTERM and SIGINT end it.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest native-ws --listen 127.0.0.1:8081
  rusm-loadtest ws ws://127.0.0.1:8081/ws")]
pub(crate) struct NativeWs {
    #[command(flatten)]
    listen: Listen,
}

impl NativeWs {
    /// Serves until a signal says to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        self.listen.serve(connection)
    }
}

/// What a rusm listener has when its manifest says nothing: a small read buffer, since most connections are
/// idle most of the time, and messages of at most 1 MiB.
fn settings() -> WebSocketConfig {
    const MOST: usize = 1 << 20;
    WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .max_message_size(Some(MOST))
        .max_frame_size(Some(MOST))
}

async fn connection(stream: TcpStream, mut stopping: Stopping) {
    tokio::select! {
        () = echo(stream) => {}
        () = stopping.wait() => {}
    }
}

async fn echo(stream: TcpStream) {
    // A connection that fails is the client's to report.
    let Ok(mut socket) = accept_hdr_async_with_config(stream, only_ws, Some(settings())).await else {
        return;
    };
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
    }
}

#[expect(clippy::result_large_err, reason = "the callback's signature is the library's")]
fn only_ws(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == "/ws" {
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("not found\n".to_owned()));
    *refusal.status_mut() = StatusCode::NOT_FOUND;
    Err(refusal)
}
