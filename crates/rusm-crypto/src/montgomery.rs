//! X25519 (RFC 7748).

use x25519_dalek::{PublicKey, StaticSecret};

use crate::key::Keys;
use crate::{Error, random};

const BAD_PRIVATE: Error =
    Error::Data("a private key of X25519 is 32 bytes, and has the public key that it makes");
const BAD_PUBLIC: Error = Error::Data("a public key of X25519 is 32 bytes");

pub(crate) struct X25519;

fn secret(key: &[u8]) -> Result<StaticSecret, Error> {
    <[u8; 32]>::try_from(key).map(StaticSecret::from).map_err(|_| BAD_PRIVATE)
}

fn point(key: &[u8]) -> Result<PublicKey, Error> {
    <[u8; 32]>::try_from(key).map(PublicKey::from).map_err(|_| BAD_PUBLIC)
}

impl Keys for X25519 {
    fn private(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(secret(key)?.to_bytes().to_vec())
    }

    fn public(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(point(key)?.to_bytes().to_vec())
    }

    fn generate(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let secret = StaticSecret::from(random::bytes::<32>());
        Ok((secret.to_bytes().to_vec(), PublicKey::from(&secret).to_bytes().to_vec()))
    }

    fn split_private(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let secret = secret(key)?;
        Ok(vec![PublicKey::from(&secret).to_bytes().to_vec(), secret.to_bytes().to_vec()])
    }

    fn split_public(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        Ok(vec![self.public(key)?])
    }

    fn join_private(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x, d] = parts else { return Err(BAD_PRIVATE) };
        let secret = secret(d)?;
        if PublicKey::from(&secret).as_bytes() == x {
            Ok(secret.to_bytes().to_vec())
        } else {
            Err(BAD_PRIVATE)
        }
    }

    fn join_public(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x] = parts else { return Err(BAD_PUBLIC) };
        self.public(x)
    }
}

pub(crate) fn agree(private: &[u8], public: &[u8]) -> Result<Vec<u8>, Error> {
    let shared = secret(private)?.diffie_hellman(&point(public)?);
    if !shared.was_contributory() {
        return Err(Error::Operation("the public key is a point of small order: the secret would be none"));
    }
    Ok(shared.as_bytes().to_vec())
}
