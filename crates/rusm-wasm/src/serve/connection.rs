//! One connection: HTTP/1.1 or HTTP/2, a watchdog, an orderly end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, Verdict, Watched};
use super::exchange::exchange;
use super::{ListenerState, Phase};

/// How long a connection that is being closed may take over its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// Serves a connection until either side ends it.
pub(crate) async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    listener: Arc<ListenerState>,
    mut phase: watch::Receiver<Phase>,
) {
    // Replies are written whole; waiting for more to send would only add delay. A socket that refuses is one
    // that has closed already.
    let _ = stream.set_nodelay(true);
    let activity = Activity::new(listener.patience());
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let builder = protocols(&listener);
    let requests = Arc::clone(&activity);
    let service =
        service_fn(move |request| exchange(Arc::clone(&listener), Arc::clone(&requests), remote, request));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut watchdog = pin!(sleep_until(Instant::now()));
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            // The peer hears of what went wrong where the protocol has a way to tell it; there is nobody else to
            // tell.
            _ = connection.as_mut() => return,
            () = watchdog.as_mut() => match activity.judge() {
                _ if closing => return,
                Verdict::Wait(until) => watchdog.as_mut().reset(until),
                verdict @ (Verdict::Idle | Verdict::Late) => {
                    closing = true;
                    // A connection that is late ends in its next read, behind the answer that says so; asked to shut
                    // down between two requests it would close without one.
                    if verdict == Verdict::Idle {
                        connection.as_mut().graceful_shutdown();
                    }
                    watchdog.as_mut().reset(Instant::now() + LAST_BYTES);
                }
            },
            changed = phase.changed() => {
                let now = if changed.is_ok() { *phase.borrow() } else { Phase::Over };
                if now == Phase::Over {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn protocols(listener: &ListenerState) -> auto::Builder<TokioExecutor> {
    let size = listener.limits.max_header_size;
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(size as usize);
    builder.http2().max_header_list_size(size).max_concurrent_streams(256);
    builder
}
