use crate::der::{self, Half};
use crate::ec::{self, Curve};
use crate::{Error, edwards, montgomery, rsa};

/// What a pair of keys is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// ECDSA and ECDH over NIST's P-256.
    P256,
    /// ECDSA and ECDH over NIST's P-384.
    P384,
    /// ECDSA and ECDH over NIST's P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// X25519.
    X25519,
    /// RSA of 1024 to 8192 bits.
    Rsa,
}

/// What a key is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// A public key as bare bytes: a point as of SEC 1, compressed or not, or the 32 bytes of RFC 8032 and RFC 7748.
    Raw,
    /// `SubjectPublicKeyInfo` of RFC 5280.
    Spki,
    /// `PrivateKeyInfo` of RFC 5208, or its successor of RFC 5958.
    Pkcs8,
}

/// A new pair of keys.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// PKCS #8.
    pub private: Vec<u8>,
    /// `SubjectPublicKeyInfo`.
    pub public: Vec<u8>,
}

/// The keys of an algorithm as their DER envelope holds them: an `ECPrivateKey` or a point, a seed, PKCS #1.
pub(crate) trait Keys {
    /// Checks a private key and makes it canonical.
    fn private(&self, key: &[u8]) -> Result<Vec<u8>, Error>;
    /// Checks a public key and makes it canonical.
    fn public(&self, key: &[u8]) -> Result<Vec<u8>, Error>;
    /// Makes a private and a public key.
    fn generate(&self) -> Result<(Vec<u8>, Vec<u8>), Error>;

    fn split_private(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error>;
    fn split_public(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error>;
    /// Takes as many parts as `split_private` gives.
    fn join_private(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error>;
    /// Takes as many parts as `split_public` gives.
    fn join_public(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error>;
}

impl KeyType {
    fn keys(self) -> &'static dyn Keys {
        match self {
            KeyType::P256 => &ec::P256,
            KeyType::P384 => &ec::P384,
            KeyType::P521 => &ec::P521,
            KeyType::Ed25519 => &edwards::Ed25519,
            KeyType::X25519 => &montgomery::X25519,
            KeyType::Rsa => &rsa::Rsa,
        }
    }

    pub(crate) fn curve(self) -> Option<&'static dyn Curve> {
        match self {
            KeyType::P256 => Some(&ec::P256),
            KeyType::P384 => Some(&ec::P384),
            KeyType::P521 => Some(&ec::P521),
            KeyType::Ed25519 | KeyType::X25519 | KeyType::Rsa => None,
        }
    }
}

/// Reads a key of that type, checks it, and returns it in the canonical form. Private is what PKCS #8 holds.
pub fn read_key(key_type: KeyType, encoding: Encoding, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let keys = key_type.keys();
    match encoding {
        Encoding::Raw if key_type == KeyType::Rsa => Err(Error::NotSupported("RSA keys have no raw form")),
        Encoding::Raw => der::seal(key_type, Half::Public, &keys.public(bytes)?),
        Encoding::Spki => {
            der::seal(key_type, Half::Public, &keys.public(of(key_type, der::open_public(bytes)?)?)?)
        }
        Encoding::Pkcs8 => {
            der::seal(key_type, Half::Private, &keys.private(of(key_type, der::open_private(bytes)?)?)?)
        }
    }
}

/// The numbers that a key of the canonical form is made of, big-endian, in the order in which RFC 7518 and RFC 8037 name them:
/// `x`, `y` and for a private key `d`; `x` and `d` of Ed25519 and X25519; `n`, `e` and for a private key `d`, `p`, `q`, `dp`,
/// `dq`, `qi` of RSA.
pub fn split_key(key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let (half, (key_type, key)) = der::open(key)?;
    match half {
        Half::Private => key_type.keys().split_private(key),
        Half::Public => key_type.keys().split_public(key),
    }
}

/// Makes a key of such numbers, checks it, and returns it in the canonical form.
pub fn join_key(key_type: KeyType, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let (public, private) = match key_type {
        KeyType::P256 | KeyType::P384 | KeyType::P521 => (2, 3),
        KeyType::Ed25519 | KeyType::X25519 => (1, 2),
        KeyType::Rsa => (2, 8),
    };
    if parts.len() == private {
        der::seal(key_type, Half::Private, &key_type.keys().join_private(parts)?)
    } else if parts.len() == public {
        der::seal(key_type, Half::Public, &key_type.keys().join_public(parts)?)
    } else {
        Err(Error::Data("a part of the key is missing"))
    }
}

/// Makes a pair of keys of an elliptic curve.
pub fn generate_key(key_type: KeyType) -> Result<KeyPair, Error> {
    pair(key_type, &key_type.keys().generate()?)
}

/// Makes a pair of RSA keys. The public exponent is big-endian: 3 or more, odd, below 2^33. `go_on` is asked every now and then.
pub fn generate_rsa_key(bits: u32, exponent: &[u8], go_on: &dyn Fn() -> bool) -> Result<KeyPair, Error> {
    pair(KeyType::Rsa, &rsa::generate(bits, exponent, go_on)?)
}

/// The secret that the holders of two pairs of keys share: ECDH of SEC 1 (the x coordinate) or X25519.
pub fn agree(private: &[u8], public: &[u8]) -> Result<Vec<u8>, Error> {
    let (key_type, private) = der::open_private(private)?;
    let public = of(key_type, der::open_public(public)?)?;
    match key_type.curve() {
        Some(curve) => curve.agree(private, public),
        None if key_type == KeyType::X25519 => montgomery::agree(private, public),
        None => Err(Error::Data("no secret can be agreed on with keys of this algorithm")),
    }
}

fn pair(key_type: KeyType, (private, public): &(Vec<u8>, Vec<u8>)) -> Result<KeyPair, Error> {
    Ok(KeyPair {
        private: der::seal(key_type, Half::Private, private)?,
        public: der::seal(key_type, Half::Public, public)?,
    })
}

fn of(wanted: KeyType, (found, key): (KeyType, &[u8])) -> Result<&[u8], Error> {
    if found == wanted { Ok(key) } else { Err(Error::Data("the key is of another algorithm or curve")) }
}
