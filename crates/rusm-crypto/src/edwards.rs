//! Ed25519 (RFC 8032).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::key::Keys;
use crate::{Error, random};

const BAD_PRIVATE: Error =
    Error::Data("a private key of Ed25519 is 32 bytes, and has the public key that it makes");
const BAD_PUBLIC: Error = Error::Data("a public key of Ed25519 is 32 bytes");

pub(crate) struct Ed25519;

fn key(seed: &[u8]) -> Result<SigningKey, Error> {
    SigningKey::try_from(seed).map_err(|_| BAD_PRIVATE)
}

impl Keys for Ed25519 {
    fn private(&self, seed: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(key(seed)?.to_bytes().to_vec())
    }

    /// Whether it is a point shows when something is verified, as the specification has it.
    fn public(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        if key.len() == 32 { Ok(key.to_vec()) } else { Err(BAD_PUBLIC) }
    }

    fn generate(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let key = SigningKey::from_bytes(&random::bytes());
        Ok((key.to_bytes().to_vec(), key.verifying_key().to_bytes().to_vec()))
    }

    fn split_private(&self, seed: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let key = key(seed)?;
        Ok(vec![key.verifying_key().to_bytes().to_vec(), key.to_bytes().to_vec()])
    }

    fn split_public(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(vec![self.public(key)?])
    }

    fn join_private(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x, d] = parts else { return Err(BAD_PRIVATE) };
        let key = key(d)?;
        if key.verifying_key().as_bytes() == x { Ok(key.to_bytes().to_vec()) } else { Err(BAD_PRIVATE) }
    }

    fn join_public(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x] = parts else { return Err(BAD_PUBLIC) };
        self.public(x)
    }
}

pub(crate) fn sign(seed: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(key(seed)?.sign(data).to_vec())
}

/// Points of small order are refused, for under them a signature can fit any message.
pub(crate) fn verify(key: &[u8], signature: &[u8], data: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (VerifyingKey::try_from(key), Signature::from_slice(signature)) else {
        return false;
    };
    key.verify_strict(data, &signature).is_ok()
}
