//! `rusm:runtime/crypto`.
//!
//! What takes less than about half a millisecond is done where the guest runs, and counted with its own ticks. The rest would
//! keep a serving thread from its other processes: it is done on threads of its own, while the guest's fibre is
//! suspended, and the CPU time that it took there is charged to the unit of work. It stops soon after the process has ended,
//! or has no time left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusm_crypto as algorithms;

use super::HostState;
use super::bindings::web::rusm::runtime::crypto::{
    self, Cipher, Ctr, Derivation, Encoding, Error, Gcm, Hash, Hkdf, KeyPair, KeyType, Pbkdf2, Scheme,
};
use crate::meter::CpuTimeUsedUp;

/// More bytes than this are hashed, signed or encrypted elsewhere: the slowest algorithm takes 200 us for them.
const MANY_BYTES: usize = 64 << 10;

/// Fewer iterations of PBKDF2 than this, over all its blocks, take no longer.
const MANY_ITERATIONS: u64 = 500;

/// The lengths of the longest keys of the quick curves, P-256, Ed25519 and X25519: work with longer ones takes a
/// millisecond.
const P256_PRIVATE: usize = 138;
const P256_PUBLIC: usize = 91;

/// A public key of RSA of 4096 bits. Longer keys are private, or slow.
const RSA_PUBLIC: usize = 550;

/// The longest that is derived at once.
const MAX_DERIVED: u32 = 1 << 20;

/// Where work is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On the guest's own thread.
    Here,
    /// On a thread of its own, beside those that serve.
    Apart,
    /// On one of low priority, for what may take seconds.
    Background,
}

impl Place {
    fn for_bytes(length: usize) -> Place {
        if length > MANY_BYTES { Place::Apart } else { Place::Here }
    }
}

/// Whether the result of work elsewhere is still wanted: until this is dropped, with the future that waits for it.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time that it is told to write to is there.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

impl HostState {
    /// Does work there. It is given a function that says whether to go on.
    async fn work<T: Send + 'static>(
        &mut self,
        place: Place,
        work: impl FnOnce(&dyn Fn() -> bool) -> Result<T, algorithms::Error> + Send + 'static,
    ) -> wasmtime::Result<Result<T, Error>> {
        if place == Place::Here {
            return outcome(work(&|| true));
        }
        let left = self.meter.cpu_time_left();
        let wanted = Wanted(Arc::new(AtomicBool::new(true)));
        let still_wanted = Arc::clone(&wanted.0);
        let measured = move || {
            let begun = thread_cpu_time();
            let used = || thread_cpu_time().saturating_sub(begun);
            let go_on = || still_wanted.load(Ordering::Relaxed) && left.is_none_or(|left| used() < left);
            (work(&go_on), used())
        };
        let task = match place {
            Place::Background => self.world.background.spawn_blocking(measured),
            Place::Here | Place::Apart => tokio::task::spawn_blocking(measured),
        };
        let (result, used) = task.await?;
        drop(wanted);
        self.meter.charge(used)?;
        outcome(result)
    }
}

/// As the interface has it: that the time is used up is not the guest's to handle.
fn outcome<T>(result: Result<T, algorithms::Error>) -> wasmtime::Result<Result<T, Error>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(algorithms::Error::Data(why)) => Ok(Err(Error::Data(why.to_owned()))),
        Err(algorithms::Error::Operation(why)) => Ok(Err(Error::Operation(why.to_owned()))),
        Err(algorithms::Error::NotSupported(why)) => Ok(Err(Error::NotSupported(why.to_owned()))),
        // Who stopped it otherwise is not here any more to be told.
        Err(algorithms::Error::Stopped) => Err(CpuTimeUsedUp.into()),
    }
}

impl crypto::Host for HostState {
    async fn digest(&mut self, hash: Hash, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = Place::for_bytes(data.len());
        self.work(place, move |_| Ok(algorithms::digest(hash.into(), &data))).await
    }

    async fn sign(
        &mut self,
        scheme: Scheme,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = match scheme {
            Scheme::RsaPkcs1(_) | Scheme::RsaPss(_) => Place::Apart,
            Scheme::Ecdsa(_) if key.len() > P256_PRIVATE => Place::Apart,
            Scheme::Hmac(_) | Scheme::Ecdsa(_) | Scheme::Ed25519 => Place::for_bytes(data.len()),
        };
        self.work(place, move |_| algorithms::sign(scheme.into(), &key, &data)).await
    }

    async fn verify(
        &mut self,
        scheme: Scheme,
        key: Vec<u8>,
        signature: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let place = match scheme {
            Scheme::Ecdsa(_) if key.len() > P256_PUBLIC => Place::Apart,
            _ => Place::for_bytes(data.len()),
        };
        self.work(place, move |_| algorithms::verify(scheme.into(), &key, &signature, &data)).await
    }

    async fn encrypt(
        &mut self,
        cipher: Cipher,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = Place::for_bytes(length_of(&cipher, &data));
        self.work(place, move |_| algorithms::encrypt(borrowed(&cipher), &key, &data)).await
    }

    async fn decrypt(
        &mut self,
        cipher: Cipher,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = Place::for_bytes(length_of(&cipher, &data));
        self.work(place, move |_| algorithms::decrypt(borrowed(&cipher), &key, &data)).await
    }

