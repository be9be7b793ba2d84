//! The functions that `crypto.subtle` (`runner/platform/crypto`) calls, over whatever computes: the host in the runner, the
//! algorithms themselves in the tests, so that the same seam is tested that is shipped.
//!
//! `runner/platform/crypto/native.d.ts` describes them.

mod algorithms;

use std::rc::Rc;

use rquickjs::{Array, Ctx, Exception, FromJs, Function, Object, Result, TypedArray, Value};

pub use algorithms::{Algorithms, Cipher, Derivation, Encoding, Failure, Hash, KeyType, Outcome, Scheme};

/// Makes the object that `installCrypto` takes as its natives.
///
/// # Errors
///
/// Those of the engine, out of memory above all.
pub fn natives<'js, A: Algorithms>(ctx: &Ctx<'js>, algorithms: A) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let algorithms = Rc::new(algorithms);
    install_operations(ctx, &object, &algorithms)?;
    install_derivations(ctx, &object, &algorithms)?;
    install_keys(ctx, &object, &algorithms)?;
    Ok(object)
}

fn install_operations<'js, A: Algorithms>(ctx: &Ctx<'js>, object: &Object<'js>, with: &Rc<A>) -> Result<()> {
    let by = Rc::clone(with);
    let digest = move |ctx: Ctx<'js>, hash: u32, data: Bytes<'js>| {
        let done = by.digest(self::hash(&ctx, hash)?, data.get());
        array(&ctx, value(&ctx, done)?)
    };
    object.set("digest", Function::new(ctx.clone(), digest)?)?;

    let by = Rc::clone(with);
    let sign = move |ctx: Ctx<'js>, scheme: u32, hash: u32, salt: u32, key: Bytes<'js>, data: Bytes<'js>| {
        let done = by.sign(self::scheme(&ctx, scheme, hash, salt)?, key.get(), data.get());
        array(&ctx, value(&ctx, done)?)
    };
    object.set("sign", Function::new(ctx.clone(), sign)?)?;

    let by = Rc::clone(with);
    let verify = move |ctx: Ctx<'js>,
                       scheme: u32,
                       hash: u32,
                       salt: u32,
                       key: Bytes<'js>,
                       signature: Bytes<'js>,
                       data: Bytes<'js>| {
        let scheme = self::scheme(&ctx, scheme, hash, salt)?;
        value(&ctx, by.verify(scheme, key.get(), signature.get(), data.get()))
    };
    object.set("verify", Function::new(ctx.clone(), verify)?)?;

    let by = Rc::clone(with);
    let encrypt = move |ctx: Ctx<'js>,
                        cipher: u32,
                        key: Bytes<'js>,
                        data: Bytes<'js>,
                        iv: Bytes<'js>,
                        additional: Bytes<'js>,
                        length: u8| {
        let cipher = self::cipher(&ctx, cipher, iv.get(), additional.get(), length)?;
        array(&ctx, value(&ctx, by.encrypt(cipher, key.get(), data.get()))?)
    };
    object.set("encrypt", Function::new(ctx.clone(), encrypt)?)?;

    let by = Rc::clone(with);
    let decrypt = move |ctx: Ctx<'js>,
                        cipher: u32,
                        key: Bytes<'js>,
                        data: Bytes<'js>,
                        iv: Bytes<'js>,
                        additional: Bytes<'js>,
                        length: u8| {
        let cipher = self::cipher(&ctx, cipher, iv.get(), additional.get(), length)?;
        array(&ctx, value(&ctx, by.decrypt(cipher, key.get(), data.get()))?)
    };
    object.set("decrypt", Function::new(ctx.clone(), decrypt)?)
}

fn install_derivations<'js, A: Algorithms>(ctx: &Ctx<'js>, object: &Object<'js>, with: &Rc<A>) -> Result<()> {
    let by = Rc::clone(with);
    let hkdf = move |ctx: Ctx<'js>,
                     hash: u32,
                     secret: Bytes<'js>,
                     salt: Bytes<'js>,
                     info: Bytes<'js>,
                     length: u32| {
        let hash = self::hash(&ctx, hash)?;
        let derivation = Derivation::Hkdf { hash, salt: salt.get(), info: info.get() };
        array(&ctx, value(&ctx, by.derive(derivation, secret.get(), length))?)
    };
    object.set("hkdf", Function::new(ctx.clone(), hkdf)?)?;

    let by = Rc::clone(with);
    let pbkdf2 = move |ctx: Ctx<'js>,
                       hash: u32,
                       secret: Bytes<'js>,
                       salt: Bytes<'js>,
                       iterations: u32,
                       length: u32| {
        let hash = self::hash(&ctx, hash)?;
        let derivation = Derivation::Pbkdf2 { hash, salt: salt.get(), iterations };
        array(&ctx, value(&ctx, by.derive(derivation, secret.get(), length))?)
    };
    object.set("pbkdf2", Function::new(ctx.clone(), pbkdf2)?)?;

    let by = Rc::clone(with);
    let agree = move |ctx: Ctx<'js>, private: Bytes<'js>, public: Bytes<'js>| {
        array(&ctx, value(&ctx, by.agree(private.get(), public.get()))?)
    };
    object.set("agree", Function::new(ctx.clone(), agree)?)
}

