//! Libraries from npm, as they are, in components: what people reach for first does there what it does elsewhere.

mod hono;
mod network;
#[path = "../support/mod.rs"]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::Folder;
use support::server::{Server, built};

/// A component of `tests/apps/libraries`, which has a listener to itself.
fn serve(component: &str) -> Server {
    serve_by(component, "", "")
}

/// The same with these lines in its profile, and this text in `.env`.
fn serve_by(component: &str, profile: &str, env: &str) -> Server {
    let manifest = format!(
        "[[serve]]\nlisten = \"127.0.0.1:0\"\ncomponent = \"{component}\"\n[capabilities.test]\n{profile}\n\
         [components.{component}]\ncapability = \"test\"\n"
    );
    let folder = Folder::with([("rusm.toml", &manifest), (".env", env)]);
    fs::create_dir(folder.path("wasm")).unwrap();
    for extension in ["js", "js.map", "qjsbc"] {
        let file = format!("wasm/{component}.{extension}");
        fs::copy(built("libraries").join(&file), folder.path(&file)).unwrap();
    }
    Server::start(folder, "")
}

fn json_of(node: &Server, path: &str) -> Value {
    let reply = node.get(path);
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

#[test]
fn the_app_is_well_typed() {
    let check = Folder::new().rusm(&["check", built("libraries").to_str().unwrap()]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);
}

#[test]
fn zod_and_valibot_tell_what_fits_from_what_does_not() {
    let expected = json!({
        "parsed": {
            "id": "123e4567-e89b-42d3-a456-426614174000",
            "when": "2026-01-02T03:04:05.000Z",
            "email": "ann@example.com",
            "items": [{"kind": "tea", "grams": 5}, {"kind": "cup", "colour": "red"}],
        },
        "issues": ["id: invalid_format", "items.0.grams: invalid_type", "note: too_big", ": unrecognized_keys"],
        "asynchronous": false,
        "schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"n": {"type": "number", "minimum": 1}},
            "required": ["n"],
            "additionalProperties": false,
        },
        "recursive": {"name": "a", "children": [{"name": "b"}]},
        "person": {"name": "ann", "born": "2000-01-01T00:00:00.000Z"},
        "misfit": ["too old"],
    });
    assert_eq!(json_of(&serve("schemas"), "/"), expected);
}

/// Of what OpenSSL signed, and what is signed here: for all but ES256, which takes a random number, it is the same.
#[test]
fn jose_signs_and_verifies() {
    let node = serve("tokens");
    for alg in ["HS256", "RS256", "ES256", "EdDSA"] {
        let expected = json!({
            "foreign": "ann",
            "own": 1,
            "same": alg != "ES256",
            "forged": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
            "expired": "ERR_JWT_EXPIRED",
            "issuer": "ERR_JWT_CLAIM_VALIDATION_FAILED",
            "unsealed": "hush",
        });
        assert_eq!(json_of(&node, &format!("/{alg}")), expected, "{alg}");
    }
}

/// The numbers are those of FIPS 180-4 and 202, RFC 7693, 4231, 7914, and of BLAKE3's authors.
#[test]
fn noble_hashes_as_the_standards_say() {
    let expected = json!({
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                   2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "sha3": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        "keccak": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        "blake2b": "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
                    7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        "blake3": "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
        "hmac": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "pbkdf2": "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                   49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
        "scrypt": "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                   fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    });
    assert_eq!(json_of(&serve("values"), "/noble"), expected);
}

/// Two processes start from the same image, and have nothing random in common.
#[test]
fn nanoid_and_uuid_never_repeat_themselves() {
    let node = serve("values");
    let [one, other] = [(); 2].map(|()| json_of(&node, "/ids"));
    assert_eq!(
        (&one["v5"], &one["versions"]),
        (&json!("fdda765f-fc57-5604-a269-52a7df8164ec"), &json!([4, 7]))
    );
    let ids = |answer: &Value| {
        let ids = answer["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let (one, other) = (ids(&one), ids(&other));
    assert_eq!(one.iter().map(String::len).collect::<Vec<_>>(), [21, 21, 10, 36, 36]);
    assert!(one[2].chars().all(|letter| "ab".contains(letter)), "{}", one[2]);
    assert_ne!(one[0], one[1]);
    // Ten letters of two are the same once in a thousand times.
    for id in [0, 1, 3, 4] {
        assert_ne!(one[id], other[id]);
    }
}

#[test]
fn date_fns_lodash_and_superjson_give_what_they_give_elsewhere() {
    let node = serve("values");
    let dates = json!({
        "month": "2026-02-28T12:00:00.000Z",
        "text": "Saturday, 31st January 2026 12:00",
        "german": "Samstag, 31. Januar",
        "days": 29,
        "distance": "about 3 hours ago",
        "week": "2026-01-26T00:00:00.000Z",
        "parsed": "2024-02-29T00:00:00.000Z",
        "invalid": false,
    });
    assert_eq!(json_of(&node, "/dates"), dates);
    let lodash = json!({
        "last": [1, 3],
        "calls": 2,
        "groups": {"1": [1.2, 1.8], "2": [2.1]},
        "chunks": [[1, 2], [3]],
        "merged": {"a": {"b": 1, "c": [2]}},
        "cloned": true,
        "kebab": "foo-bar-baz",
        "ordered": ["a", "c", "b"],
        "template": "hello, &lt;bob&gt;",
    });
    assert_eq!(json_of(&node, "/lodash"), lodash);
    let superjson = json_of(&node, "/superjson");
    assert_eq!(superjson["same"], json!([true, true, true, "gi", true, "a.example"]));
    let text: Value = serde_json::from_str(superjson["text"].as_str().unwrap()).unwrap();
    assert_eq!(text["meta"]["values"]["map"], json!(["map", {"0.1": ["set", {"0": ["bigint"]}]}]));
}
