//! Runs WebAssembly components as rusm processes and serves them over HTTP.

pub mod profile;
pub mod units;
