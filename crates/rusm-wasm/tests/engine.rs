//! The engine is committed, since who builds rusm has no C compiler for Wasm; so it can be older than its sources.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

#[test]
fn the_engine_is_that_of_its_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("runner");
    let versions = fs::read_to_string(folder.join("versions")).expect("runner/build writes `versions`");
    let recorded = |name: &str| {
        let mut words = versions.lines().map(|line| line.split_once(' ').unwrap_or_default());
        words.find(|(word, _)| *word == name).map_or("", |(_, value)| value.trim())
    };
    for name in ["engine", "template"] {
        let bytes = fs::read(folder.join(format!("{name}.wasm"))).expect("the file is committed");
        assert_eq!(
            hex(&bytes),
            recorded(name),
            "{name}.wasm is not the one that `versions` beside it tells of"
        );
    }
    assert_eq!(
        digest_of(&root, &sources(&root)),
        recorded("sources"),
        "something under runner/ changed since the engine was built: run runner/build"
    );
}

/// What goes into the engine, as `sources` in runner/build has it, in the order of the paths' bytes.
fn sources(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("runner")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let name = entry.file_name().into_string().expect("names are UTF-8");
            let path = folder.join(&name);
            let kind = entry.file_type().expect("the kind of a file");
            if kind.is_dir() && !matches!(&*name, "node_modules" | "dist" | "target" | "tests" | "benches") {
                folders.push(path);
            } else if kind.is_file() && is_source(&name) {
                found.push(path.to_str().expect("names are UTF-8").replace('\\', "/"));
            }
        }
    }
    found.sort_unstable();
    found
}

fn is_source(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    name == "build" || matches!(extension, Some("rs" | "toml" | "lock" | "ts" | "json" | "sh"))
}

/// Of the list that `sha256sum` prints.
fn digest_of(root: &Path, sources: &[String]) -> String {
    let mut list = String::new();
    for path in sources {
        let bytes = fs::read(root.join(path)).expect("the file can be read");
        let _ = writeln!(list, "{}  {path}", hex(&bytes));
    }
    hex(list.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
