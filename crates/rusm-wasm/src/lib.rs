//! Runs WebAssembly components as rusm processes and serves them over HTTP.
