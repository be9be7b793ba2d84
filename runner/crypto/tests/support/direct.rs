//! The algorithms themselves in the place of the host that computes by them.

use rusm_crypto as algorithms;
use rusm_runner_crypto::{Algorithms, Cipher, Derivation, Encoding, Failure, Hash, KeyType, Outcome, Scheme};

/// Computes within the call.
pub(crate) struct Direct;

fn outcome<T>(result: Result<T, algorithms::Error>) -> Outcome<T> {
    result.map_err(|error| {
        let name = match error {
            algorithms::Error::Data(_) => "DataError",
            algorithms::Error::Operation(_) | algorithms::Error::Stopped => "OperationError",
            algorithms::Error::NotSupported(_) => "NotSupportedError",
        };
        Failure { name, message: error.to_string() }
    })
}

impl Algorithms for Direct {
    fn digest(&self, hash: Hash, data: &[u8]) -> Outcome<Vec<u8>> {
        Ok(algorithms::digest(hash_of(hash), data))
    }

    fn sign(&self, scheme: Scheme, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(algorithms::sign(scheme_of(scheme), key, data))
    }

    fn verify(&self, scheme: Scheme, key: &[u8], signature: &[u8], data: &[u8]) -> Outcome<bool> {
        outcome(algorithms::verify(scheme_of(scheme), key, signature, data))
    }

    fn encrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(algorithms::encrypt(cipher_of(cipher), key, data))
    }

    fn decrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(algorithms::decrypt(cipher_of(cipher), key, data))
    }

    fn derive(&self, derivation: Derivation<'_>, secret: &[u8], length: u32) -> Outcome<Vec<u8>> {
        let length = length as usize;
        outcome(match derivation {
            Derivation::Hkdf { hash, salt, info } => {
                algorithms::hkdf(hash_of(hash), secret, salt, info, length)
            }
            Derivation::Pbkdf2 { hash, salt, iterations } => {
                algorithms::pbkdf2(hash_of(hash), secret, salt, iterations, length, &|| true)
            }
        })
    }

    fn agree(&self, private: &[u8], public: &[u8]) -> Outcome<Vec<u8>> {
        outcome(algorithms::agree(private, public))
    }

    fn generate_key(&self, key_type: KeyType) -> Outcome<(Vec<u8>, Vec<u8>)> {
        outcome(algorithms::generate_key(type_of(key_type))).map(|pair| (pair.private, pair.public))
    }

    fn generate_rsa_key(&self, bits: u32, exponent: &[u8]) -> Outcome<(Vec<u8>, Vec<u8>)> {
        outcome(algorithms::generate_rsa_key(bits, exponent, &|| true))
            .map(|pair| (pair.private, pair.public))
    }

    fn read_key(&self, key_type: KeyType, encoding: Encoding, bytes: &[u8]) -> Outcome<Vec<u8>> {
        let encoding = match encoding {
            Encoding::Raw => algorithms::Encoding::Raw,
            Encoding::Spki => algorithms::Encoding::Spki,
            Encoding::Pkcs8 => algorithms::Encoding::Pkcs8,
        };
        outcome(algorithms::read_key(type_of(key_type), encoding, bytes))
    }

    fn split_key(&self, key: &[u8]) -> Outcome<Vec<Vec<u8>>> {
        outcome(algorithms::split_key(key))
    }

    fn join_key(&self, key_type: KeyType, parts: &[&[u8]]) -> Outcome<Vec<u8>> {
        outcome(algorithms::join_key(type_of(key_type), parts))
    }
}

fn hash_of(hash: Hash) -> algorithms::Hash {
    match hash {
        Hash::Sha1 => algorithms::Hash::Sha1,
        Hash::Sha256 => algorithms::Hash::Sha256,
        Hash::Sha384 => algorithms::Hash::Sha384,
        Hash::Sha512 => algorithms::Hash::Sha512,
    }
}

fn scheme_of(scheme: Scheme) -> algorithms::Scheme {
    match scheme {
        Scheme::Hmac(hash) => algorithms::Scheme::Hmac(hash_of(hash)),
        Scheme::Ecdsa(hash) => algorithms::Scheme::Ecdsa(hash_of(hash)),
        Scheme::Ed25519 => algorithms::Scheme::Ed25519,
        Scheme::RsaPkcs1(hash) => algorithms::Scheme::RsaPkcs1(hash_of(hash)),
        Scheme::RsaPss(hash, salt) => algorithms::Scheme::RsaPss { hash: hash_of(hash), salt },
    }
}

fn cipher_of(cipher: Cipher<'_>) -> algorithms::Cipher<'_> {
    match cipher {
        Cipher::Gcm { iv, additional, tag } => algorithms::Cipher::Gcm { iv, additional, tag },
        Cipher::Cbc { iv } => algorithms::Cipher::Cbc { iv },
        Cipher::Ctr { counter, length } => algorithms::Cipher::Ctr { counter, length },
        Cipher::Kw => algorithms::Cipher::Kw,
    }
}

fn type_of(key_type: KeyType) -> algorithms::KeyType {
    match key_type {
        KeyType::P256 => algorithms::KeyType::P256,
        KeyType::P384 => algorithms::KeyType::P384,
        KeyType::P521 => algorithms::KeyType::P521,
        KeyType::Ed25519 => algorithms::KeyType::Ed25519,
        KeyType::X25519 => algorithms::KeyType::X25519,
        KeyType::Rsa => algorithms::KeyType::Rsa,
    }
}
