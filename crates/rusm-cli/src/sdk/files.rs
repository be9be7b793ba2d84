//! Written by `RUSM_UPDATE=1 cargo test -p rusm-cli --test embedded_sdk`.

/// The SDK's files: path in the SDK, content.
#[rustfmt::skip]
pub(super) const FILES: &[(&str, &[u8])] = &[
    ("rusm-rs/Cargo.toml", include_bytes!("../../embedded/rusm-rs/Cargo.toml.embedded")),
    ("rusm-rs/macros/Cargo.toml", include_bytes!("../../embedded/rusm-rs/macros/Cargo.toml.embedded")),
    ("rusm-rs/macros/src/lib.rs", include_bytes!("../../embedded/rusm-rs/macros/src/lib.rs")),
    ("rusm-rs/src/lib.rs", include_bytes!("../../embedded/rusm-rs/src/lib.rs")),
];
