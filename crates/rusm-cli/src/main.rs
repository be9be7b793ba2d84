//! The `rusm` command.

fn main() {}
