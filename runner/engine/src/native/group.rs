//! Named sets of processes.

use rquickjs::{Ctx, Result};

use super::{Big, Bytes, Natives, throw};
use crate::bindings::rusm::runtime::group::{self, GroupError};

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("joinGroup", |ctx: Ctx<'_>, name: String| done(&ctx, group::join(&name)))?;
    natives.add_live("leaveGroup", |name: String| group::leave(&name))?;
    natives
        .add("groupMembers", |name: String| group::members(&name).into_iter().map(Big).collect::<Vec<_>>())?;
    natives.add_live("groups", group::groups)?;
    natives.add_live("broadcast", |ctx: Ctx<'_>, name: String, body: Bytes| {
        done(&ctx, group::broadcast(&name, &body.0))
    })
}

fn done<T>(ctx: &Ctx<'_>, result: std::result::Result<T, GroupError>) -> Result<T> {
    result.or_else(|error| match error {
        GroupError::Invalid => throw(ctx, "invalid", "a group's name has 1 to 255 bytes"),
        GroupError::TooLong(most) => throw(ctx, "too-long", &format!("a message has at most {most} bytes")),
        GroupError::TooMany(most) => {
            throw(ctx, "too-many", &format!("a process is a member of at most {most} groups"))
        }
        GroupError::Full => {
            throw(ctx, "full", "more of this process's messages are under way than it may have memory")
        }
    })
}
