/// What computes: the host, through `rusm:runtime/crypto`, whose names these are. In tests it is `rusm-crypto` itself.
pub trait Algorithms: 'static {
    /// A digest.
    fn digest(&self, hash: Hash, data: &[u8]) -> Outcome<Vec<u8>>;
    /// Signs with a secret or private key.
    fn sign(&self, scheme: Scheme, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>>;
    /// Whether the signature is of that secret or public key.
    fn verify(&self, scheme: Scheme, key: &[u8], signature: &[u8], data: &[u8]) -> Outcome<bool>;
    /// Encrypts.
    fn encrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>>;
    /// Decrypts.
    fn decrypt(&self, cipher: Cipher<'_>, key: &[u8], data: &[u8]) -> Outcome<Vec<u8>>;
    /// So many bytes out of a secret.
    fn derive(&self, derivation: Derivation<'_>, secret: &[u8], length: u32) -> Outcome<Vec<u8>>;
    /// The secret that two pairs of keys share.
    fn agree(&self, private: &[u8], public: &[u8]) -> Outcome<Vec<u8>>;
    /// A private and a public key.
    fn generate_key(&self, key_type: KeyType) -> Outcome<(Vec<u8>, Vec<u8>)>;
    /// A private and a public key of RSA.
    fn generate_rsa_key(&self, bits: u32, exponent: &[u8]) -> Outcome<(Vec<u8>, Vec<u8>)>;
    /// Checks a key and makes it DER.
    fn read_key(&self, key_type: KeyType, encoding: Encoding, bytes: &[u8]) -> Outcome<Vec<u8>>;
    /// The numbers of a key.
    fn split_key(&self, key: &[u8]) -> Outcome<Vec<Vec<u8>>>;
    /// A key of such numbers.
    fn join_key(&self, key_type: KeyType, parts: &[&[u8]]) -> Outcome<Vec<u8>>;
}

/// A result, or the `DOMException` to throw.
pub type Outcome<T> = Result<T, Failure>;

/// A `DOMException` in the making.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Its name.
    pub name: &'static str,
    /// Its message.
    pub message: String,
}

/// A hash function.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How something is signed.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Scheme {
    Hmac(Hash),
    Ecdsa(Hash),
    Ed25519,
    RsaPkcs1(Hash),
    /// With so many bytes of salt.
    RsaPss(Hash, u32),
}

/// A mode of AES.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Cipher<'a> {
    /// The tag's length is in bits.
    Gcm {
        iv: &'a [u8],
        additional: &'a [u8],
        tag: u8,
    },
    Cbc {
        iv: &'a [u8],
    },
    /// So many of the counter's bits count.
    Ctr {
        counter: &'a [u8],
        length: u8,
    },
    Kw,
}

/// How bytes are derived from a secret.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Derivation<'a> {
    Hkdf { hash: Hash, salt: &'a [u8], info: &'a [u8] },
    Pbkdf2 { hash: Hash, salt: &'a [u8], iterations: u32 },
}

/// What a pair of keys is for.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum KeyType {
    P256,
    P384,
    P521,
    Ed25519,
    X25519,
    Rsa,
}

/// What a key is read from.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Encoding {
    Raw,
    Spki,
    Pkcs8,
}
