//! Known answers from the documents that define the algorithms.

use rusm_crypto::{
    Cipher, Encoding, Hash, KeyType, Scheme, agree, decrypt, digest, encrypt, hkdf, hmac, join_key, pbkdf2,
    read_key, sign, verify,
};

/// Bytes from hexadecimal digits, however they are spaced.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn fips_180_examples() {
    for (hash, expected) in [
        (Hash::Sha1, "a9993e36 4706816a ba3e2571 7850c26c 9cd0d89d"),
        (Hash::Sha256, "ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad"),
        (
            Hash::Sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed
             8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            Hash::Sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ] {
        assert_eq!(digest(hash, b"abc"), hex(expected), "{hash:?}");
    }
}

#[test]
fn rfc_4231_test_cases_of_hmac() {
    let tag = hmac(Hash::Sha256, &[0x0b; 20], b"Hi There");
    assert_eq!(tag, hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
    let tag = hmac(Hash::Sha256, b"Jefe", b"what do ya want for nothing?");
    assert_eq!(tag, hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    let tag = hmac(Hash::Sha256, &[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
    assert_eq!(tag, hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

#[test]
fn rfc_5869_test_cases_of_hkdf() {
    let salt = hex("000102030405060708090a0b0c");
    let info = hex("f0f1f2f3f4f5f6f7f8f9");
    let expected =
        hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    assert_eq!(hkdf(Hash::Sha256, &[0x0b; 22], &salt, &info, 42).unwrap(), expected);
    let expected =
        hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    assert_eq!(hkdf(Hash::Sha256, &[0x0b; 22], &[], &[], 42).unwrap(), expected);
}

#[test]
fn rfc_6070_test_cases_of_pbkdf2() {
    let derive = |password: &[u8], salt: &[u8], iterations, length| {
        pbkdf2(Hash::Sha1, password, salt, iterations, length, &|| true).unwrap()
    };
    assert_eq!(derive(b"password", b"salt", 1, 20), hex("0c60c80f961f0e71f3a9b524af6012062fe037a6"));
    assert_eq!(derive(b"password", b"salt", 2, 20), hex("ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"));
    assert_eq!(derive(b"password", b"salt", 4096, 20), hex("4b007901b765489abead49d926f721d065a429c1"));
    assert_eq!(derive(b"pass\0word", b"sa\0lt", 4096, 16), hex("56fa6aa75548099dcc37d7f03425e0c3"));
}

/// The test cases 4, 5 and 6 of GCM's specification: nonces of 12, 8 and 60 bytes.
#[test]
fn gcm_with_nonces_of_every_length() {
    let key = hex("feffe9928665731c6d6a8f9467308308");
    let additional = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let plain = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    for (iv, expected) in [
        (
            "cafebabefacedbaddecaf888",
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
             21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091
             5bc94fbc3221a5db94fae95ae7121a47",
        ),
        (
            "cafebabefacedbad",
            "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423
             73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598
             3612d2e79e3b0785561be14aaca2fccb",
        ),
        (
            "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728
             c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
            "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7
             01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5
             619cc5aefffe0bfa462af43c1699d050",
        ),
    ] {
        let iv = hex(iv);
        let cipher = Cipher::Gcm { iv: &iv, additional: &additional, tag: 128 };
        let encrypted = encrypt(cipher, &key, &plain).unwrap();
        assert_eq!(encrypted, hex(expected));
        assert_eq!(decrypt(cipher, &key, &encrypted).unwrap(), plain);
    }
}

/// NIST SP 800-38A, F.2.1, F.5.1 (the first two blocks) and RFC 3394, 4.1.
#[test]
fn other_modes_of_aes() {
    let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
    let plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    let iv = hex("000102030405060708090a0b0c0d0e0f");
    let encrypted = encrypt(Cipher::Cbc { iv: &iv }, &key, &plain).unwrap();
    // A block of padding follows, which the publication does not have.
    assert_eq!(encrypted[..32], hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"));

    let counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    let encrypted = encrypt(Cipher::Ctr { counter: &counter, length: 128 }, &key, &plain).unwrap();
    assert_eq!(encrypted, hex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"));

    let wrapped = encrypt(Cipher::Kw, &iv, &hex("00112233445566778899aabbccddeeff")).unwrap();
    assert_eq!(wrapped, hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
}

/// RFC 6979, A.2.5 and A.2.6: the signature is a function of key and message.
#[test]
fn rfc_6979_signatures() {
    let key = join_key(
        KeyType::P256,
        &[
            &hex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
            &hex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
            &hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"),
        ],
    );
    let signature = sign(Scheme::Ecdsa(Hash::Sha256), &key.unwrap(), b"sample").unwrap();
    let expected = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716
                    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    assert_eq!(signature, hex(expected));

    let key = join_key(
        KeyType::P384,
        &[
            &hex("ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64
                  def8f0ea9055866064a254515480bc13"),
            &hex("8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1
                  288b231c3ae0d4fe7344fd2533264720"),
            &hex("6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8
                  96d5724e4c70a825f872c9ea60d2edf5"),
        ],
    );
    let signature = sign(Scheme::Ecdsa(Hash::Sha384), &key.unwrap(), b"sample").unwrap();
    let expected = "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c
                    81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f
                    130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8";
    assert_eq!(signature, hex(expected));
}

/// RFC 8032, 7.1, tests 1 and 3.
#[test]
fn rfc_8032_signatures() {
    for (seed, public, message, expected) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let (seed, public, message) = (hex(seed), hex(public), hex(message));
        let private = join_key(KeyType::Ed25519, &[&public, &seed]).unwrap();
        let signature = sign(Scheme::Ed25519, &private, &message).unwrap();
        assert_eq!(signature, hex(expected));
        let public = join_key(KeyType::Ed25519, &[&public]).unwrap();
        assert!(verify(Scheme::Ed25519, &public, &signature, &message).unwrap());
    }
}

/// RFC 7748, 5.2.
#[test]
fn rfc_7748_agreement() {
    let envelope = "302e020100300506032b656e04220420";
    let scalar = "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4";
    let private = read_key(KeyType::X25519, Encoding::Pkcs8, &hex(&format!("{envelope}{scalar}"))).unwrap();
    let point = hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    let public = read_key(KeyType::X25519, Encoding::Raw, &point).unwrap();
    let expected = hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    assert_eq!(agree(&private, &public).unwrap(), expected);
}
