//! Finds the engine that goes into the library: the committed one, or, for who tries another, the one in the folder
//! that `RUSM_ENGINE_DIR` names.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    let folder = match env::var_os("RUSM_ENGINE_DIR") {
        Some(folder) => PathBuf::from(folder).canonicalize().expect("RUSM_ENGINE_DIR names a folder"),
        None => Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"))
            .join("runner"),
    };
    println!("cargo::rustc-env=RUSM_ENGINE={}", folder.display());
    println!("cargo::rerun-if-env-changed=RUSM_ENGINE_DIR");
    println!("cargo::rerun-if-changed=build.rs");
}
