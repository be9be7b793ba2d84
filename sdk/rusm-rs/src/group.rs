//! Named sets of processes, across components.

use std::fmt;

use serde::Serialize;

use crate::bindings::rusm::runtime::group as host;
use crate::process::Pid;
use crate::wire;

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupError {
    /// A group's name is 1 to 255 bytes.
    Invalid,
    /// The message is longer than this many bytes, which is the most that one may be.
    TooLong(u64),
    /// This process is a member of this many groups, which is the most that it may be.
    TooMany(u64),
    /// More of this process's messages are under way than it may have memory.
    Full,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupError::Invalid => f.write_str("a group's name is 1 to 255 bytes"),
            GroupError::TooLong(limit) => write!(f, "a message is at most {limit} bytes"),
            GroupError::TooMany(limit) => write!(f, "a process is a member of at most {limit} groups"),
            GroupError::Full => {
                f.write_str("more of this process's messages are under way than it may have memory")
            }
        }
    }
}

impl std::error::Error for GroupError {}

impl From<host::GroupError> for GroupError {
    fn from(error: host::GroupError) -> Self {
        match error {
            host::GroupError::Invalid => GroupError::Invalid,
            host::GroupError::TooLong(limit) => GroupError::TooLong(limit),
            host::GroupError::TooMany(limit) => GroupError::TooMany(limit),
            host::GroupError::Full => GroupError::Full,
        }
    }
}

/// Makes this process a member, once more if it is one already. Memberships end with the process.
///
/// # Errors
///
/// If the name is none, or this process is a member of too many.
pub fn join(group: &str) -> Result<(), GroupError> {
    Ok(host::join(group)?)
}

/// Ends one membership of this process. False if it had none.
pub fn leave(group: &str) -> bool {
    host::leave(group)
}

/// The members, in the order of their pids, each as often as it joined.
pub fn members(group: &str) -> Vec<Pid> {
    host::members(group).into_iter().map(Pid::from_u64).collect()
}

/// The groups that have members.
pub fn groups() -> Vec<String> {
    host::groups()
}

/// Sends a value to every member but this process, and tells to how many. It never waits: a member whose
/// mailbox is full misses it.
///
/// # Errors
///
/// If the name is none, the message too long, or there is no room for it.
///
/// # Panics
///
/// If the value cannot be [sent](crate::wire).
pub fn broadcast<T: Serialize + ?Sized>(group: &str, value: &T) -> Result<u32, GroupError> {
    broadcast_bytes(group, &wire::to_vec_or_panic(value))
}

/// [`broadcast`] of bytes, as they are.
///
/// # Errors
///
/// As of `broadcast`.
pub fn broadcast_bytes(group: &str, body: &[u8]) -> Result<u32, GroupError> {
    Ok(host::broadcast(group, body)?)
}
