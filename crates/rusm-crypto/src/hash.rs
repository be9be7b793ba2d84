use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash functions of FIPS 180-4 that the Web Cryptography API names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, for what is old: it is broken as a hash function.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// Evaluates the expression with the type that implements the hash function.
macro_rules! with_hash {
    ($hash:expr, $name:ident => $body:expr) => {
        match $hash {
            $crate::Hash::Sha1 => {
                type $name = sha1::Sha1;
                $body
            }
            $crate::Hash::Sha256 => {
                type $name = sha2::Sha256;
                $body
            }
            $crate::Hash::Sha384 => {
                type $name = sha2::Sha384;
                $body
            }
            $crate::Hash::Sha512 => {
                type $name = sha2::Sha512;
                $body
            }
        }
    };
}
pub(crate) use with_hash;

/// The digest of the data.
pub fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha1 => Sha1::digest(data).to_vec(),
        Hash::Sha256 => Sha256::digest(data).to_vec(),
        Hash::Sha384 => Sha384::digest(data).to_vec(),
        Hash::Sha512 => Sha512::digest(data).to_vec(),
    }
}
