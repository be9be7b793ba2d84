//! Records the compiler's version, since a figure without the compiler that made it cannot be repeated.

use std::{env, process::Command};

fn main() {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    println!("cargo::rustc-env=RUSM_LOADTEST_RUSTC={}", version.trim());
    println!("cargo::rerun-if-changed=build.rs");
}
