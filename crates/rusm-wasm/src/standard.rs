//! A request's process, where the component knows nothing of rusm.
//!
//! Such a component hands the node a body that ends when the guest ends it, and also when the guest's instance goes. The
//! client must not take the one for the other.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use rusm_otp::Context as Process;
use wasmtime_wasi::I32Exit;

use crate::component::Component;
use crate::failure::Failure;
use crate::host::{Exchange, HostState, HttpPre, Role};
use crate::reply::Reply;
use crate::world::World;

/// Has a fresh instance answer. The reply is marked as cut off before it is, by whatever ends the instance early.
pub(crate) async fn answer(
    world: &Arc<World>,
    component: &Arc<Component>,
    pre: &HttpPre,
    exchange: Exchange,
    context: Process,
) -> Result<(), Failure> {
    let reply = Arc::clone(exchange.reply());
    let work = async {
        let mut store = HostState::store(world, component, context, Role::Exchange(exchange));
        let ended = match pre.handle(&mut store).await {
            // A program's way to say that it is done.
            Err(error) if matches!(error.downcast_ref(), Some(I32Exit(0))) => Ok(()),
            ended => ended,
        };
        reply.set_over(ended.is_ok());
        ended.map_err(|error| Failure::of(&error, store.data_mut()))
    };
    Marked { mark: Mark(Arc::clone(&reply)), work }.await
}

pin_project! {
    /// Work whose mark is set before what it holds is dropped: fields are dropped in this order.
    struct Marked<F> {
        mark: Mark,
        #[pin]
        work: F,
    }
}

/// Marks the reply as cut off, unless it was over before.
struct Mark(Arc<Reply>);

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.set_over(false);
    }
}

impl<F: Future> Future for Marked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().work.poll(cx)
    }
}
