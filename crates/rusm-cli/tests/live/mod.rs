//! The examples whose connections stay: events and conversations.

mod chat;
mod chat_ts;
mod clients;
mod live_feed;
mod llm_proxy;
mod todo;
mod todo_ts;
