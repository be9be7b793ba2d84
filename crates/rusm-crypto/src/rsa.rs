//! RSASSA-PKCS1-v1_5 and RSA-PSS (RFC 8017).

use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};

use crate::hash::with_hash;
use crate::key::Keys;
use crate::{Error, Hash, digest, random};

const BAD_PRIVATE: Error = Error::Data("this is no RSA private key of two primes and 1024 to 8192 bits");
const BAD_PUBLIC: Error = Error::Data("this is no RSA public key of 1024 to 8192 bits");
const NO_ROOM: Error = Error::Operation("the RSA key is too short for this hash function or salt");

pub(crate) struct Rsa;

fn private_key(key: &[u8]) -> Result<RsaPrivateKey, Error> {
    // The modulus is most of what is as long as it, eight times at most: no work is done for what is far too long.
    if key.len() > RsaPublicKey::MAX_SIZE {
        return Err(BAD_PRIVATE);
    }
    checked(RsaPrivateKey::from_pkcs1_der(key).map_err(|_| BAD_PRIVATE)?)
}

fn checked(key: RsaPrivateKey) -> Result<RsaPrivateKey, Error> {
    let bits = key.n().bits() as usize;
    if (RsaPublicKey::MIN_SIZE..=RsaPublicKey::MAX_SIZE).contains(&bits) { Ok(key) } else { Err(BAD_PRIVATE) }
}

fn public_key(key: &[u8]) -> Result<RsaPublicKey, Error> {
    RsaPublicKey::from_pkcs1_der(key).map_err(|_| BAD_PUBLIC)
}

fn number(bytes: &[u8], otherwise: Error) -> Result<BoxedUint, Error> {
    if bytes.len() > RsaPublicKey::MAX_SIZE / 8 {
        return Err(otherwise);
    }
    BoxedUint::from_be_slice(bytes, (bytes.len() * 8) as u32).map_err(|_| otherwise)
}

fn bytes(number: &BoxedUint) -> Vec<u8> {
    number.to_be_bytes_trimmed_vartime().into_vec()
}

fn write(key: &RsaPrivateKey) -> Result<Vec<u8>, Error> {
    Ok(key.to_pkcs1_der().map_err(|_| BAD_PRIVATE)?.as_bytes().to_vec())
}

fn write_public(key: &RsaPublicKey) -> Result<Vec<u8>, Error> {
    Ok(key.to_pkcs1_der().map_err(|_| BAD_PUBLIC)?.as_bytes().to_vec())
}

impl Keys for Rsa {
    fn private(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        write(&private_key(key)?)
    }

    fn public(&self, key: &[u8]) -> Result<Vec<u8>, Error> {
        write_public(&public_key(key)?)
    }

    fn generate(&self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        Err(Error::NotSupported("RSA keys are made with a modulus length and a public exponent"))
    }

    fn split_private(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let key = private_key(key)?;
        let [p, q] = key.primes() else { return Err(BAD_PRIVATE) };
        let (dp, dq) = (key.dp().ok_or(BAD_PRIVATE)?, key.dq().ok_or(BAD_PRIVATE)?);
        let qi = key.crt_coefficient().ok_or(BAD_PRIVATE)?;
        Ok([key.n().as_ref(), key.e(), key.d(), p.as_ref(), q.as_ref(), dp, dq, &qi].map(bytes).to_vec())
    }

    fn split_public(&self, key: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
        let key = public_key(key)?;
        Ok(vec![bytes(key.n().as_ref()), bytes(key.e())])
    }

    /// The last three numbers follow from the others, and are made anew.
    fn join_private(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [modulus, exponent, private, primes @ .., _, _, _] = parts else { return Err(BAD_PRIVATE) };
        let number = |part: &&[u8]| number(part, BAD_PRIVATE);
        let primes = primes.iter().map(number).collect::<Result<_, _>>()?;
        let key =
            RsaPrivateKey::from_components(number(modulus)?, number(exponent)?, number(private)?, primes)
                .map_err(|_| BAD_PRIVATE)?;
        write(&checked(key)?)
    }

