//! The `rusm` command.

mod diagnostic;
mod env;
mod manifest;
mod name;
mod suggest;

fn main() {}
