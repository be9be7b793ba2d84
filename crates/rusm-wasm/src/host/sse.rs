//! `rusm:runtime/sse`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::HostState;
use super::bindings::rusm::runtime::sse;
use crate::reply::Reply;

/// A process that holds no stream of events, and waits for what comes on it.
#[derive(Debug, thiserror::Error)]
#[error("this process holds no stream of events: `sse::serve` is for a component that a route leads to")]
struct NoStream;

impl sse::Host for HostState {
    async fn next(&mut self, timeout: Option<u64>) -> wasmtime::Result<Option<sse::Event>> {
        self.meter.begin_unit();
        let reply = match self.exchange() {
            Some(exchange) if exchange.socket.is_none() => Arc::clone(&exchange.reply),
            _ => return Err(NoStream.into()),
        };
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(Duration::from_nanos(limit)));
        loop {
            let mail = tokio::select! {
                biased;
                () = gone(&reply) => return Ok(Some(sse::Event::Closed)),
                mail = self.context.receive() => mail,
                () = passed(deadline) => return Ok(None),
            };
            if let Some(mail) = self.mail_to_wire(mail)? {
                return Ok(Some(sse::Event::Mail(mail)));
            }
        }
    }
}

async fn gone(reply: &Reply) {
    poll_fn(|cx| reply.poll_gone(cx)).await;
}

/// Completes at the deadline, if there is one.
pub(super) async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => poll_fn(|_| Poll::Pending).await,
    }
}
