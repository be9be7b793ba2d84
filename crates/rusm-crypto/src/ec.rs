//! NIST's curves: ECDSA (FIPS 186-5) and ECDH (SEC 1).

use std::marker::PhantomData;

use ecdsa::hazmat::{sign_prehashed_rfc6979, verify_prehashed};
use ecdsa::{EcdsaCurve, Signature, SignatureSize};
use p256::NistP256;
use p256::elliptic_curve::array::ArraySize;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point, ValidatePublicKey};
use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Generate, PublicKey, SecretKey,
};
use p256::pkcs8::AssociatedOid;
use p384::NistP384;
use p521::NistP521;
use pkcs8::der::{Decode, Encode};
use sec1::EcPrivateKey;

use crate::hash::with_hash;
use crate::key::Keys;
use crate::{Error, Hash, digest};

const BAD_PRIVATE: Error =
    Error::Data("this is no private key of the curve, or it does not fit its public key");
const BAD_PUBLIC: Error = Error::Data("this is no point of the curve");

/// What can be done with the keys of a curve. Keys are as in [`Keys`].
pub(crate) trait Curve {
    fn sign(&self, hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error>;
    fn verify(&self, hash: Hash, key: &[u8], signature: &[u8], data: &[u8]) -> Result<bool, Error>;
    fn agree(&self, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Error>;
}

pub(crate) struct Nist<C>(PhantomData<C>);
pub(crate) static P256: Nist<NistP256> = Nist(PhantomData);
pub(crate) static P384: Nist<NistP384> = Nist(PhantomData);
pub(crate) static P521: Nist<NistP521> = Nist(PhantomData);

impl<C> Nist<C>
where
    C: EcdsaCurve + CurveArithmetic + AssociatedOid + ValidatePublicKey,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    /// The secret number of a key that has been checked before: the public key beside it is not looked at, for to compare
    /// the two costs as much as a signature.
    fn secret(key: &[u8]) -> Result<SecretKey<C>, Error> {
        let key = EcPrivateKey::from_der(key).map_err(|_| BAD_PRIVATE)?;
        SecretKey::from_slice(key.private_key).map_err(|_| BAD_PRIVATE)
    }

    fn point(key: &[u8]) -> Result<PublicKey<C>, Error> {
        PublicKey::from_sec1_bytes(key).map_err(|_| BAD_PUBLIC)
    }

    fn write(key: &SecretKey<C>) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let public = key.public_key().to_sec1_point(false);
        let private = EcPrivateKey {
            private_key: &key.to_bytes(),
            parameters: None,
            public_key: Some(public.as_bytes()),
        };
        Ok((private.to_der().map_err(|_| BAD_PRIVATE)?, public.as_bytes().to_vec()))
    }

    fn coordinates(point: &[u8]) -> Result<(&[u8], &[u8]), Error> {
        match point.split_first() {
            Some((4, coordinates)) if coordinates.len().is_multiple_of(2) => {
                Ok(coordinates.split_at(coordinates.len() / 2))
            }
            _ => Err(BAD_PUBLIC),
        }
    }

    /// Coordinates of a JSON Web Key have the field's full length (RFC 7518, 6.2.1.2).
    fn join(x: &[u8], y: &[u8]) -> Result<Vec<u8>, Error> {
        let x = <&FieldBytes<C>>::try_from(x).map_err(|_| BAD_PUBLIC)?;
        let y = <&FieldBytes<C>>::try_from(y).map_err(|_| BAD_PUBLIC)?;
        let point = Sec1Point::<C>::from_affine_coordinates(x, y, false);
        Self::point(point.as_bytes())?;
        Ok(point.as_bytes().to_vec())
    }
}

impl<C> Keys for Nist<C>
where
    C: EcdsaCurve + CurveArithmetic + AssociatedOid + ValidatePublicKey,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    fn private(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(Self::write(&SecretKey::from_sec1_der(key).map_err(|_| BAD_PRIVATE)?)?.0)
    }

    fn public(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(Self::point(key)?.to_sec1_point(false).as_bytes().to_vec())
    }

    fn generate(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        Self::write(&SecretKey::generate_from_rng(&mut crate::random::source()))
    }

    fn split_private(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let key = EcPrivateKey::from_der(key).map_err(|_| BAD_PRIVATE)?;
        let (x, y) = Self::coordinates(key.public_key.ok_or(BAD_PRIVATE)?)?;
        Ok(vec![x.to_vec(), y.to_vec(), key.private_key.to_vec()])
    }

    fn split_public(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let (x, y) = Self::coordinates(key)?;
        Ok(vec![x.to_vec(), y.to_vec()])
    }

    fn join_private(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x, y, d] = parts else { return Err(BAD_PRIVATE) };
        let d = <&FieldBytes<C>>::try_from(*d).map_err(|_| BAD_PRIVATE)?;
        let (private, public) = Self::write(&SecretKey::from_bytes(d).map_err(|_| BAD_PRIVATE)?)?;
        if Self::join(x, y)? == public { Ok(private) } else { Err(BAD_PRIVATE) }
    }

    fn join_public(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [x, y] = parts else { return Err(BAD_PUBLIC) };
        Self::join(x, y)
    }
}

impl<C> Curve for Nist<C>
where
    C: EcdsaCurve + CurveArithmetic + AssociatedOid + ValidatePublicKey,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    SignatureSize<C>: ArraySize,
{
    fn sign(&self, hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
        let key = Self::secret(key)?.to_nonzero_scalar();
        let digest = digest(hash, data);
        // The nonce is a function of key and message (RFC 6979): no chance, good or bad, can give the key away.
        let (signature, _) = with_hash!(hash, H => sign_prehashed_rfc6979::<C, H>(&key, &digest, &[]));
        Ok(signature.to_bytes().to_vec())
    }

    fn verify(&self, hash: Hash, key: &[u8], signature: &[u8], data: &[u8]) -> Result<bool, Error> {
        let key = Self::point(key)?;
        let Ok(signature) = Signature::<C>::from_slice(signature) else { return Ok(false) };
        Ok(verify_prehashed(&key.to_projective(), &digest(hash, data), &signature).is_ok())
    }

    fn agree(&self, private: &[u8], public: &[u8]) -> Result<Vec<u8>, Error> {
        let secret = Self::secret(private)?.diffie_hellman(&Self::point(public)?);
        Ok(secret.raw_secret_bytes().to_vec())
    }
}
