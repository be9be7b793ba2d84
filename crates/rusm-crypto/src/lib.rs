//! The algorithms of the Web Cryptography API as functions from bytes to bytes, over the crates of `RustCrypto`.
//!
//! Names, parameters and errors are those of <https://w3c.github.io/webcrypto/>; what that leaves to its JavaScript
//! side (usages, extractability, JSON Web Keys) is not here. A secret key is its bytes. The keys of a pair are DER in one
//! canonical form: PKCS #8 for the private one, `SubjectPublicKeyInfo` for the public one, as
//! [`read_key`], [`join_key`] and [`generate_key`] return them and as `exportKey` shows them.
//!
//! What may take long takes a function that says whether to go on.
//!
//! ```
//! use rusm_crypto::{Error, Hash, KeyType, Scheme, generate_key, sign, verify};
//!
//! let keys = generate_key(KeyType::P256)?;
//! let signature = sign(Scheme::Ecdsa(Hash::Sha256), &keys.private, b"a message")?;
//! assert!(verify(Scheme::Ecdsa(Hash::Sha256), &keys.public, &signature, b"a message")?);
//! assert!(!verify(Scheme::Ecdsa(Hash::Sha256), &keys.public, &signature, b"another")?);
//! # Ok::<(), Error>(())
//! ```
//!
//! RSA signs and verifies only. Decryption with it is where the timing of this implementation could tell a key to a
//! patient stranger (the Marvin attack, RUSTSEC-2023-0071), so there is no RSA-OAEP.

mod aes;
mod der;
mod derive;
mod ec;
mod edwards;
mod error;
mod hash;
mod key;
mod montgomery;
mod random;
mod rsa;
mod sign;

pub use aes::{Cipher, decrypt, encrypt};
pub use derive::{hkdf, hmac, hmac_verify, pbkdf2};
pub use error::Error;
pub use hash::{Hash, digest};
pub use key::{
    Encoding, KeyPair, KeyType, agree, generate_key, generate_rsa_key, join_key, read_key, split_key,
};
pub use sign::{Scheme, sign, verify};
