//! Frames of RFC 6455, section 5.2: written as a client does, read as a server sends them. No I/O.

use thiserror::Error;

/// The longest header of a frame without a mask.
pub(crate) const LONGEST_HEADER: usize = 10;

/// The most bytes that a control frame may carry.
pub(crate) const MOST_CONTROL: u64 = 125;

/// Bits of a header's first byte.
const LAST: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;

/// The bit of a header's second byte that says that a mask follows the length.
const MASKED: u8 = 0x80;

/// Values of the other bits that say that the length follows, in 16 or in 64 bits.
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn of(bits: u8) -> Result<Self, FrameError> {
        Ok(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            bits => return Err(FrameError::Opcode(bits)),
        })
    }

    fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// What a server may not send.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum FrameError {
    #[error("a frame with the reserved opcode {0}")]
    Opcode(u8),
    #[error("a frame with reserved bits, though no extension was agreed on")]
    Reserved,
    #[error("a masked frame from the server")]
    Masked,
    #[error("a frame whose length is not in its shortest form")]
    Length,
    #[error("a control frame that is fragmented or longer than 125 bytes")]
    Control,
    #[error("a continuation of no message")]
    Continuation,
    #[error("a message inside another one's fragments")]
    Interleaved,
    #[error("a close frame of one byte")]
    Close,
}

/// The header of a frame from a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// Whether the frame is a message's last.
    pub(crate) last: bool,
    pub(crate) opcode: Opcode,
    /// Bytes of payload.
    pub(crate) length: u64,
    /// Bytes of the header itself.
    pub(crate) size: usize,
}

impl Header {
    /// The header at `input`'s start, or `None` while it is not whole.
    pub(crate) fn parse(input: &[u8]) -> Result<Option<Self>, FrameError> {
        let &[first, second, ref rest @ ..] = input else {
            return Ok(None);
        };
        if first & RESERVED != 0 {
            return Err(FrameError::Reserved);
        }
        if second & MASKED != 0 {
            return Err(FrameError::Masked);
        }
        let (last, opcode) = (first & LAST != 0, Opcode::of(first & OPCODE)?);
        let (length, size) = match second {
            LENGTH_16 => match rest.first_chunk() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 4),
                None => return Ok(None),
            },
            LENGTH_64 => match rest.first_chunk() {
                Some(bytes) => (u64::from_be_bytes(*bytes), LONGEST_HEADER),
                None => return Ok(None),
            },
            length => (u64::from(length), 2),
        };
        let shortest = match size {
            4 => length > MOST_CONTROL,
            LONGEST_HEADER => length > u64::from(u16::MAX) && length >> 63 == 0,
            _ => true,
        };
        if !shortest {
            return Err(FrameError::Length);
        }
        if opcode.is_control() && (!last || length > MOST_CONTROL) {
            return Err(FrameError::Control);
        }
        Ok(Some(Self { last, opcode, length, size }))
    }
}

/// Puts a whole frame with `payload` in `frame`'s place, masked with `mask`.
pub(crate) fn write(frame: &mut Vec<u8>, opcode: Opcode, payload: &[u8], mask: [u8; 4]) {
    frame.clear();
    frame.push(LAST | opcode.bits());
    match payload.len() {
        length @ ..=125 => frame.push(MASKED | length as u8),
        length @ ..=0xffff => {
            frame.push(MASKED | LENGTH_16);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(MASKED | LENGTH_64);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    let start = frame.len();
    frame.extend_from_slice(payload);
    // Word by word: the compiler makes vector instructions of it.
    let (words, rest) = frame[start..].as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_6455() {
        let mut frame = Vec::new();
        write(&mut frame, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(frame, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);

        let hello = Header { last: true, opcode: Opcode::Text, length: 5, size: 2 };
        assert_eq!(Header::parse(b"\x81\x05Hello"), Ok(Some(hello)));
        let fragment = Header { last: false, opcode: Opcode::Text, length: 3, size: 2 };
        assert_eq!(Header::parse(b"\x01\x03Hel"), Ok(Some(fragment)));
        let long = Header { last: true, opcode: Opcode::Binary, length: 256, size: 4 };
        assert_eq!(Header::parse(&[0x82, 0x7e, 0x01, 0x00]), Ok(Some(long)));
        let longer = Header { last: true, opcode: Opcode::Binary, length: 65536, size: 10 };
        assert_eq!(Header::parse(&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]), Ok(Some(longer)));
    }

    #[test]
    fn a_header_that_is_not_whole() {
        for cut in [&[][..], &[0x81], &[0x82, 0x7e, 1], &[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0]] {
            assert_eq!(Header::parse(cut), Ok(None), "{cut:?}");
        }
    }

    #[test]
    fn what_a_server_may_not_send() {
        for (input, error) in [
            (&[0x83, 0][..], FrameError::Opcode(3)),
            (&[0xc1, 0], FrameError::Reserved),
            (&[0x81, 0x80], FrameError::Masked),
            (&[0x81, 126, 0, 125], FrameError::Length),
            (&[0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255], FrameError::Length),
            (&[0x81, 127, 128, 0, 0, 0, 0, 0, 0, 0], FrameError::Length),
            (&[0x09, 0], FrameError::Control),
            (&[0x88, 126, 0, 126], FrameError::Control),
        ] {
            assert_eq!(Header::parse(input), Err(error), "{input:?}");
        }
    }

    #[test]
    fn every_length_form_masks_the_whole_payload() {
        for (length, header) in [(125, 2), (126, 4), (65535, 4), (65536, 10), (65539, 10)] {
            let mut frame = Vec::new();
            write(&mut frame, Opcode::Binary, &vec![7; length], [1, 2, 3, 4]);
            assert_eq!(frame.len(), header + 4 + length);
            let masked = |at: usize| frame[header + 4 + at] == 7 ^ [1, 2, 3, 4][at % 4];
            assert!((0..length).all(masked), "{length}");
        }
    }
}
