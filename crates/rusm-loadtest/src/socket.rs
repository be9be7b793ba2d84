//! What all clients of this generator share: connecting, and a deadline that costs next to nothing.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Sleep, sleep},
};

use crate::{failure::Failure, http::request::Target};

/// Connects within `timeout`, without Nagle's delay. `receive_buffer` fixes the kernel's buffer for what
/// arrives and is not read yet; without one the kernel lets it grow.
pub(crate) async fn connect(
    address: SocketAddr,
    receive_buffer: Option<u32>,
    timeout: Duration,
) -> Result<TcpStream, Failure> {
    let connect = async {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size)?;
        }
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    match tokio::time::timeout(timeout, connect).await {
        Ok(connected) => connected.map_err(|error| Failure::Connect(address, error)),
        Err(_) => Err(Failure::Connect(address, io::ErrorKind::TimedOut.into())),
    }
}

/// The first of the target's addresses that takes a connection.
pub(crate) async fn reachable(target: &Target, timeout: Duration) -> anyhow::Result<SocketAddr> {
    let mut refused = None;
    for address in target.resolve().await? {
        match connect(address, None, timeout).await {
            Ok(_) => return Ok(address),
            Err(failure) => refused = refused.or(Some(failure)),
        }
    }
    let refused = refused.context("the host has no address")?;
    Err(anyhow::Error::new(refused).context(format!(
        "nothing answers at {target}: start the server first, or correct the URL's host and port"
    )))
}

/// Ends an exchange that takes too long.
///
/// `tokio::time::timeout` would insert and remove a timer for each request. This one timer stays where it
/// is when an exchange ends, and when it fires it is moved to where the exchange then under way is due. So
/// its usual cost is one look at an atomic for each wake-up.
#[derive(Debug)]
pub(crate) struct Watchdog {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Watchdog {
    /// Gives each piece of work `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(sleep(limit)) }
    }

    /// Does `work`, for as long after `began` as the limit says.
    pub(crate) async fn guard<T>(
        &mut self,
        began: Instant,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        let due = began + self.limit;
        poll_fn(|context| {
            if let Poll::Ready(result) = work.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            while self.timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= due {
                    return Poll::Ready(Err(Failure::Timeout(self.limit)));
                }
                self.timer.as_mut().reset(due.into());
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn the_watchdog_gives_every_exchange_its_whole_time() {
        let mut watchdog = Watchdog::new(LIMIT);
        // The timer, set for the first exchange, has long fired when the second begins.
        sleep(LIMIT * 2).await;
        let began = Instant::now();
        let result: Result<(), _> = watchdog.guard(began, pending()).await;
        assert!(matches!(result, Err(Failure::Timeout(LIMIT))));
        assert!(began.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn the_watchdog_passes_on_what_is_in_time() {
        let mut watchdog = Watchdog::new(Duration::from_mins(1));
        assert_eq!(watchdog.guard(Instant::now(), async { Ok(7) }).await.ok(), Some(7));
    }
}
