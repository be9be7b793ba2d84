//! The `rusm` command, as a library so that its parts can be documented and tested.
//!
//! [`cli`] is the way in: it finds the [`app`], reads its [`manifest`] and calls the command.

pub mod app;
mod build;
mod check;
pub mod cli;
mod control;
pub mod diagnostic;
pub mod env;
mod files;
pub mod kv;
mod log;
pub mod manifest;
pub mod name;
mod new;
mod sdk;
mod serve;
mod suggest;
mod typescript;
