//! The same keys and values give the same results as in another implementation: `node/make.mjs` wrote down Node's.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusm_crypto::{
    Cipher, Encoding, Hash, KeyType, Scheme, agree, decrypt, digest, encrypt, hkdf, hmac, hmac_verify,
    join_key, pbkdf2, read_key, sign, split_key, verify,
};
use serde::Deserialize;

/// Bytes, in base64.
#[derive(Deserialize, PartialEq, Debug, Clone, Default)]
#[serde(try_from = "String")]
struct Bytes(Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Bytes)
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Deserialize, Clone, Copy)]
#[serde(remote = "Hash")]
enum HashName {
    #[serde(rename = "SHA-1")]
    Sha1,
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "SHA-384")]
    Sha384,
    #[serde(rename = "SHA-512")]
    Sha512,
}

#[derive(Deserialize)]
struct Cases {
    data: Bytes,
    digest: Vec<DigestCase>,
    hmac: Vec<HmacCase>,
    hkdf: Vec<HkdfCase>,
    pbkdf2: Vec<Pbkdf2Case>,
    cipher: Vec<CipherCase>,
    keys: Vec<KeyCase>,
    signature: Vec<SignatureCase>,
    agreement: Vec<AgreementCase>,
}

#[derive(Deserialize)]
struct DigestCase {
    #[serde(with = "HashName")]
    hash: Hash,
    data: Bytes,
    digest: Bytes,
}

#[derive(Deserialize)]
struct HmacCase {
    #[serde(with = "HashName")]
    hash: Hash,
    key: Bytes,
    tag: Bytes,
}

#[derive(Deserialize)]
struct HkdfCase {
    #[serde(with = "HashName")]
    hash: Hash,
    key: Bytes,
    salt: Bytes,
    info: Bytes,
    length: usize,
    derived: Bytes,
}

#[derive(Deserialize)]
struct Pbkdf2Case {
    #[serde(with = "HashName")]
    hash: Hash,
    key: Bytes,
    salt: Bytes,
    iterations: u32,
    length: usize,
    derived: Bytes,
}

#[derive(Deserialize)]
struct CipherCase {
    name: String,
    key: Bytes,
    plain: Bytes,
    cipher: Bytes,
    #[serde(default)]
    iv: Bytes,
    #[serde(default)]
    additional: Bytes,
    #[serde(default)]
    length: u8,
}

impl CipherCase {
    fn cipher(&self) -> Cipher<'_> {
        match self.name.as_str() {
            "AES-GCM" => Cipher::Gcm { iv: &self.iv, additional: &self.additional, tag: self.length },
            "AES-CBC" => Cipher::Cbc { iv: &self.iv },
            "AES-CTR" => Cipher::Ctr { counter: &self.iv, length: self.length },
            "AES-KW" => Cipher::Kw,
            other => panic!("no cipher {other}"),
        }
    }
}

#[derive(Deserialize)]
struct KeyCase {
    r#type: String,
    pkcs8: Bytes,
    spki: Bytes,
    parts: Vec<Bytes>,
    public: usize,
}

