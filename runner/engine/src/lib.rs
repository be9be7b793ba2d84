//! The engine: one core module that runs the bundles of every TypeScript component of a node.
//!
//! It is used twice. First the host evaluates a bundle (`image.rs`) in an instance that has no node around it, and keeps
//! what its memory is then. Each process of the component starts from a copy of that, with everything evaluated, and
//! only answers (`exports.rs`).
//!
//! So whatever stands in memory when the image is taken is shared by all processes, for good: nothing that belongs to one
//! of them may be there. No handle of the host's (hence no standard streams, files or environment of the C library),
//! no random value, no time of day. `started` tells which of the two lives this is.

#[rustfmt::skip]
mod bindings;
mod event_loop;
mod exports;
mod failure;
mod heap;
mod image;
mod native;
mod stack;
mod started;
mod vm;
