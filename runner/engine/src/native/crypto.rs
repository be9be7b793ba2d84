//! `crypto.subtle`'s natives: `runner/platform/crypto/native.d.ts`, computed by the host.
//!
//! The host computes for processes alone; the platform refuses what is asked while a bundle is evaluated.

use rquickjs::{Ctx, Object, Result};
use rusm_runner_crypto::{
    Algorithms, Cipher, Derivation, Encoding, Failure, Hash, KeyType, Outcome, Scheme, natives,
};

use crate::bindings::rusm::runtime::crypto as host;

/// The object, to be made once.
pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    natives(ctx, Host)
}

struct Host;

fn outcome<T>(result: std::result::Result<T, host::Error>) -> Outcome<T> {
    result.map_err(|error| match error {
        host::Error::Data(message) => Failure { name: "DataError", message },
        host::Error::Operation(message) => Failure { name: "OperationError", message },
        host::Error::NotSupported(message) => Failure { name: "NotSupportedError", message },
    })
}

impl Algorithms for Host {
    fn digest(&self, hash: Hash, data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(host::digest(hash_of(hash), data))
    }

    fn sign(&self, scheme: Scheme, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(host::sign(scheme_of(scheme), key, data))
    }

    fn verify(&self, scheme: Scheme, key: &[u8], signature: &[u8], data: &[u8]) -> Outcome<bool> {
        outcome(host::verify(scheme_of(scheme), key, signature, data))
    }

    fn encrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(host::encrypt(&cipher_of(cipher), key, data))
    }

    fn decrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>> {
        outcome(host::decrypt(&cipher_of(cipher), key, data))
    }

    fn derive(&self, derivation: Derivation<'_>, secret: &[u8], length: u32) -> Outcome<Vec<u8>> {
        let derivation = match derivation {
            Derivation::Hkdf { hash, salt, info } => host::Derivation::Hkdf(host::Hkdf {
                hash: hash_of(hash),
                salt: salt.to_vec(),
                info: info.to_vec(),
            }),
            Derivation::Pbkdf2 { hash, salt, iterations } => host::Derivation::Pbkdf2(host::Pbkdf2 {
                hash: hash_of(hash),
                salt: salt.to_vec(),
                iterations,
            }),
        };
        outcome(host::derive(&derivation, secret, length))
    }

    fn agree(&self, private: &[u8], public: &[u8]) -> Outcome<Vec<u8>> {
        outcome(host::agree(private, public))
    }

    fn generate_key(&self, key_type: KeyType) -> Outcome<(Vec<u8>, Vec<u8>)> {
        outcome(host::generate_key(type_of(key_type))).map(|pair| (pair.private, pair.public))
    }

    fn generate_rsa_key(&self, bits: u32, exponent: &[u8]) -> Outcome<(Vec<u8>, Vec<u8>)> {
        outcome(host::generate_rsa_key(bits, exponent)).map(|pair| (pair.private, pair.public))
    }

    fn read_key(&self, key_type: KeyType, encoding: Encoding, bytes: &[u8]) -> Outcome<Vec<u8>> {
        let encoding = match encoding {
            Encoding::Raw => host::Encoding::Raw,
            Encoding::Spki => host::Encoding::Spki,
            Encoding::Pkcs8 => host::Encoding::Pkcs8,
        };
        outcome(host::read_key(type_of(key_type), encoding, bytes))
    }

    fn split_key(&self, key: &[u8]) -> Outcome<Vec<Vec<u8>>> {
        outcome(host::split_key(key))
    }

    fn join_key(&self, key_type: KeyType, parts: &[&[u8]]) -> Outcome<Vec<u8>> {
        let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
        outcome(host::join_key(type_of(key_type), &parts))
    }
}

fn hash_of(hash: Hash) -> host::Hash {
    match hash {
        Hash::Sha1 => host::Hash::Sha1,
        Hash::Sha256 => host::Hash::Sha256,
        Hash::Sha384 => host::Hash::Sha384,
        Hash::Sha512 => host::Hash::Sha512,
    }
}

fn scheme_of(scheme: Scheme) -> host::Scheme {
    match scheme {
        Scheme::Hmac(hash) => host::Scheme::Hmac(hash_of(hash)),
        Scheme::Ecdsa(hash) => host::Scheme::Ecdsa(hash_of(hash)),
        Scheme::Ed25519 => host::Scheme::Ed25519,
        Scheme::RsaPkcs1(hash) => host::Scheme::RsaPkcs1(hash_of(hash)),
        Scheme::RsaPss(hash, salt) => host::Scheme::RsaPss((hash_of(hash), salt)),
    }
}

fn cipher_of(cipher: Cipher<'_>) -> host::Cipher {
    match cipher {
        Cipher::Gcm { iv, additional, tag } => {
            host::Cipher::AesGcm(host::Gcm { iv: iv.to_vec(), additional: additional.to_vec(), tag })
        }
        Cipher::Cbc { iv } => host::Cipher::AesCbc(iv.to_vec()),
        Cipher::Ctr { counter, length } => {
            host::Cipher::AesCtr(host::Ctr { counter: counter.to_vec(), length })
        }
        Cipher::Kw => host::Cipher::AesKw,
    }
}

fn type_of(key_type: KeyType) -> host::KeyType {
    match key_type {
        KeyType::P256 => host::KeyType::P256,
        KeyType::P384 => host::KeyType::P384,
        KeyType::P521 => host::KeyType::P521,
        KeyType::Ed25519 => host::KeyType::Ed25519,
        KeyType::X25519 => host::KeyType::X25519,
        KeyType::Rsa => host::KeyType::Rsa,
    }
}
