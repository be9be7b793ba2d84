//! AES in the modes of NIST SP 800-38 that the Web Cryptography API names.
//!
//! GCM is put together here from its two parts, AES and GHASH: that API allows nonces of every length and tags of down to four
//! bytes, which the crate for AES-GCM does not.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256, Block};
use aes_kw::AesKw;
use cbc::{Decryptor, Encryptor};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

use crate::Error;

const BAD_KEY: Error = Error::Data("an AES key has 16, 24 or 32 bytes");
const NOT_AUTHENTIC: Error = Error::Operation("the data was not made with this key, or is not whole");
const BAD_BLOCKS: Error = Error::Operation("the data was not made with this key, or is not whole blocks");
const BAD_WRAP: Error = Error::Operation("AES-KW takes 16 bytes or more, by eights");
const BAD_IV: Error = Error::Operation("the initialization vector or counter of AES has 16 bytes");

/// So many counter blocks are encrypted at once, which the processor does side by side.
const BLOCKS_AT_ONCE: usize = 32;

/// A mode of AES and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub enum Cipher<'a> {
    /// AES-GCM: the tag follows the ciphertext.
    Gcm {
        /// The nonce, of any length but none; 12 bytes are the one to take.
        iv: &'a [u8],
        /// What is authenticated too, without being encrypted.
        additional: &'a [u8],
        /// The tag's length in bits: 32, 64, 96, 104, 112, 120 or 128.
        tag: u8,
    },
    /// AES-CBC with the padding of PKCS #7.
    Cbc {
        /// 16 bytes.
        iv: &'a [u8],
    },
    /// AES-CTR.
    Ctr {
        /// The first block, of 16 bytes.
        counter: &'a [u8],
        /// How many bits of it count, from the right: 1 to 128.
        length: u8,
    },
    /// AES Key Wrap (RFC 3394), of 16 bytes or more, by eights.
    Kw,
}

/// Evaluates the expression with the type of AES for the key.
macro_rules! with_aes {
    ($key:expr, $name:ident => $body:expr) => {
        match $key.len() {
            16 => {
                type $name = Aes128;
                $body
            }
            24 => {
                type $name = Aes192;
                $body
            }
            32 => {
                type $name = Aes256;
                $body
            }
            _ => Err(BAD_KEY),
        }
    };
}

/// Encrypts with a key of 16, 24 or 32 bytes.
pub fn encrypt(cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    match cipher {
        Cipher::Gcm { iv, additional, tag } => {
            with_aes!(key, A => Ok(Gcm::<A>::new(key, iv, tag)?.encrypt(additional, data)))
        }
        Cipher::Cbc { iv } => with_aes!(key, A => {
            let mode = Encryptor::<A>::new_from_slices(key, iv).map_err(|_| BAD_IV)?;
            Ok(mode.encrypt_padded_vec::<Pkcs7>(data))
        }),
        Cipher::Ctr { counter, length } => ctr(key, counter, length, data),
        // The crate would take a single block, for which RFC 3394 has no rule.
        Cipher::Kw if data.len() < 16 => Err(BAD_WRAP),
        Cipher::Kw => with_aes!(key, A => {
            let mut wrapped = vec![0; data.len() + 8];
            AesKw::<A>::new_from_slice(key).map_err(|_| BAD_KEY)?.wrap_key(data, &mut wrapped)
                .map_err(|_| BAD_WRAP)?;
            Ok(wrapped)
        }),
    }
}

/// Decrypts, and tells of what is not authentic, in the modes that can tell.
pub fn decrypt(cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    match cipher {
        Cipher::Gcm { iv, additional, tag } => {
            with_aes!(key, A => Gcm::<A>::new(key, iv, tag)?.decrypt(additional, data))
        }
        Cipher::Cbc { iv } => with_aes!(key, A => {
            let mode = Decryptor::<A>::new_from_slices(key, iv).map_err(|_| BAD_IV)?;
            mode.decrypt_padded_vec::<Pkcs7>(data).map_err(|_| BAD_BLOCKS)
        }),
        Cipher::Ctr { counter, length } => ctr(key, counter, length, data),
        Cipher::Kw if data.len() < 24 => Err(NOT_AUTHENTIC),
        Cipher::Kw => with_aes!(key, A => {
            let mut unwrapped = vec![0; data.len().saturating_sub(8)];
            AesKw::<A>::new_from_slice(key).map_err(|_| BAD_KEY)?.unwrap_key(data, &mut unwrapped)
                .map_err(|_| NOT_AUTHENTIC)?;
            Ok(unwrapped)
        }),
    }
}

