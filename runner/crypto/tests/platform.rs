//! `crypto.subtle` by what is done with it: each a file in `runner/platform/crypto/tests`, run in the guest's own engine over the
//! algorithms that the host computes by. What came of them stands in `docs/web-platform.md`, which the last test here compares.

#[path = "support/direct.rs"]
mod direct;
#[path = "../../web/tests/harness/mod.rs"]
mod harness;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};
use std::{env, fs};

use harness::Case;

macro_rules! files {
    ($($name:ident: $title:literal,)*) => {
        /// File of tests and what of the API it tests, as the document names it.
        const FILES: &[(&str, &str)] = &[$((stringify!($name), $title),)*];

        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

files! {
    digest: "digest",
    generate: "generate",
    import: "import, export",
    sign: "sign, verify",
    encrypt: "encrypt, decrypt",
    derive: "derive",
    agree: "agree",
    wrap: "wrap, unwrap",
    node: "against Node's",
    jose: "jose",
    interfaces: "interfaces",
}

/// The algorithms, each with the words that its cases begin with: the first that stands in a name decides.
const ALGORITHMS: &[(&str, &[&str])] = &[
    ("SHA-1, SHA-256, SHA-384, SHA-512", &["SHA-"]),
    ("HMAC", &["HMAC", "HS"]),
    ("AES-GCM", &["AES-GCM", "dir"]),
    ("AES-CBC", &["AES-CBC"]),
    ("AES-CTR", &["AES-CTR"]),
    ("AES-KW", &["AES-KW", "A256KW", "A128GCMKW"]),
    ("HKDF", &["HKDF"]),
    ("PBKDF2", &["PBKDF2", "PBES2"]),
    ("ECDSA (P-256, P-384, P-521)", &["ECDSA", "ES256", "ES384", "ES512", "P-"]),
    ("ECDH (P-256, P-384, P-521)", &["ECDH", "a compressed point", "a secret that is shared"]),
    ("Ed25519", &["Ed25519", "EdDSA"]),
    ("X25519", &["X25519"]),
    ("RSASSA-PKCS1-v1_5", &["RSASSA", "RS256", "RS384", "RS512"]),
    ("RSA-PSS", &["RSA-PSS", "PS256", "PS384", "PS512", "RSA keys"]),
];
const OTHERS: &str = "arguments and interfaces";

/// Each file runs once, whoever asks first.
static RESULTS: LazyLock<BTreeMap<&str, OnceLock<Vec<Case>>>> =
    LazyLock::new(|| FILES.iter().map(|(name, _)| (*name, OnceLock::new())).collect());

fn results(name: &str) -> &'static [Case] {
    RESULTS[name].get_or_init(|| {
        harness::run_with(&format!("crypto/tests/{name}.test.ts"), |ctx| {
            ctx.globals().set("__cryptoNatives", rusm_runner_crypto::natives(ctx, direct::Direct)?)
        })
    })
}

fn check(name: &str) {
    let cases = results(name);
    assert!(!cases.is_empty(), "{name} has no cases");
    let failed = cases.iter().filter(|case| case.known.is_none());
    let failed = failed.filter_map(|case| Some((&case.name, case.failure.as_ref()?)));
    let failures: Vec<String> = failed.map(|(name, failure)| format!("{name}: {failure}")).collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases of {name}:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

const BEGIN: &str = "<!-- What follows is written by the tests of crypto.subtle. -->\n";
const END: &str = "<!-- What precedes is written by the tests of crypto.subtle. -->\n";

/// `RUSM_WRITE_DOCS=1 cargo test -p rusm-runner-crypto --test platform` writes the document's table anew.
#[test]
fn the_document_tells_what_passes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/web-platform.md");
    let text = fs::read_to_string(&path).expect("docs/web-platform.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (_, after) = rest.split_once(END).expect("where the table ends");
    let current = format!("{before}{BEGIN}{}{END}{after}", table());
    if env::var_os("RUSM_WRITE_DOCS").is_some() {
        fs::write(&path, &current).expect("the document");
    }
    assert!(
        text == current || env::var_os("RUSM_WRITE_DOCS").is_some(),
        "docs/web-platform.md is not current: RUSM_WRITE_DOCS=1 cargo test -p rusm-runner-crypto --test platform"
    );
}

/// A row for each algorithm, a column for each file, and how many of the row's cases pass.
fn table() -> String {
    let mut table = String::from("\n| algorithm |");
    for (_, title) in FILES {
        let _ = write!(table, " {title} |");
    }
    table.push_str(" cases | passed |\n|---|");
    table.push_str(&"---:|".repeat(FILES.len() + 2));
    table.push('\n');
    for row in ALGORITHMS.iter().map(|(name, _)| *name).chain([OTHERS]) {
        let _ = write!(table, "| {row} |");
        let (mut all, mut passed) = (0, 0);
        for (file, _) in FILES {
            let cases = results(file).iter().filter(|case| algorithm(&case.name) == row);
            let (count, good) = cases
                .fold((0, 0), |(count, good), case| (count + 1, good + usize::from(case.failure.is_none())));
            let _ = if count == 0 { write!(table, " |") } else { write!(table, " {count} |") };
            all += count;
            passed += good;
        }
        let _ = writeln!(table, " {all} | {passed} |");
    }
    table.push('\n');
    table
}

fn algorithm(case: &str) -> &'static str {
    let places = ALGORITHMS.iter().filter_map(|(name, words)| {
        let place = words.iter().filter_map(|word| case.find(word)).min()?;
        Some((place, *name))
    });
    places.min().map_or(OTHERS, |(_, name)| name)
}
