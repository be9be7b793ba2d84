//! How connections come to be: name, address, TCP, TLS, each with an error of its own, and no more than the node
//! may have.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiFuture, GaiResolver, Name};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower_service::Service;

use super::error::{NoAddress, TooMany};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The most that a connection may take to be made, even if nobody waits for it any more.
const ABANDONED: Duration = Duration::from_mins(1);

/// How long a request waits for others to give a connection back when there are as many as there may be.
const WAIT: Duration = Duration::from_secs(5);

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    connections: Arc<Semaphore>,
}

impl Connector {
    /// Trusts the certificates that the machine trusts, or those that `SSL_CERT_FILE` names.
    pub(super) async fn new(connections: Arc<Semaphore>) -> Connector {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let config = tokio::task::spawn_blocking(tls_config).await;
        let config = config.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        let https = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
        Connector { https: https.enable_all_versions().wrap_connector(tcp), connections }
    }
}

/// Reads the machine's certificates. Without any, each request by HTTPS fails by its certificate.
fn tls_config() -> ClientConfig {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks the versions of TLS that rustls does")
    };
    match builder().with_native_roots() {
        Ok(trusting) => trusting.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(
                target: "rusm", %error,
                "no request by HTTPS can succeed: install the ca-certificates of the system, or set SSL_CERT_FILE"
            );
            builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

impl Service<Uri> for Connector {
    type Response = Counted;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Counted, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connections = Arc::clone(&self.connections);
        let connecting = self.https.call(uri);
        Box::pin(async move {
            let Ok(Ok(permit)) = timeout(WAIT, connections.acquire_owned()).await else {
                return Err(TooMany.into());
            };
            let late = |_| BoxError::from(io::Error::from(io::ErrorKind::TimedOut));
            let stream = timeout(ABANDONED, connecting).await.map_err(late)??;
            Ok(Counted { stream, _permit: permit })
        })
    }
}

/// A connection that counts as long as it is open, in use or not.
pub(super) struct Counted {
    stream: MaybeHttpsStream<TokioIo<TcpStream>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection for Counted {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl Read for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

/// The system's resolver, whose failures can be told from those of a connection.
#[derive(Clone)]
pub(super) struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = NoAddress;
    type Future = Resolving;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoAddress>> {
        self.0.poll_ready(cx).map_err(NoAddress)
    }

    fn call(&mut self, name: Name) -> Resolving {
        Resolving(self.0.call(name))
    }
}

/// A look-up under way.
pub(super) struct Resolving(GaiFuture);

impl Future for Resolving {
    type Output = Result<GaiAddrs, NoAddress>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).map_err(NoAddress))
    }
}
