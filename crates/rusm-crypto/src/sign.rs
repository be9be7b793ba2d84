use crate::{Error, Hash, KeyType, der, derive, edwards, rsa};

const WRONG_KEY: Error = Error::Data("the key is of another algorithm");

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HMAC, with a secret key.
    Hmac(Hash),
    /// ECDSA over the key's curve. The signature is `r` and `s` one after the other (IEEE P1363).
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSA-PSS with MGF1 over the same hash function.
    RsaPss {
        /// The hash function.
        hash: Hash,
        /// The salt's length in bytes.
        salt: u32,
    },
}

/// Signs with a secret or a private key.
pub fn sign(scheme: Scheme, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    if let Scheme::Hmac(hash) = scheme {
        return Ok(derive::hmac(hash, key, data));
    }
    let (key_type, key) = der::open_private(key)?;
    match (scheme, key_type) {
        (Scheme::Ecdsa(hash), _) => key_type.curve().ok_or(WRONG_KEY)?.sign(hash, key, data),
        (Scheme::Ed25519, KeyType::Ed25519) => edwards::sign(key, data),
        (Scheme::RsaPkcs1(hash), KeyType::Rsa) => rsa::sign_pkcs1(hash, key, data),
        (Scheme::RsaPss { hash, salt }, KeyType::Rsa) => rsa::sign_pss(hash, salt, key, data),
        _ => Err(WRONG_KEY),
    }
}

/// Whether the signature is the secret or public key's for the data. A signature of the wrong length or form is none.
pub fn verify(scheme: Scheme, key: &[u8], signature: &[u8], data: &[u8]) -> Result<bool, Error> {
    if let Scheme::Hmac(hash) = scheme {
        return Ok(derive::hmac_verify(hash, key, signature, data));
    }
    let (key_type, key) = der::open_public(key)?;
    match (scheme, key_type) {
        (Scheme::Ecdsa(hash), _) => key_type.curve().ok_or(WRONG_KEY)?.verify(hash, key, signature, data),
        (Scheme::Ed25519, KeyType::Ed25519) => Ok(edwards::verify(key, signature, data)),
        (Scheme::RsaPkcs1(hash), KeyType::Rsa) => rsa::verify_pkcs1(hash, key, signature, data),
        (Scheme::RsaPss { hash, salt }, KeyType::Rsa) => rsa::verify_pss(hash, salt, key, signature, data),
        _ => Err(WRONG_KEY),
    }
}
