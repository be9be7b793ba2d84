//! The examples whose connections stay: events and WebSockets.

mod chat;
mod clients;
mod live_feed;
mod todo;
