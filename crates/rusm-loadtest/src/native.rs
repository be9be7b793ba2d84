//! Native servers, without rusm, that do what a rusm app does: the bar that `compare` measures against.
//!
//! They are modes of this binary, so that a comparison needs nothing else installed and the server is a
//! process of its own. Here is what they share: listening, accepting, stopping.

pub(crate) mod http;
pub(crate) mod sse;
pub(crate) mod ws;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Builder,
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::{sleep, timeout},
};

/// How long connections may take to finish once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// The arguments of every native server.
#[derive(Args, Debug)]
pub(crate) struct Listen {
    /// Where to listen; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Tells connections when to finish.
struct Stopping(watch::Receiver<bool>);

impl Stopping {
    async fn wait(&mut self) {
        // An error means that the server is gone altogether.
        let _ = self.0.wait_for(|stopping| *stopping).await;
    }
}

impl Listen {
    /// Serves each connection by `connection` until a signal says to stop.
    fn serve<F: Future<Output = ()> + Send + 'static>(
        &self,
        connection: impl Fn(TcpStream, Stopping) -> F,
    ) -> anyhow::Result<()> {
        let runtime =
            Builder::new_multi_thread().enable_all().build().context("cannot start the async runtime")?;
        crate::process::raise_file_limit();
        runtime.block_on(serve(self.listen, connection))
    }
}

async fn serve<F: Future<Output = ()> + Send + 'static>(
    listen: SocketAddr,
    connection: impl Fn(TcpStream, Stopping) -> F,
) -> anyhow::Result<()> {
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
                // Where this fails the peer has left.
                Ok((stream, _)) if stream.set_nodelay(true).is_err() => {}
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, Stopping(stopped.clone())));
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
