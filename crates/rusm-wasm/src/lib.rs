//! Runs WebAssembly components as rusm processes and serves them over HTTP.
//!
//! A [`Node`] is started from a [`NodeConfig`], which names components with their capabilities and listeners
//! with their routes. Each request that a route matches becomes a process of its own, whose body is a fresh
//! instance of the route's component: it shares no memory with any other, and its end is the end of that
//! request alone.
//!
//! This crate is the only one that knows wasmtime and hyper; neither stands in its public interface.

mod actor;
#[doc(hidden)]
pub mod bench;
pub mod bundle;
mod child;
mod component;
mod description;
mod dispatch;
mod engine;
mod failure;
mod host;
mod kernel;
mod lifecycle;
mod line;
mod live;
mod memory;
mod meter;
mod node;
mod outbound;
mod outgoing;
pub mod profile;
mod relink;
mod reply;
mod request;
mod residents;
mod serve;
mod socket;
mod standard;
mod threads;
mod unit;
pub mod units;
mod world;

pub use component::{ComponentConfig, ComponentError, ResidentConfig, Restart};
pub use description::{ActionEntry, Description, DescriptionError, Kind, Reply, RequestBodyUse, Wasi};
pub use engine::{EngineConfig, EngineError};
pub use http::Method;
pub use kernel::KernelError;
pub use node::{ListenerConfig, Node, NodeConfig, RouteConfig, RouteTarget, Routes, StartError};
pub use serve::{FolderError, Limits, Pattern, PatternError, WebSocketSettings};
pub use threads::runtime;