    async fn derive(
        &mut self,
        derivation: Derivation,
        secret: Vec<u8>,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        if length > MAX_DERIVED {
            return Ok(Err(Error::Operation("at most 1 MiB is derived at once".to_owned())));
        }
        let length = length as usize;
        match derivation {
            Derivation::Hkdf(Hkdf { hash, salt, info }) => {
                let place = Place::for_bytes(secret.len() + salt.len() + info.len());
                self.work(place, move |_| algorithms::hkdf(hash.into(), &secret, &salt, &info, length)).await
            }
            Derivation::Pbkdf2(Pbkdf2 { hash, salt, iterations }) => {
                let blocks = length.div_ceil(20) as u64;
                let small = blocks * u64::from(iterations) < MANY_ITERATIONS;
                let place = if small && secret.len() + salt.len() < MANY_BYTES {
                    Place::Here
                } else {
                    Place::Background
                };
                self.work(place, move |go_on| {
                    algorithms::pbkdf2(hash.into(), &secret, &salt, iterations, length, go_on)
                })
                .await
            }
        }
    }

    async fn agree(&mut self, private: Vec<u8>, public: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = if private.len() > P256_PRIVATE { Place::Apart } else { Place::Here };
        self.work(place, move |_| algorithms::agree(&private, &public)).await
    }

    async fn generate_key(&mut self, key_type: KeyType) -> wasmtime::Result<Result<KeyPair, Error>> {
        let place = place_for_private(key_type);
        self.work(place, move |_| algorithms::generate_key(key_type.into()).map(KeyPair::from)).await
    }

    async fn generate_rsa_key(
        &mut self,
        bits: u32,
        exponent: Vec<u8>,
    ) -> wasmtime::Result<Result<KeyPair, Error>> {
        self.work(Place::Background, move |go_on| {
            algorithms::generate_rsa_key(bits, &exponent, go_on).map(KeyPair::from)
        })
        .await
    }

    async fn read_key(
        &mut self,
        key_type: KeyType,
        encoding: Encoding,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = if encoding == Encoding::Pkcs8 { place_for_private(key_type) } else { Place::Here };
        self.work(place, move |_| algorithms::read_key(key_type.into(), encoding.into(), &bytes)).await
    }

    async fn split_key(&mut self, key: Vec<u8>) -> wasmtime::Result<Result<Vec<Vec<u8>>, Error>> {
        let place = if key.len() > RSA_PUBLIC { Place::Apart } else { Place::Here };
        self.work(place, move |_| algorithms::split_key(&key)).await
    }

    async fn join_key(
        &mut self,
        key_type: KeyType,
        parts: Vec<Vec<u8>>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let place = if parts.len() > 2 { place_for_private(key_type) } else { Place::Here };
        self.work(place, move |_| {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            algorithms::join_key(key_type.into(), &parts)
        })
        .await
    }
}

/// Where a private key of this type is made or checked, which is to compute its public key.
fn place_for_private(key_type: KeyType) -> Place {
    match key_type {
        KeyType::P256 | KeyType::Ed25519 | KeyType::X25519 => Place::Here,
        KeyType::P384 | KeyType::P521 | KeyType::Rsa => Place::Apart,
    }
}

fn length_of(cipher: &Cipher, data: &[u8]) -> usize {
    match cipher {
        Cipher::AesGcm(gcm) => data.len() + gcm.additional.len() + gcm.iv.len(),
        // Seven times over all of it.
        Cipher::AesKw => data.len().saturating_mul(7),
        Cipher::AesCbc(_) | Cipher::AesCtr(_) => data.len(),
    }
}

fn borrowed(cipher: &Cipher) -> algorithms::Cipher<'_> {
    match cipher {
        Cipher::AesGcm(Gcm { iv, additional, tag }) => algorithms::Cipher::Gcm { iv, additional, tag: *tag },
        Cipher::AesCbc(iv) => algorithms::Cipher::Cbc { iv },
        Cipher::AesCtr(Ctr { counter, length }) => algorithms::Cipher::Ctr { counter, length: *length },
        Cipher::AesKw => algorithms::Cipher::Kw,
    }
}

impl From<Hash> for algorithms::Hash {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha1 => algorithms::Hash::Sha1,
            Hash::Sha256 => algorithms::Hash::Sha256,
            Hash::Sha384 => algorithms::Hash::Sha384,
            Hash::Sha512 => algorithms::Hash::Sha512,
        }
    }
}

impl From<Scheme> for algorithms::Scheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Hmac(hash) => algorithms::Scheme::Hmac(hash.into()),
            Scheme::Ecdsa(hash) => algorithms::Scheme::Ecdsa(hash.into()),
            Scheme::Ed25519 => algorithms::Scheme::Ed25519,
            Scheme::RsaPkcs1(hash) => algorithms::Scheme::RsaPkcs1(hash.into()),
            Scheme::RsaPss((hash, salt)) => algorithms::Scheme::RsaPss { hash: hash.into(), salt },
        }
    }
}

impl From<KeyType> for algorithms::KeyType {
    fn from(key_type: KeyType) -> Self {
        match key_type {
            KeyType::P256 => algorithms::KeyType::P256,
            KeyType::P384 => algorithms::KeyType::P384,
            KeyType::P521 => algorithms::KeyType::P521,
            KeyType::Ed25519 => algorithms::KeyType::Ed25519,
            KeyType::X25519 => algorithms::KeyType::X25519,
            KeyType::Rsa => algorithms::KeyType::Rsa,
        }
    }
}

impl From<Encoding> for algorithms::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Raw => algorithms::Encoding::Raw,
            Encoding::Spki => algorithms::Encoding::Spki,
            Encoding::Pkcs8 => algorithms::Encoding::Pkcs8,
        }
    }
}

impl From<algorithms::KeyPair> for KeyPair {
    fn from(pair: algorithms::KeyPair) -> Self {
        KeyPair { private: pair.private, public: pair.public }
    }
}
