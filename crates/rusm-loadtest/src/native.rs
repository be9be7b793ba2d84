//! Native servers, without rusm, that do what a rusm app does: the bar that `compare` measures against.
//!
//! They are modes of this binary, so that a comparison needs nothing else installed and the server is a
//! process of its own.

pub(crate) mod http;
