//! What is not right is refused, by the error that the Web Cryptography API names for it, and nothing that a guest can
//! send makes it panic.

use rusm_crypto::{
    Cipher, Encoding, Error, Hash, KeyType, Scheme, agree, decrypt, encrypt, generate_key, generate_rsa_key,
    hkdf, join_key, pbkdf2, read_key, sign, split_key, verify,
};

const TYPES: [KeyType; 6] =
    [KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519, KeyType::X25519, KeyType::Rsa];

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

fn pair(key_type: KeyType) -> (Vec<u8>, Vec<u8>) {
    let pair = match key_type {
        KeyType::Rsa => generate_rsa_key(1024, &[1, 0, 1], &|| true),
        other => generate_key(other),
    };
    let pair = pair.unwrap();
    (pair.private, pair.public)
}

#[test]
fn generated_keys_are_canonical() {
    for key_type in TYPES {
        let (private, public) = pair(key_type);
        assert_eq!(read_key(key_type, Encoding::Pkcs8, &private).unwrap(), private);
        assert_eq!(read_key(key_type, Encoding::Spki, &public).unwrap(), public);
        let parts = split_key(&private).unwrap();
        assert_eq!(join_key(key_type, &slices(&parts)).unwrap(), private);
    }
}

#[test]
fn keys_of_another_type() {
    for made in TYPES {
        let (private, public) = pair(made);
        for wanted in TYPES.into_iter().filter(|wanted| *wanted != made) {
            assert!(matches!(read_key(wanted, Encoding::Pkcs8, &private), Err(Error::Data(_))));
            assert!(matches!(read_key(wanted, Encoding::Spki, &public), Err(Error::Data(_))));
        }
        assert!(matches!(read_key(made, Encoding::Spki, &private), Err(Error::Data(_))));
        assert!(matches!(read_key(made, Encoding::Pkcs8, &public), Err(Error::Data(_))));
    }
}

/// Each byte of each key, changed and cut off: an error or a key, but no panic, wherever it is used.
#[test]
fn damaged_keys() {
    for key_type in TYPES.into_iter().filter(|key_type| *key_type != KeyType::Rsa) {
        let (private, public) = pair(key_type);
        for (encoding, key) in [(Encoding::Pkcs8, private), (Encoding::Spki, public)] {
            for index in 0..key.len() {
                let mut damaged = key.clone();
                damaged[index] ^= 0xff;
                use_key(key_type, encoding, &damaged);
                assert!(read_key(key_type, encoding, &key[..index]).is_err());
            }
            let mut longer = key.clone();
            longer.push(0);
            assert!(matches!(read_key(key_type, encoding, &longer), Err(Error::Data(_))));
        }
    }
}

#[test]
fn damaged_rsa_keys() {
    let (private, public) = pair(KeyType::Rsa);
    let parts = split_key(&private).unwrap();
    for (index, _) in parts.iter().enumerate() {
        for replacement in [vec![], vec![0], vec![1], vec![2], vec![0xff; 128], vec![0xff; 5000]] {
            let mut damaged = parts.clone();
            damaged[index] = replacement;
            let joined = join_key(KeyType::Rsa, &slices(&damaged));
            // What follows from the other numbers is not asked for.
            assert_eq!(joined.is_ok(), index >= 5, "part {index}");
            let _ = join_key(KeyType::Rsa, &slices(&damaged[..2]));
        }
    }
    for key in [private, public] {
        for index in (0..key.len()).step_by(3) {
            let mut damaged = key.clone();
            damaged[index] ^= 0xff;
            use_key(KeyType::Rsa, Encoding::Pkcs8, &damaged);
            use_key(KeyType::Rsa, Encoding::Spki, &damaged);
        }
    }
}

fn use_key(key_type: KeyType, encoding: Encoding, key: &[u8]) {
    let _ = read_key(key_type, encoding, key);
    let _ = split_key(key);
    let _ = agree(key, key);
    for scheme in
        [Scheme::Ecdsa(Hash::Sha256), Scheme::Ed25519, Scheme::RsaPss { hash: Hash::Sha1, salt: u32::MAX }]
    {
        let _ = sign(scheme, key, b"data");
        let _ = verify(scheme, key, &[7; 64], b"data");
    }
}

#[test]
fn elliptic_keys_that_do_not_fit_together() {
    for key_type in [KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519, KeyType::X25519] {
        let one = split_key(&pair(key_type).0).unwrap();
        let mut other = split_key(&pair(key_type).0).unwrap();
        let last = other.len() - 1;
        other[last].clone_from(&one[last]);
        assert!(matches!(join_key(key_type, &slices(&other)), Err(Error::Data(_))), "{key_type:?}");
        // A number without its leading zeros, or with one more, is of the wrong length.
        let mut short = one.clone();
        short[0].remove(0);
        assert!(matches!(join_key(key_type, &slices(&short)), Err(Error::Data(_))), "{key_type:?}");
    }
}

#[test]
fn points_that_are_none() {
    for (key_type, length) in [(KeyType::P256, 32), (KeyType::P384, 48), (KeyType::P521, 66)] {
        for point in [vec![], vec![0], vec![4], [vec![4], vec![1; 2 * length]].concat(), vec![2; length]] {
            assert!(matches!(read_key(key_type, Encoding::Raw, &point), Err(Error::Data(_))));
        }
    }
    let (private, _) = pair(KeyType::X25519);
    let zero = read_key(KeyType::X25519, Encoding::Raw, &[0; 32]).unwrap();
    assert!(matches!(agree(&private, &zero), Err(Error::Operation(_))));
}

