//! `rusm serve`, as its clients and its operator see it.
//!
//! Each test starts a node of its own and speaks to it over sockets; see `support/server.rs`. What the actions do
//! stands in `tests/apps/probe`.

#[path = "../support/mod.rs"]
mod support;

mod failures;
mod http1;
mod http2;
mod isolation;
mod limits;
mod output;
mod requests;
mod shutdown;
mod start;
