//! `rusm:runtime/http-reply`.

use std::future::poll_fn;

use super::bindings::rusm::runtime::http_reply::{self, StartError, WriteError};
use super::{Exchange, HostState, Role};
use crate::serve::streamed_head;

/// The most that is taken of one piece.
const PIECE: usize = 64 << 10;

impl HostState {
    pub(super) fn exchange(&mut self) -> Option<&mut Exchange> {
        match &mut self.role {
            Role::Exchange(exchange) => Some(exchange),
            Role::Actor { .. } => None,
        }
    }
}

impl http_reply::Host for HostState {
    async fn start(
        &mut self,
        status: u16,
        headers: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), StartError>> {
        let world = std::sync::Arc::clone(&self.world);
        let Some(exchange) = self.exchange().filter(|exchange| exchange.socket.is_none()) else {
            return Ok(Err(StartError::NoRequest));
        };
        let head = match streamed_head(status, headers) {
            Ok(head) => head,
            Err(why) => return Ok(Err(StartError::Invalid(why))),
        };
        if exchange.reply.has_started() {
            return Ok(Err(StartError::Started));
        }
        if !exchange.holds {
            // From here on it is as long-lived as its client likes.
            exchange.place = Some(world.place_to_stay().await?);
            exchange.holds = true;
        }
        exchange.reply.start(head, None);
        Ok(Ok(()))
    }

    async fn write(&mut self, mut bytes: Vec<u8>) -> Result<u64, WriteError> {
        self.meter.begin_unit();
        let Some(exchange) = self.exchange().filter(|exchange| exchange.reply.has_started()) else {
            return Err(WriteError::NotStarted);
        };
        bytes.truncate(PIECE);
        let length = bytes.len() as u64;
        let reply = &exchange.reply;
        let written = poll_fn(|cx| reply.poll_write(cx, &mut bytes)).await;
        written.map(|()| length).map_err(|_| WriteError::Gone)
    }
}
