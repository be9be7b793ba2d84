//! The examples whose connections stay: events and WebSockets.

mod clients;
mod live_feed;
mod todo;
