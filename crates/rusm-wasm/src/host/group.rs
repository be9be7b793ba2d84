//! `rusm:runtime/group`.

use super::HostState;
use super::bindings::rusm::runtime::group;
use super::mail::{self, MAX_MESSAGE};
use super::process::{MAX_NAME, MAX_NAMES};

fn is_name(group: &str) -> bool {
    (1..=MAX_NAME).contains(&group.len())
}

impl group::Host for HostState {
    fn join(&mut self, group: String) -> Result<(), group::GroupError> {
        if !is_name(&group) {
            return Err(group::GroupError::Invalid);
        }
        if self.own.memberships >= MAX_NAMES {
            return Err(group::GroupError::TooMany(MAX_NAMES as u64));
        }
        self.own.memberships += usize::from(self.context.join(group));
        Ok(())
    }

    fn leave(&mut self, group: String) -> bool {
        let left = self.context.leave(&group);
        self.own.memberships = self.own.memberships.saturating_sub(usize::from(left));
        left
    }

    fn members(&mut self, group: String) -> Vec<u64> {
        mail::pids(self.world.runtime.members(&group))
    }

    fn groups(&mut self) -> Vec<String> {
        self.world.runtime.groups().iter().map(ToString::to_string).collect()
    }

    fn broadcast(&mut self, group: String, body: Vec<u8>) -> Result<u32, group::GroupError> {
        if !is_name(&group) {
            return Err(group::GroupError::Invalid);
        }
        if body.len() > MAX_MESSAGE {
            return Err(group::GroupError::TooLong(MAX_MESSAGE as u64));
        }
        // One buffer for all of them.
        let body = self.share(body).ok_or(group::GroupError::Full)?;
        let (own, members) = (self.context.pid(), self.world.runtime.members(&group));
        let others = members.into_iter().filter(|member| *member != own);
        let sent = others.filter(|member| self.context.try_send(*member, body.clone()).is_ok()).count();
        Ok(u32::try_from(sent).unwrap_or(u32::MAX))
    }
}