/// Under a key of small order a signature of zeros fits every message (Web Cryptography API, Ed25519, verify).
#[test]
fn ed25519_points_of_small_order() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let public = read_key(KeyType::Ed25519, Encoding::Raw, &neutral).unwrap();
    let signature = [neutral, [0; 32]].concat();
    assert!(!verify(Scheme::Ed25519, &public, &signature, b"anything").unwrap());
}

#[test]
fn compressed_points_are_read() {
    for key_type in [KeyType::P256, KeyType::P384, KeyType::P521] {
        let (_, public) = pair(key_type);
        let parts = split_key(&public).unwrap();
        let sign = 2 + (parts[1].last().unwrap() & 1);
        let compressed = [vec![sign], parts[0].clone()].concat();
        assert_eq!(read_key(key_type, Encoding::Raw, &compressed).unwrap(), public);
    }
}

#[test]
fn parameters_of_ciphers() {
    let (key, iv) = ([1; 16], [2; 16]);
    let gcm = |iv, tag| Cipher::Gcm { iv, additional: &[], tag };
    for (cipher, key, data) in [
        (gcm(&[], 128), &key[..], 16),
        (gcm(&iv, 0), &key, 16),
        (gcm(&iv, 33), &key, 16),
        (Cipher::Cbc { iv: &iv[1..] }, &key, 16),
        (Cipher::Ctr { counter: &[], length: 64 }, &key, 16),
        (Cipher::Ctr { counter: &iv, length: 0 }, &key, 16),
        (Cipher::Ctr { counter: &iv, length: 129 }, &key, 16),
        (Cipher::Ctr { counter: &iv, length: 1 }, &key, 33),
        (Cipher::Kw, &key, 8),
        (Cipher::Kw, &key, 17),
    ] {
        let what = format!("{cipher:?}");
        assert!(matches!(encrypt(cipher, key, &vec![0; data]), Err(Error::Operation(_))), "{what}");
        assert!(matches!(decrypt(cipher, key, &vec![0; data]), Err(Error::Operation(_))), "{what}");
    }
    assert!(matches!(encrypt(Cipher::Cbc { iv: &iv }, &key[1..], &[]), Err(Error::Data(_))));
}

#[test]
fn ciphertexts_that_were_changed() {
    let (key, iv) = ([1; 32], [2; 12]);
    let cipher = Cipher::Gcm { iv: &iv, additional: b"more", tag: 96 };
    let encrypted = encrypt(cipher, &key, b"some text").unwrap();
    for index in 0..encrypted.len() {
        let mut changed = encrypted.clone();
        changed[index] ^= 1;
        assert!(matches!(decrypt(cipher, &key, &changed), Err(Error::Operation(_))));
        assert!(matches!(decrypt(cipher, &key, &encrypted[..index]), Err(Error::Operation(_))));
    }
    let other = Cipher::Gcm { iv: &iv, additional: b"less", tag: 96 };
    assert!(matches!(decrypt(other, &key, &encrypted), Err(Error::Operation(_))));

    let wrapped = encrypt(Cipher::Kw, &key, &[3; 32]).unwrap();
    let mut changed = wrapped.clone();
    changed[20] ^= 1;
    assert!(matches!(decrypt(Cipher::Kw, &key, &changed), Err(Error::Operation(_))));
    assert!(matches!(decrypt(Cipher::Kw, &key, &[]), Err(Error::Operation(_))));
    assert!(matches!(decrypt(Cipher::Cbc { iv: &[2; 16] }, &key, &[1; 15]), Err(Error::Operation(_))));
    assert!(matches!(decrypt(Cipher::Cbc { iv: &[2; 16] }, &key, &[]), Err(Error::Operation(_))));
}

#[test]
fn derivations() {
    assert!(matches!(hkdf(Hash::Sha256, b"key", &[], &[], 255 * 32 + 1), Err(Error::Operation(_))));
    assert_eq!(hkdf(Hash::Sha256, b"key", &[], &[], 255 * 32).unwrap().len(), 255 * 32);
    assert!(matches!(pbkdf2(Hash::Sha256, b"key", &[], 0, 32, &|| true), Err(Error::Operation(_))));
}

#[test]
fn long_work_stops_when_told() {
    let asked = std::cell::Cell::new(0);
    let twice = || asked.replace(asked.get() + 1) < 2;
    assert_eq!(pbkdf2(Hash::Sha256, b"key", &[], u32::MAX, 32, &twice), Err(Error::Stopped));
    assert_eq!(asked.get(), 3);
    assert!(matches!(generate_rsa_key(8192, &[1, 0, 1], &|| false), Err(Error::Stopped)));
}

#[test]
fn rsa_keys_that_nobody_should_make() {
    for (bits, exponent) in [
        (512, &[3][..]),
        (16384, &[3]),
        (2048, &[]),
        (2048, &[1]),
        (2048, &[4]),
        (2048, &[1, 0, 0, 0, 0, 1, 1]),
    ] {
        assert!(matches!(generate_rsa_key(bits, exponent, &|| true), Err(Error::Operation(_))));
    }
}

#[test]
fn rsa_salts_that_have_no_room() {
    let (private, public) = pair(KeyType::Rsa);
    // 128 bytes less the digest's 64 and two of frame.
    for (salt, fits) in [(62, true), (63, false), (u32::MAX, false)] {
        let scheme = Scheme::RsaPss { hash: Hash::Sha512, salt };
        let signed = sign(scheme, &private, b"data");
        assert_eq!(signed.is_ok(), fits);
        let verified = verify(scheme, &public, &signed.unwrap_or_default(), b"data");
        assert_eq!(verified, Ok(fits));
    }
}