fn install_keys<'js, A: Algorithms>(ctx: &Ctx<'js>, object: &Object<'js>, with: &Rc<A>) -> Result<()> {
    let by = Rc::clone(with);
    let generate_key = move |ctx: Ctx<'js>, key_type: u32| {
        let (private, public) = value(&ctx, by.generate_key(self::key_type(&ctx, key_type)?))?;
        arrays(&ctx, [private, public])
    };
    object.set("generateKey", Function::new(ctx.clone(), generate_key)?)?;

    let by = Rc::clone(with);
    let generate_rsa_key = move |ctx: Ctx<'js>, bits: u32, exponent: Bytes<'js>| {
        let (private, public) = value(&ctx, by.generate_rsa_key(bits, exponent.get()))?;
        arrays(&ctx, [private, public])
    };
    object.set("generateRsaKey", Function::new(ctx.clone(), generate_rsa_key)?)?;

    let by = Rc::clone(with);
    let read_key = move |ctx: Ctx<'js>, key_type: u32, encoding: u32, bytes: Bytes<'js>| {
        let (key_type, encoding) = (self::key_type(&ctx, key_type)?, self::encoding(&ctx, encoding)?);
        array(&ctx, value(&ctx, by.read_key(key_type, encoding, bytes.get()))?)
    };
    object.set("readKey", Function::new(ctx.clone(), read_key)?)?;

    let by = Rc::clone(with);
    let split_key = move |ctx: Ctx<'js>, key: Bytes<'js>| arrays(&ctx, value(&ctx, by.split_key(key.get()))?);
    object.set("splitKey", Function::new(ctx.clone(), split_key)?)?;

    let by = Rc::clone(with);
    let join_key = move |ctx: Ctx<'js>, key_type: u32, parts: Vec<Bytes<'js>>| {
        let parts: Vec<&[u8]> = parts.iter().map(Bytes::get).collect();
        array(&ctx, value(&ctx, by.join_key(self::key_type(&ctx, key_type)?, &parts))?)
    };
    object.set("joinKey", Function::new(ctx.clone(), join_key)?)
}

/// A view of bytes that JavaScript passed. It is read within the call, while no JavaScript runs.
struct Bytes<'js>(TypedArray<'js, u8>);

impl<'js> FromJs<'js> for Bytes<'js> {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        TypedArray::from_value(value).map(Self)
    }
}

impl Bytes<'_> {
    /// The bytes themselves; none where the buffer was detached.
    fn get(&self) -> &[u8] {
        // SAFETY: the functions here call no JavaScript while they hold the slice, so nothing detaches or resizes the buffer.
        unsafe { self.0.as_bytes() }.unwrap_or_default()
    }
}

/// A new `Uint8Array` that takes over these bytes.
fn array<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<Value<'js>> {
    Ok(TypedArray::<u8>::new(ctx.clone(), bytes)?.into_value())
}

fn arrays<'js>(ctx: &Ctx<'js>, list: impl IntoIterator<Item = Vec<u8>>) -> Result<Array<'js>> {
    let result = Array::new(ctx.clone())?;
    for (index, bytes) in list.into_iter().enumerate() {
        result.set(index, array(ctx, bytes)?)?;
    }
    Ok(result)
}

/// Throws the failure, as an Error of that name.
fn value<T>(ctx: &Ctx<'_>, outcome: Outcome<T>) -> Result<T> {
    match outcome {
        Ok(value) => Ok(value),
        Err(failure) => {
            let error = Exception::from_message(ctx.clone(), &failure.message)?;
            error.as_object().set("name", failure.name)?;
            Err(error.throw())
        }
    }
}

/// Only a mistake in `crypto.subtle` gets here.
fn unknown<T>(ctx: &Ctx<'_>, what: &str) -> Result<T> {
    Err(Exception::throw_range(ctx, &format!("there is no such {what}")))
}

fn hash(ctx: &Ctx<'_>, id: u32) -> Result<Hash> {
    match id {
        0 => Ok(Hash::Sha1),
        1 => Ok(Hash::Sha256),
        2 => Ok(Hash::Sha384),
        3 => Ok(Hash::Sha512),
        _ => unknown(ctx, "hash function"),
    }
}

fn scheme(ctx: &Ctx<'_>, id: u32, hash: u32, salt: u32) -> Result<Scheme> {
    let hash = self::hash(ctx, hash)?;
    match id {
        0 => Ok(Scheme::Hmac(hash)),
        1 => Ok(Scheme::Ecdsa(hash)),
        2 => Ok(Scheme::Ed25519),
        3 => Ok(Scheme::RsaPkcs1(hash)),
        4 => Ok(Scheme::RsaPss(hash, salt)),
        _ => unknown(ctx, "scheme"),
    }
}

fn cipher<'a>(ctx: &Ctx<'_>, id: u32, iv: &'a [u8], additional: &'a [u8], length: u8) -> Result<Cipher<'a>> {
    match id {
        0 => Ok(Cipher::Gcm { iv, additional, tag: length }),
        1 => Ok(Cipher::Cbc { iv }),
        2 => Ok(Cipher::Ctr { counter: iv, length }),
        3 => Ok(Cipher::Kw),
        _ => unknown(ctx, "cipher"),
    }
}

fn key_type(ctx: &Ctx<'_>, id: u32) -> Result<KeyType> {
    match id {
        0 => Ok(KeyType::P256),
        1 => Ok(KeyType::P384),
        2 => Ok(KeyType::P521),
        3 => Ok(KeyType::Ed25519),
        4 => Ok(KeyType::X25519),
        5 => Ok(KeyType::Rsa),
        _ => unknown(ctx, "type of keys"),
    }
}

fn encoding(ctx: &Ctx<'_>, id: u32) -> Result<Encoding> {
    match id {
        0 => Ok(Encoding::Raw),
        1 => Ok(Encoding::Spki),
        2 => Ok(Encoding::Pkcs8),
        _ => unknown(ctx, "encoding"),
    }
}
