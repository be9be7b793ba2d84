//! The envelopes of keys: which algorithm a key is for, and its bytes, which only that algorithm understands.

use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier, OctetStringRef};
use pkcs8::der::{Decode, Encode};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::{Error, KeyType};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

const NO_PKCS8: Error = Error::Data("this is no private key in PKCS #8");
const NO_SPKI: Error = Error::Data("this is no public key in SubjectPublicKeyInfo");

/// Which key of a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Private,
    Public,
}

/// A key with what it is for.
pub(crate) type Opened<'a> = (KeyType, &'a [u8]);

pub(crate) fn open(der: &[u8]) -> Result<(Half, Opened<'_>), Error> {
    match open_private(der) {
        Ok(key) => Ok((Half::Private, key)),
        Err(_) => Ok((Half::Public, open_public(der)?)),
    }
}

pub(crate) fn open_private(der: &[u8]) -> Result<Opened<'_>, Error> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| NO_PKCS8)?;
    let key_type = key_type(&info.algorithm)?;
    let key = info.private_key.as_bytes();
    let key = match key_type {
        // CurvePrivateKey of RFC 8410 is an OCTET STRING in the OCTET STRING.
        KeyType::Ed25519 | KeyType::X25519 => {
            <&OctetStringRef>::from_der(key).map_err(|_| NO_PKCS8)?.as_bytes()
        }
        _ => key,
    };
    Ok((key_type, key))
}

pub(crate) fn open_public(der: &[u8]) -> Result<Opened<'_>, Error> {
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| NO_SPKI)?;
    Ok((key_type(&info.algorithm)?, info.subject_public_key.as_bytes().ok_or(NO_SPKI)?))
}

pub(crate) fn seal(key_type: KeyType, half: Half, key: &[u8]) -> Result<Vec<u8>, Error> {
    seal_in(key_type, half, key).map_err(|_| Error::Data("the key is too long for DER"))
}

fn seal_in(key_type: KeyType, half: Half, key: &[u8]) -> Result<Vec<u8>, pkcs8::der::Error> {
    let curve = match key_type {
        KeyType::P256 => Some(&P256),
        KeyType::P384 => Some(&P384),
        KeyType::P521 => Some(&P521),
        KeyType::Ed25519 | KeyType::X25519 | KeyType::Rsa => None,
    };
    let algorithm = match key_type {
        KeyType::P256 | KeyType::P384 | KeyType::P521 => {
            AlgorithmIdentifierRef { oid: EC, parameters: curve.map(AnyRef::from) }
        }
        KeyType::Ed25519 => AlgorithmIdentifierRef { oid: ED25519, parameters: None },
        KeyType::X25519 => AlgorithmIdentifierRef { oid: X25519, parameters: None },
        KeyType::Rsa => AlgorithmIdentifierRef { oid: RSA, parameters: Some(AnyRef::NULL) },
    };
    match (half, key_type) {
        (Half::Public, _) => {
            let subject_public_key = BitStringRef::from_bytes(key)?;
            SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der()
        }
        (Half::Private, KeyType::Ed25519 | KeyType::X25519) => {
            let key = OctetStringRef::new(key)?.to_der()?;
            PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&key)?).to_der()
        }
        (Half::Private, _) => PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(key)?).to_der(),
    }
}

fn key_type(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<KeyType, Error> {
    const UNKNOWN: Error = Error::Data("the key is of an algorithm or curve that is not known here");
    match (algorithm.oid, algorithm.parameters) {
        (ED25519, None) => Ok(KeyType::Ed25519),
        (X25519, None) => Ok(KeyType::X25519),
        (RSA, Some(parameters)) if parameters.decode_as::<Null>().is_ok() => Ok(KeyType::Rsa),
        (EC, Some(parameters)) => match parameters.decode_as::<ObjectIdentifier>().map_err(|_| UNKNOWN)? {
            P256 => Ok(KeyType::P256),
            P384 => Ok(KeyType::P384),
            P521 => Ok(KeyType::P521),
            _ => Err(UNKNOWN),
        },
        _ => Err(UNKNOWN),
    }
}
