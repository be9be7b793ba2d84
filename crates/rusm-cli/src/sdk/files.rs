//! Written by `RUSM_UPDATE=1 cargo test -p rusm-cli --test embedded_sdk`.

/// The SDK's files: path in the SDK, content.
#[rustfmt::skip]
pub(super) const FILES: &[(&str, &[u8])] = &[
    ("rusm-rs/Cargo.toml", include_bytes!("../../embedded/rusm-rs/Cargo.toml.embedded")),
    ("rusm-rs/README.md", include_bytes!("../../embedded/rusm-rs/README.md")),
    ("rusm-rs/macros/Cargo.toml", include_bytes!("../../embedded/rusm-rs/macros/Cargo.toml.embedded")),
    ("rusm-rs/macros/src/actions.rs", include_bytes!("../../embedded/rusm-rs/macros/src/actions.rs")),
    ("rusm-rs/macros/src/lib.rs", include_bytes!("../../embedded/rusm-rs/macros/src/lib.rs")),
    ("rusm-rs/src/bindings.rs", include_bytes!("../../embedded/rusm-rs/src/bindings.rs")),
    ("rusm-rs/src/description.rs", include_bytes!("../../embedded/rusm-rs/src/description.rs")),
    ("rusm-rs/src/http/headers.rs", include_bytes!("../../embedded/rusm-rs/src/http/headers.rs")),
    ("rusm-rs/src/http/method.rs", include_bytes!("../../embedded/rusm-rs/src/http/method.rs")),
    ("rusm-rs/src/http/mod.rs", include_bytes!("../../embedded/rusm-rs/src/http/mod.rs")),
    ("rusm-rs/src/http/params.rs", include_bytes!("../../embedded/rusm-rs/src/http/params.rs")),
    ("rusm-rs/src/http/query.rs", include_bytes!("../../embedded/rusm-rs/src/http/query.rs")),
    ("rusm-rs/src/http/request.rs", include_bytes!("../../embedded/rusm-rs/src/http/request.rs")),
    ("rusm-rs/src/http/response.rs", include_bytes!("../../embedded/rusm-rs/src/http/response.rs")),
    ("rusm-rs/src/http_handler.rs", include_bytes!("../../embedded/rusm-rs/src/http_handler.rs")),
    ("rusm-rs/src/http_request.rs", include_bytes!("../../embedded/rusm-rs/src/http_request.rs")),
    ("rusm-rs/src/lib.rs", include_bytes!("../../embedded/rusm-rs/src/lib.rs")),
    ("rusm-rs/src/process.rs", include_bytes!("../../embedded/rusm-rs/src/process.rs")),
];
