//! What guests do as processes, as their clients and their operator see it.
//!
//! Each test starts a node and has the `driver` of `tests/apps/actors` act out a case, which says what came of it.

#[path = "../support/mod.rs"]
mod support;

mod denials;
mod mail;
mod names;
mod node;
mod processes;
mod streams;
mod supervisors;
mod timers;
