//! The bytes that were written and not yet read.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use bytes::{Buf, Bytes, BytesMut};

use crate::contain::contain_drop;

/// Chunks shorter than this are copied together, longer ones are passed on as they are. It bounds what a
/// chunk costs beside its bytes, and is about where a copy becomes dearer than a chunk of its own.
pub(crate) const COPY: usize = 1024;

/// Sizes of the blocks that short chunks are copied into.
const BLOCK: RangeInclusive<usize> = 512..=8192;

/// Queues with room for more chunks than this are freed when the reader waits.
const KEEP: usize = 256;

/// A queue of bytes.
///
/// It takes little more memory than its bytes: short chunks lie together in blocks, each piece of which keeps
/// the block alive, and what stays unused at the end of a block is shorter than [`COPY`].
#[derive(Default)]
pub(crate) struct Buffer {
    chunks: VecDeque<Bytes>,
    /// What was copied together since, and the rest of its block.
    tail: BytesMut,
    len: usize,
}

impl Buffer {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes the first `amount` bytes of `chunk`, which keeps the rest.
    pub(crate) fn push(&mut self, chunk: &mut Bytes, amount: usize) {
        if amount < COPY {
            self.copy(&chunk[..amount]);
            // Even if that was all, the allocation is left to the caller, since this is under the lock.
            chunk.advance(amount);
        } else {
            self.seal();
            self.chunks.push_back(chunk.split_to(amount));
            self.len += amount;
        }
    }

    /// Takes a copy of a few bytes.
    pub(crate) fn copy(&mut self, bytes: &[u8]) {
        if self.tail.capacity() - self.tail.len() < bytes.len() {
            self.seal();
            // This is the same block again if all of it was read and the reader has let go of it.
            self.tail.reserve((2 * self.len).clamp(*BLOCK.start(), *BLOCK.end()).max(bytes.len()));
        }
        self.tail.extend_from_slice(bytes);
        self.len += bytes.len();
    }

    /// The next bytes, `max` at most; none if there are none.
    pub(crate) fn pop(&mut self, max: usize) -> Bytes {
        let bytes = match self.chunks.front_mut() {
            Some(first) if first.len() > max => first.split_to(max),
            Some(_) => self.chunks.pop_front().unwrap_or_default(),
            None => self.tail.split_to(self.tail.len().min(max)).freeze(),
        };
        self.len -= bytes.len();
        bytes
    }

    /// Gives the room of a large queue back when it is empty.
    pub(crate) fn shrink(&mut self) {
        if self.chunks.is_empty() && self.chunks.capacity() > KEEP {
            self.chunks = VecDeque::new();
        }
    }

    fn seal(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
    }
}

/// Memory may have an owner with a destructor of its own ([`Bytes::from_owner`]). One that panics is the
/// writer's fault, and takes nothing else with it.
impl Drop for Buffer {
    fn drop(&mut self) {
        for chunk in self.chunks.drain(..) {
            let _ = contain_drop(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue of many tiny pieces would take many times the memory of its bytes.
    #[test]
    fn no_pattern_of_chunks_makes_many_pieces() {
        const TOTAL: usize = 64 * COPY;
        for pattern in [&[1][..], &[COPY - 1], &[COPY], &[1, COPY], &[1, COPY - 1], &[1, 1, COPY, COPY - 1]] {
            let mut buffer = Buffer::default();
            let mut sizes = pattern.iter().cycle();
            while let Some(&size) = sizes.next()
                && buffer.len() + size <= TOTAL
            {
                buffer.push(&mut vec![7; size].into(), size);
            }
            assert!(buffer.chunks.len() <= 2 * TOTAL / COPY, "{pattern:?} made {}", buffer.chunks.len());
        }
    }

    #[test]
    fn a_stream_that_is_read_as_it_is_written_keeps_one_block() {
        let mut buffer = Buffer::default();
        buffer.copy(b"first");
        let block = buffer.pop(5).as_ptr() as usize;
        for _ in 0..10_000 {
            buffer.copy(b"again");
            let place = buffer.pop(5).as_ptr() as usize;
            assert!((block..block + BLOCK.end()).contains(&place));
        }
    }
}
