//! The copy of `sdk/` that is compiled into the binary equals the original.
//!
//! The copy is needed because a published crate has only its own folder. To refresh it:
//! `RUSM_UPDATE=1 cargo test -p rusm-cli --test embedded_sdk`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REFRESH: &str = "RUSM_UPDATE=1 cargo test -p rusm-cli --test embedded_sdk";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files of the SDK that an app has no use for.
fn is_left_out(name: &str) -> bool {
    name.starts_with('.')
        || ["target", "tests", "benches", "examples", "Cargo.lock", "node_modules"].contains(&name)
}

/// The SDK's files by path. Symbolic links are followed: the copy has none.
fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let shown = format!("{prefix}/{name}");
        match path.is_dir() {
            _ if is_left_out(name) => {}
            true => files(&path, &shown, found),
            false => drop(found.insert(shown, fs::read(&path).unwrap())),
        }
    }
}

/// `cargo package` leaves out folders that have a `Cargo.toml`, so the copies of those bear another name.
fn copy_name(path: &str) -> String {
    path.strip_suffix("Cargo.toml")
        .map_or_else(|| path.into(), |folder| format!("{folder}Cargo.toml.embedded"))
}

/// All files that the copy consists of, by their path in this crate.
fn expected() -> BTreeMap<String, Vec<u8>> {
    let mut sdk = BTreeMap::new();
    for language in ["rusm-rs", "rusm-ts"] {
        files(&root().join("../../sdk").join(language), language, &mut sdk);
    }
    let mut listing = format!(
        "//! Written by `{REFRESH}`.\n\n/// The SDK's files: path in the SDK, content.\n\
         #[rustfmt::skip]\npub(super) const FILES: &[(&str, &[u8])] = &[\n"
    );
    for path in sdk.keys() {
        writeln!(listing, "    ({path:?}, include_bytes!(\"../../embedded/{}\")),", copy_name(path)).unwrap();
    }
    listing.push_str("];\n");
    let mut expected: BTreeMap<_, _> =
        sdk.into_iter().map(|(path, bytes)| (format!("embedded/{}", copy_name(&path)), bytes)).collect();
    expected.insert("src/sdk/files.rs".into(), listing.into_bytes());
    expected
}

#[test]
fn the_embedded_copy_equals_the_sdk() {
    let expected = expected();
    if std::env::var_os("RUSM_UPDATE").is_some() {
        fs::remove_dir_all(root().join("embedded")).unwrap();
        for (path, bytes) in &expected {
            let path = root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let mut present = BTreeMap::new();
    files(&root().join("embedded"), "embedded", &mut present);
    let listing = "src/sdk/files.rs";
    present.insert(listing.into(), fs::read(root().join(listing)).unwrap());
    let differing: Vec<_> = expected
        .keys()
        .chain(present.keys())
        .filter(|path| expected.get(*path) != present.get(*path))
        .collect();
    assert!(differing.is_empty(), "{differing:?} differ from sdk/. To refresh the copy: {REFRESH}");
}

#[test]
fn the_published_crate_has_the_copy_and_the_templates() {
    let output = Command::new(env!("CARGO"))
        .args(["package", "-p", "rusm-cli", "--list", "--allow-dirty", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let mut needed = BTreeMap::new();
    files(&root().join("embedded"), "embedded", &mut needed);
    files(&root().join("src/new/template"), "src/new/template", &mut needed);
    let missing: Vec<_> = needed.keys().filter(|path| !listed.lines().any(|line| line == *path)).collect();
    assert!(
        missing.is_empty(),
        "{missing:?} would not be published\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(needed.len() > 4);
}
