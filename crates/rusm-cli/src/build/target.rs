//! The compiler's standard library for components.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::app::App;
use crate::diagnostic::Diagnostic;

/// What components are compiled for.
pub(super) const TARGET: &str = "wasm32-wasip2";

/// Explains a missing target before cargo complains of a missing `core` for each dependency.
pub(super) fn check(app: &App) -> anyhow::Result<()> {
    // As cargo chooses it. Run in the app, for a rust-toolchain.toml may choose too.
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(app.root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started(&rustc.to_string_lossy(), &error))?;
    if !output.status.success() {
        let error = Diagnostic::error(format!("this Rust compiler does not know the target {TARGET}"));
        return Err(error.help("Rust 1.85 or later does: `rustup update`").into());
    }
    let libdir = String::from_utf8_lossy(&output.stdout);
    if has_std(Path::new(libdir.trim())) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("the Rust target {TARGET} is not installed"))
        .help(format!("install it with `rustup target add {TARGET}`"))
        .help(format!("a Rust without rustup needs the target's standard library in {}", libdir.trim()))
        .into())
}

fn has_std(libdir: &Path) -> bool {
    fs::read_dir(libdir).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"libstd-"))
    })
}

/// A tool of Rust's that is not there, or cannot be started.
pub(super) fn not_started(tool: &str, error: &std::io::Error) -> anyhow::Error {
    let diagnostic = Diagnostic::error(format!("cannot run `{tool}`: {error}"));
    if error.kind() == std::io::ErrorKind::NotFound {
        diagnostic.help("Rust components need a Rust toolchain: https://rustup.rs").into()
    } else {
        diagnostic.into()
    }
}