fn ctr(key: &[u8], counter: &[u8], length: u8, data: &[u8]) -> Result<Vec<u8>, Error> {
    let counter = <[u8; 16]>::try_from(counter).map_err(|_| BAD_IV)?;
    if !(1..=128).contains(&length) {
        return Err(Error::Operation("the counter of AES-CTR has 1 to 128 bits"));
    }
    let blocks = data.len().div_ceil(16) as u128;
    if length < 128 && blocks > 1 << length {
        return Err(Error::Operation("the counter of AES-CTR is too short for so much data"));
    }
    with_aes!(key, A => {
        let mut output = data.to_vec();
        let key = A::new_from_slice(key).map_err(|_| BAD_KEY)?;
        apply_keystream(&key, u128::from_be_bytes(counter), length, &mut output);
        Ok(output)
    })
}

/// Adds the encrypted counters to the data. The lowest `length` bits count, and nothing is carried out of them.
fn apply_keystream<A>(key: &A, first: u128, length: u8, data: &mut [u8])
where
    A: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>,
{
    let counting = u128::MAX >> (128 - u32::from(length));
    let mut counter = first;
    let mut stream = [Block::default(); BLOCKS_AT_ONCE];
    for part in data.chunks_mut(16 * BLOCKS_AT_ONCE) {
        let stream = &mut stream[..part.len().div_ceil(16)];
        for block in &mut *stream {
            *block = counter.to_be_bytes().into();
            counter = (first & !counting) | (counter.wrapping_add(1) & counting);
        }
        key.encrypt_blocks(stream);
        for (bytes, mask) in part.chunks_mut(16).zip(stream) {
            bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= *mask);
        }
    }
}

/// AES-GCM of one nonce (NIST SP 800-38D).
struct Gcm<A> {
    key: A,
    hash: GHash,
    /// The block whose encryption masks the tag; the data's counters follow it.
    first: u128,
    /// In bytes.
    tag: usize,
}

impl<A: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16> + KeyInit> Gcm<A> {
    fn new(key: &[u8], iv: &[u8], tag: u8) -> Result<Self, Error> {
        if !matches!(tag, 32 | 64 | 96 | 104 | 112 | 120 | 128) {
            return Err(Error::Operation("the tag of AES-GCM has 32, 64, 96, 104, 112, 120 or 128 bits"));
        }
        if iv.is_empty() {
            return Err(Error::Operation("AES-GCM needs an initialization vector"));
        }
        let key = A::new_from_slice(key).map_err(|_| BAD_KEY)?;
        let mut subkey = Block::default();
        key.encrypt_block(&mut subkey);
        let hash = GHash::new(&subkey);
        let first = match iv.len() {
            12 => {
                let mut first = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
                first[..12].copy_from_slice(iv);
                first
            }
            _ => finish(hash.clone(), &[], iv),
        };
        Ok(Gcm { key, hash, first: u128::from_be_bytes(first), tag: usize::from(tag) / 8 })
    }

    fn encrypt(self, additional: &[u8], data: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(data.len() + self.tag);
        output.extend_from_slice(data);
        self.apply(&mut output);
        let tag = self.tag_of(additional, &output);
        output.extend_from_slice(&tag[..self.tag]);
        output
    }

    fn decrypt(self, additional: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
        let (data, tag) = data.split_at_checked(data.len().wrapping_sub(self.tag)).ok_or(NOT_AUTHENTIC)?;
        if !bool::from(self.tag_of(additional, data)[..self.tag].ct_eq(tag)) {
            return Err(NOT_AUTHENTIC);
        }
        let mut output = data.to_vec();
        self.apply(&mut output);
        Ok(output)
    }

    fn apply(&self, data: &mut [u8]) {
        const COUNTING: u128 = u32::MAX as u128;
        let second = (self.first & !COUNTING) | (self.first.wrapping_add(1) & COUNTING);
        apply_keystream(&self.key, second, 32, data);
    }

    fn tag_of(&self, additional: &[u8], encrypted: &[u8]) -> [u8; 16] {
        let mut tag = finish(self.hash.clone(), additional, encrypted);
        apply_keystream(&self.key, self.first, 32, &mut tag);
        tag
    }
}

/// GHASH over both, each padded to whole blocks, and their lengths in bits.
fn finish(mut hash: GHash, additional: &[u8], data: &[u8]) -> [u8; 16] {
    hash.update_padded(additional);
    hash.update_padded(data);
    let lengths = (additional.len() as u128 * 8) << 64 | (data.len() as u128 * 8);
    hash.update(&[lengths.to_be_bytes().into()]);
    hash.finalize().into()
}
