//! Keys and bits out of other secrets.

use hkdf::Hkdf;
use hmac::digest::FixedOutput;
use hmac::{Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;

use crate::hash::with_hash;
use crate::{Error, Hash};

/// After so many iterations of PBKDF2, some hundred microseconds, the caller is asked whether to go on.
const ITERATIONS_AT_ONCE: u32 = 512;

/// HMAC (RFC 2104) of the data.
pub fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    with_hash!(hash, H => keyed::<Hmac<H>>(key).chain_update(data).finalize().into_bytes().to_vec())
}

/// Whether the tag is the HMAC of the data, found out in a time that does not tell how much of it is.
pub fn hmac_verify(hash: Hash, key: &[u8], tag: &[u8], data: &[u8]) -> bool {
    hmac(hash, key, data).ct_eq(tag).into()
}

/// HKDF (RFC 5869): so many bytes out of a key. None are more than 255 digests.
pub fn hkdf(hash: Hash, key: &[u8], salt: &[u8], info: &[u8], length: usize) -> Result<Vec<u8>, Error> {
    const TOO_LONG: Error = Error::Operation("HKDF gives at most 255 digests of its hash function");
    with_hash!(hash, H => {
        if length > 255 * size_of::<hmac::digest::Output<H>>() {
            return Err(TOO_LONG);
        }
        let mut derived = vec![0; length];
        Hkdf::<H>::new(Some(salt), key).expand(info, &mut derived).map_err(|_| TOO_LONG)?;
        Ok(derived)
    })
}

/// PBKDF2 (RFC 8018): so many bytes out of a password. `go_on` is asked every now and then.
pub fn pbkdf2(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Error> {
    if iterations == 0 {
        return Err(Error::Operation("PBKDF2 needs at least one iteration"));
    }
    with_hash!(hash, H => {
        let prf = keyed::<Hmac<H>>(password);
        let mut derived = vec![0; length];
        let blocks = derived.chunks_mut(size_of::<hmac::digest::Output<H>>());
        for (index, block) in (1u32..).zip(blocks) {
            let mut last = prf.clone().chain_update(salt).chain_update(index.to_be_bytes()).finalize_fixed();
            let mut sum = last;
            for iteration in 1..iterations {
                if iteration % ITERATIONS_AT_ONCE == 0 && !go_on() {
                    return Err(Error::Stopped);
                }
                last = prf.clone().chain_update(last).finalize_fixed();
                sum.iter_mut().zip(&last).for_each(|(sum, byte)| *sum ^= byte);
            }
            if !go_on() {
                return Err(Error::Stopped);
            }
            block.copy_from_slice(&sum[..block.len()]);
        }
        Ok(derived)
    })
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of every length")
}
