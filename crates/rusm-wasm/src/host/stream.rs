//! `rusm:runtime/stream`.
//!
//! The two ends are rusm-otp's, kept in the instance's table of resources: they are dropped with the instance,
//! and the other side learns of it.

use bytes::Bytes;
use rusm_otp::{Pid, StreamReader, StreamWriter};
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::Pollable;

use super::HostState;
use super::bindings::rusm::runtime::stream::{self, OpenError, ReadError, WriteError};

/// What a stream buffers at most, and the longest piece that is written or read at once. A piece that is not
/// copied again keeps its whole allocation until it is read, so it is to be no longer than the buffer.
const CAPACITY: usize = 64 << 10;

/// Streams that one process opened and that have a reader still. With [`CAPACITY`] it bounds the memory that
/// they take.
pub(super) const MAX_STREAMS: u32 = 256;

/// The end to read from, which can be waited for together with other things.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Reader(StreamReader);

#[async_trait]
impl Pollable for Reader {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

impl HostState {
    /// A stream that came, for the guest to read.
    pub(super) fn incoming(&mut self, from: Pid, reader: StreamReader) -> wasmtime::Result<stream::Incoming> {
        Ok(stream::Incoming { sender: from.as_u64(), reader: self.resources.push(Reader(reader))? })
    }
}

impl stream::Host for HostState {
    async fn open(&mut self, to: u64) -> wasmtime::Result<Result<Resource<StreamWriter>, OpenError>> {
        let Some(place) = self.streams.take() else {
            return Ok(Err(OpenError::TooMany(self.streams.size())));
        };
        let writer = self.context.open_stream_wait(Pid::from_u64(to), CAPACITY, place).await;
        Ok(Ok(self.resources.push(writer)?))
    }
}

impl stream::HostWriter for HostState {
    async fn write(
        &mut self,
        writer: Resource<StreamWriter>,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<u64, WriteError>> {
        let chunk = match bytes.get(..CAPACITY) {
            Some(first) if bytes.len() > CAPACITY => Bytes::copy_from_slice(first),
            _ => Bytes::from(bytes),
        };
        let length = chunk.len() as u64;
        let written = self.resources.get_mut(&writer)?.write(chunk).await;
        Ok(written.map(|()| length).map_err(|_| WriteError::Broken))
    }

    fn close(&mut self, writer: Resource<StreamWriter>) -> wasmtime::Result<()> {
        self.resources.delete(writer)?.close();
        Ok(())
    }

    fn drop(&mut self, writer: Resource<StreamWriter>) -> wasmtime::Result<()> {
        self.resources.delete(writer)?;
        Ok(())
    }
}

impl stream::HostReader for HostState {
    async fn read(
        &mut self,
        reader: Resource<Reader>,
        max: u64,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, ReadError>> {
        self.meter.begin_unit();
        let max = usize::try_from(max).unwrap_or(CAPACITY).min(CAPACITY);
        let read = self.resources.get_mut(&reader)?.0.read(max).await;
        Ok(read.map(|bytes| bytes.map(Vec::from)).map_err(|_| ReadError::Aborted))
    }

    fn drop(&mut self, reader: Resource<Reader>) -> wasmtime::Result<()> {
        self.resources.delete(reader)?;
        Ok(())
    }
}
