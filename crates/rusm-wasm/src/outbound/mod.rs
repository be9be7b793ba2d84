//! The HTTP requests that guests send: one client for the node, whose connections are kept and shared.
//!
//! A connection serves whoever asks next for the same scheme, host and port, whatever its component. That gives
//! nothing away: each request is checked against its own component's grant before it comes here, and a
//! connection holds no credentials.

mod body;
mod connect;
mod error;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{sleep, timeout};
use wasmtime_wasi::runtime::AbortOnDropJoinHandle;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

pub(crate) use self::body::IncomingBody;
use self::connect::Connector;

/// Connections of the node to others, in use and idle, unless the limit of open files makes it fewer.
const MAX_CONNECTIONS: usize = 4096;

/// How long an idle connection is kept, and how many for each host.
const IDLE: Duration = Duration::from_secs(20);
const MAX_IDLE: usize = 16;

/// Bytes of a response that wait to be read, and the longest head.
const BUFFER: usize = 128 << 10;

/// The times that a request may take where the guest sets none: until there is a connection, from then to the
/// response's head, and between two pieces of its body.
const CONNECT: Duration = Duration::from_secs(30);
const REPLY: Duration = Duration::from_mins(10);

/// What guests' requests are sent by.
pub(crate) struct Outbound {
    /// Where connections live: the threads that serve, even if the guest that asks runs in the background.
    runtime: Handle,
    connections: Arc<Semaphore>,
    /// Made at the first request, since to read the machine's certificates takes milliseconds.
    client: OnceCell<Client<Connector, WasiBody>>,
}

/// The limits of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl From<Option<RequestOptions>> for Timeouts {
    fn from(options: Option<RequestOptions>) -> Timeouts {
        let set = |limit: fn(&RequestOptions) -> Option<Duration>| options.as_ref().and_then(limit);
        Timeouts {
            connect: set(|options| options.connect_timeout).unwrap_or(CONNECT),
            first_byte: set(|options| options.first_byte_timeout).unwrap_or(REPLY),
            between_bytes: set(|options| options.between_bytes_timeout).unwrap_or(REPLY),
        }
    }
}

impl Outbound {
    /// A client whose connections run on `runtime`, and of which there are fewer than `files` allows.
    pub(crate) fn new(runtime: Handle, files: u64) -> Outbound {
        let connections = usize::try_from(files / 4).unwrap_or(usize::MAX).clamp(1, MAX_CONNECTIONS);
        let connections = Arc::new(Semaphore::new(connections));
        Outbound { runtime, connections, client: OnceCell::new() }
    }

    /// Sends a request, and returns when the head of its response is there. Dropping the future drops the
    /// request.
    pub(crate) async fn send(
        self: Arc<Self>,
        request: Request<WasiBody>,
        timeouts: Timeouts,
    ) -> Result<Response<IncomingBody>, Error> {
        let runtime = self.runtime.clone();
        let task = runtime.spawn(async move { self.exchange(request, timeouts).await });
        let response = AbortOnDropJoinHandle::from(task).await?;
        Ok(response.map(|body| IncomingBody::new(body, timeouts.between_bytes)))
    }

    async fn exchange(
        &self,
        mut request: Request<WasiBody>,
        timeouts: Timeouts,
    ) -> Result<Response<Incoming>, Error> {
        let client = self.client.get_or_init(|| self.make_client()).await;
        *request.version_mut() = Version::HTTP_11;
        let mut connected = capture_connection(&mut request);
        let overdue = async {
            let connecting = connected.wait_for_connection_metadata();
            if timeout(timeouts.connect, connecting).await.is_err() {
                return Error::ConnectionTimeout;
            }
            sleep(timeouts.first_byte).await;
            Error::ConnectionReadTimeout
        };
        tokio::select! {
            response = client.request(request) => response.map_err(|error| error::of_request(&error)),
            late = overdue => Err(late),
        }
    }

    async fn make_client(&self) -> Client<Connector, WasiBody> {
        let connector = Connector::new(Arc::clone(&self.connections)).await;
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_buf_size(BUFFER)
            .http2_max_header_list_size(BUFFER as u32)
            .build(connector)
    }
}
