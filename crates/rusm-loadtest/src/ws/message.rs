//! The messages that are sent, each unlike the one before it, so that no echo passes for another's.

use super::frame::{self, Opcode};

/// The next message of one connection: its payload and its frame.
#[derive(Debug)]
pub(crate) struct Message {
    opcode: Opcode,
    payload: Vec<u8>,
    frame: Vec<u8>,
    stamp: u64,
}

impl Message {
    /// Messages of `size` bytes, binary or text. `number` tells this connection from the others.
    pub(crate) fn new(size: usize, binary: bool, number: u64) -> Self {
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        Self { opcode, payload: vec![b'.'; size], frame: Vec::new(), stamp: scattered(number) }
    }

    /// Makes the next message.
    pub(crate) fn advance(&mut self) {
        self.stamp = self.stamp.wrapping_add(1);
        // The digits that change fastest first: they fit into short messages.
        for (place, byte) in self.payload.iter_mut().take(16).enumerate() {
            *byte = b"0123456789abcdef"[usize::from((self.stamp >> (4 * place)) as u8 & 0xf)];
        }
        // The mask is there for proxies on the way (RFC 6455, section 10.3). There are none, so it need not
        // be unpredictable.
        let mask = (scattered(self.stamp) as u32).to_ne_bytes();
        frame::write(&mut self.frame, self.opcode, &self.payload, mask);
    }

    /// Whether it is binary or text.
    pub(crate) fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// What its echo has to be.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// What goes over the wire.
    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }
}

/// Neighbours far apart (Fibonacci hashing).
fn scattered(number: u64) -> u64 {
    let product = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_differ_from_one_to_the_next_and_between_connections() {
        for size in [4, 16, 100] {
            let mut messages = [0, 1, 2].map(|number| Message::new(size, false, number));
            let mut seen = std::collections::HashSet::new();
            for message in &mut messages {
                for _ in 0..100 {
                    message.advance();
                    assert_eq!(message.payload().len(), size);
                    assert!(message.payload().is_ascii());
                    assert!(seen.insert(message.payload().to_vec()), "{size}: {:?}", message.payload());
                }
            }
        }
    }

    #[test]
    fn no_bytes_are_a_message_too() {
        let mut message = Message::new(0, true, 7);
        message.advance();
        assert_eq!(message.payload(), b"");
        assert_eq!(message.frame()[..2], [0x82, 0x80]);
    }
}
