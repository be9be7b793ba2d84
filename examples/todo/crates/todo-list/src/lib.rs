//! The list of things to do: what it is made of, and the service that keeps it.

mod service;

use serde::{Deserialize, Serialize};

pub use service::list;

/// The group of those who are told of each [`Change`].
pub const FOLLOWERS: &str = "todo-followers";

/// A thing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Todo {
    pub id: u64,
    pub text: String,
    pub done: bool,
}

/// What happened to a thing to do, which is then as it stands here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// One more than the change before it has, from 1 on.
    pub number: u64,
    pub kind: Kind,
    pub todo: Todo,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Added,
    Changed,
    Removed,
}

/// What someone has to be told who has seen all changes up to one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum News {
    /// What came after it.
    Changes(Vec<Change>),
    /// The whole list after the change of this number: nothing was seen, or too long ago.
    List { number: u64, todos: Vec<Todo> },
}
