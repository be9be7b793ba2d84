//! One connection: HTTP/1.1 or HTTP/2, a watchdog, an orderly end.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, Verdict, Watched};
use super::exchange::exchange;
use super::socket::Upgrade;
use super::{ListenerState, Phase};

/// How long a connection that is being closed may take over its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// What the requests of a connection share.
pub(crate) struct Connection {
    pub(crate) listener: Arc<ListenerState>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) phase: watch::Receiver<Phase>,
    upgrade: Mutex<Option<Box<Upgrade>>>,
}

impl Connection {
    /// What the connection becomes when its last response is out.
    pub(crate) fn upgrade(&self, upgrade: Upgrade) {
        *self.upgrade.lock() = Some(Box::new(upgrade));
    }
}

/// Serves a connection until either side ends it, or it becomes a WebSocket.
pub(crate) async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    listener: Arc<ListenerState>,
    mut phase: watch::Receiver<Phase>,
) -> Option<Box<Upgrade>> {
    // Replies are written whole; waiting for more to send would only add delay. A socket that refuses is one
    // that has closed already.
    let _ = stream.set_nodelay(true);
    let activity = Activity::new(listener.patience());
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let builder = protocols(&listener);
    let upgrade = Mutex::new(None);
    let shared =
        Arc::new(Connection { listener, activity: Arc::clone(&activity), phase: phase.clone(), upgrade });
    let requests = Arc::clone(&shared);
    let service = service_fn(move |request| exchange(Arc::clone(&requests), remote, request));
    let mut connection = pin!(builder.serve_connection_with_upgrades(io, service));
    let mut watchdog = pin!(sleep_until(Instant::now()));
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            // The peer hears of what went wrong where the protocol has a way to tell it; there is nobody else to
            // tell.
            _ = connection.as_mut() => return shared.upgrade.lock().take(),
            () = watchdog.as_mut() => match activity.judge() {
                _ if closing => return None,
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
                    return None;
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