impl KeyCase {
    fn key_type(&self) -> KeyType {
        match self.r#type.as_str() {
            "P-256" => KeyType::P256,
            "P-384" => KeyType::P384,
            "P-521" => KeyType::P521,
            "Ed25519" => KeyType::Ed25519,
            "X25519" => KeyType::X25519,
            "RSA" => KeyType::Rsa,
            other => panic!("no keys {other}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
struct SignatureCase {
    name: String,
    hash: Option<String>,
    salt: Option<u32>,
    /// Its place among the keys.
    key: usize,
    signature: Bytes,
}

impl SignatureCase {
    fn scheme(&self) -> Scheme {
        let hash = match self.hash.as_deref() {
            Some("SHA-1") => Hash::Sha1,
            Some("SHA-384") => Hash::Sha384,
            Some("SHA-512") => Hash::Sha512,
            _ => Hash::Sha256,
        };
        match self.name.as_str() {
            "ECDSA" => Scheme::Ecdsa(hash),
            "Ed25519" => Scheme::Ed25519,
            "RSASSA-PKCS1-v1_5" => Scheme::RsaPkcs1(hash),
            "RSA-PSS" => Scheme::RsaPss { hash, salt: self.salt.unwrap() },
            other => panic!("no scheme {other}"),
        }
    }
}

#[derive(Deserialize)]
struct AgreementCase {
    pkcs8: Bytes,
    spki: Bytes,
    secret: Bytes,
}

fn cases() -> Cases {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/cases.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn digests() {
    for case in cases().digest {
        assert_eq!(
            digest(case.hash, &case.data),
            *case.digest,
            "{:?} of {} bytes",
            case.hash,
            case.data.len()
        );
    }
}

#[test]
fn hmacs() {
    let cases = cases();
    for case in &cases.hmac {
        assert_eq!(hmac(case.hash, &case.key, &cases.data), *case.tag);
        assert!(hmac_verify(case.hash, &case.key, &case.tag, &cases.data));
        assert!(!hmac_verify(case.hash, &case.key, &case.tag[1..], &cases.data));
        assert!(!hmac_verify(case.hash, &case.key, &case.tag, b"other data"));
    }
}

#[test]
fn derived_bits() {
    let cases = cases();
    for case in &cases.hkdf {
        let derived = hkdf(case.hash, &case.key, &case.salt, &case.info, case.length);
        assert_eq!(derived.unwrap(), *case.derived);
    }
    for case in &cases.pbkdf2 {
        let derived = pbkdf2(case.hash, &case.key, &case.salt, case.iterations, case.length, &|| true);
        assert_eq!(derived.unwrap(), *case.derived);
    }
}

#[test]
fn ciphers() {
    for case in cases().cipher {
        let what = format!("{} of {} bytes, length {}", case.name, case.plain.len(), case.length);
        assert_eq!(encrypt(case.cipher(), &case.key, &case.plain).expect(&what), *case.cipher, "{what}");
        assert_eq!(decrypt(case.cipher(), &case.key, &case.cipher).expect(&what), *case.plain, "{what}");
    }
}

#[test]
fn keys_in_every_form() {
    for case in cases().keys {
        let (key_type, what) = (case.key_type(), &case.r#type);
        assert_eq!(read_key(key_type, Encoding::Pkcs8, &case.pkcs8).unwrap(), *case.pkcs8, "{what}");
        assert_eq!(read_key(key_type, Encoding::Spki, &case.spki).unwrap(), *case.spki, "{what}");

        let parts: Vec<Vec<u8>> = case.parts.iter().map(|part| part.to_vec()).collect();
        assert_eq!(split_key(&case.pkcs8).unwrap(), parts, "{what}");
        assert_eq!(split_key(&case.spki).unwrap(), parts[..case.public], "{what}");
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        assert_eq!(join_key(key_type, &parts).unwrap(), *case.pkcs8, "{what}");
        assert_eq!(join_key(key_type, &parts[..case.public]).unwrap(), *case.spki, "{what}");
    }
}

#[test]
fn signatures() {
    let cases = cases();
    for case in &cases.signature {
        let (scheme, data, key) = (case.scheme(), &cases.data, &cases.keys[case.key]);
        assert!(verify(scheme, &key.spki, &case.signature, data).unwrap(), "{scheme:?}");
        assert!(!verify(scheme, &key.spki, &case.signature, b"other data").unwrap(), "{scheme:?}");
        assert!(!verify(scheme, &key.spki, &case.signature[1..], data).unwrap(), "{scheme:?}");

        let own = sign(scheme, &key.pkcs8, data).unwrap();
        assert!(verify(scheme, &key.spki, &own, data).unwrap(), "{scheme:?}");
        if matches!(scheme, Scheme::Ed25519 | Scheme::RsaPkcs1(_)) {
            assert_eq!(own, *case.signature, "{scheme:?}");
        }
    }
}

#[test]
fn agreements() {
    for case in cases().agreement {
        assert_eq!(agree(&case.pkcs8, &case.spki).unwrap(), *case.secret);
    }
}
