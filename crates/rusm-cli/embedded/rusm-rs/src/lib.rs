//! Write rusm components in Rust.
