//! The examples whose connections stay: events and conversations.

mod chat;
mod clients;
mod live_feed;
mod todo;
