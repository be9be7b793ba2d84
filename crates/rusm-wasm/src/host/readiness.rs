//! `rusm:runtime/readiness`.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::io::poll::Host as _;
use wasmtime_wasi::p2::{DynPollable, subscribe};

use super::HostState;
use super::bindings::event_loop::rusm::runtime::readiness::{self, Ready, Source};
use super::sse::passed;
use super::stream::Reader;

/// A guest that waits for nothing, without end.
#[derive(Debug, thiserror::Error)]
#[error("it waits for nothing, for ever")]
struct Nothing;

impl HostState {
    /// Which of the process's own are ready; none of them has anything taken out.
    fn poll_own(&mut self, of: Source, cx: &mut TaskContext<'_>) -> Source {
        let mut ready = Source::empty();
        if of.contains(Source::MAIL) && self.context.poll_mail(cx).is_ready() {
            ready |= Source::MAIL;
        }
        if of.contains(Source::SOCKET) {
            let socket = self.exchange().and_then(|exchange| exchange.socket.as_ref());
            let event = socket.map(|socket| socket.lock().poll_ready(cx).is_ready());
            // An event may be mail; and a process without a socket learns of that when it asks.
            if event != Some(false) || self.context.poll_mail(cx).is_ready() {
                ready |= Source::SOCKET;
            }
        }
        if of.contains(Source::REQUEST) {
            let body = self.exchange().map(|exchange| exchange.request.body.poll_ready(cx).is_ready());
            if body != Some(false) {
                ready |= Source::REQUEST;
            }
        }
        ready
    }

    /// The guest waits no longer.
    fn stop_waiting(&mut self, of: Source, ready: Source) {
        if of.contains(Source::SOCKET)
            && !ready.contains(Source::SOCKET)
            && let Some(socket) = self.exchange().and_then(|exchange| exchange.socket.as_ref())
        {
            socket.lock().stop_reading();
        }
    }
}

impl readiness::Host for HostState {
    async fn wait(
        &mut self,
        of: Source,
        others: Vec<Resource<DynPollable>>,
        timeout: Option<u64>,
    ) -> wasmtime::Result<Ready> {
        self.meter.begin_unit();
        if of == Source::empty() && others.is_empty() && timeout.is_none() {
            return Err(Nothing.into());
        }
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(Duration::from_nanos(limit)));
        let mut late = pin!(passed(deadline));
        // The others borrow the table of resources while they are waited for; what is the process's own is elsewhere.
        let mut resources = std::mem::take(&mut self.resources);
        let ready = {
            let mut polled = (!others.is_empty()).then(|| Box::pin(resources.poll(others)));
            poll_fn(|cx| {
                let own = self.poll_own(of, cx);
                let others = match polled.as_mut().map(|polled| polled.as_mut().poll(cx)) {
                    Some(Poll::Ready(Ok(others))) => others,
                    Some(Poll::Ready(Err(error))) => return Poll::Ready(Err(error)),
                    Some(Poll::Pending) | None => Vec::new(),
                };
                let ready = own != Source::empty() || !others.is_empty() || late.as_mut().poll(cx).is_ready();
                if ready { Poll::Ready(Ok(Ready { of: own, others })) } else { Poll::Pending }
            })
            .await
        };
        self.resources = resources;
        let ready = ready?;
        self.stop_waiting(of, ready.of);
        Ok(ready)
    }

    fn when_readable(&mut self, incoming: Resource<Reader>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.resources, incoming)
    }
}