    fn join_public(&self, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
        let [n, e] = parts else { return Err(BAD_PUBLIC) };
        write_public(
            &RsaPublicKey::new(number(n, BAD_PUBLIC)?, number(e, BAD_PUBLIC)?).map_err(|_| BAD_PUBLIC)?,
        )
    }
}

/// A private and a public key.
pub(crate) fn generate(
    bits: u32,
    exponent: &[u8],
    go_on: &dyn Fn() -> bool,
) -> Result<(Vec<u8>, Vec<u8>), Error> {
    const BAD_EXPONENT: Error =
        Error::Operation("the public exponent of RSA is an odd number from 3 to 2^33");
    if !(RsaPublicKey::MIN_SIZE..=RsaPublicKey::MAX_SIZE).contains(&(bits as usize)) {
        return Err(Error::Operation("the modulus of an RSA key has 1024 to 8192 bits"));
    }
    let exponent = number(exponent, BAD_EXPONENT)?;
    let small =
        exponent < BoxedUint::from(3u64) || exponent > BoxedUint::from(RsaPublicKey::MAX_PUB_EXPONENT);
    if small || !exponent.bit_vartime(0) {
        return Err(BAD_EXPONENT);
    }
    loop {
        let p = prime(bits.div_ceil(2), go_on)?;
        let q = prime(bits / 2, go_on)?;
        // Refused if the exponent divides p - 1 or q - 1, or they are equal: then others are looked for.
        let Ok(key) = RsaPrivateKey::from_p_q(p, q, exponent.clone()) else { continue };
        return Ok((write(&key)?, write_public(&key.to_public_key())?));
    }
}

/// A random prime with its two highest bits set, so that the product of two has the length of both.
fn prime(bits: u32, go_on: &dyn Fn() -> bool) -> Result<BoxedUint, Error> {
    const NONE: Error = Error::Operation("no prime was found");
    let sieve =
        SmallFactorsSieveFactory::<BoxedUint>::new(Flavor::Any, bits, SetBits::TwoMsb).map_err(|_| NONE)?;
    let found = sieve_and_find(&mut random::source(), sieve, |_, candidate| {
        // Whoever stops takes a candidate for a prime, which nobody sees.
        !go_on() || is_prime(Flavor::Any, candidate)
    });
    let found = found.map_err(|_| NONE)?.ok_or(NONE)?;
    if go_on() { Ok(found) } else { Err(Error::Stopped) }
}

pub(crate) fn sign_pkcs1(hash: Hash, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    let key = private_key(key)?;
    let scheme = with_hash!(hash, H => Pkcs1v15Sign::new::<H>());
    key.sign_with_rng(&mut random::source(), scheme, &digest(hash, data)).map_err(|_| NO_ROOM)
}

pub(crate) fn verify_pkcs1(hash: Hash, key: &[u8], signature: &[u8], data: &[u8]) -> Result<bool, Error> {
    let key = public_key(key)?;
    let scheme = with_hash!(hash, H => Pkcs1v15Sign::new::<H>());
    Ok(key.verify(scheme, &digest(hash, data), signature).is_ok())
}

pub(crate) fn sign_pss(hash: Hash, salt: u32, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Error> {
    let key = private_key(key)?;
    let salt = salt_length(salt, key.size())?;
    let digest = digest(hash, data);
    with_hash!(hash, H => key.sign_with_rng(&mut random::source(), Pss::<H>::new_with_salt(salt), &digest))
        .map_err(|_| NO_ROOM)
}

pub(crate) fn verify_pss(
    hash: Hash,
    salt: u32,
    key: &[u8],
    signature: &[u8],
    data: &[u8],
) -> Result<bool, Error> {
    let key = public_key(key)?;
    let Ok(salt) = salt_length(salt, key.size()) else { return Ok(false) };
    let digest = digest(hash, data);
    Ok(with_hash!(hash, H => key.verify(Pss::<H>::new_with_salt(salt), &digest, signature)).is_ok())
}

/// The salt lies within the modulus; this keeps a number out of nowhere from being allocated for it.
fn salt_length(salt: u32, modulus: usize) -> Result<usize, Error> {
    let salt = salt as usize;
    if salt > modulus { Err(NO_ROOM) } else { Ok(salt) }
}
