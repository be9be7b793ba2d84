//! How a process is started.

use std::sync::Arc;

use crate::MailboxPolicy;

/// How a process is started. The default asks for nothing and costs nothing.
///
/// ```
/// use rusm_otp::SpawnOptions;
///
/// let options = SpawnOptions::default().label("clock");
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpawnOptions {
    pub(crate) label: Option<Arc<str>>,
    pub(crate) mailbox: Option<(u32, MailboxPolicy)>,
}

impl SpawnOptions {
    /// What the process is called in logs and listings. Many may have the same label; an `Arc<str>` kept and
    /// cloned costs no allocation.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use rusm_otp::SpawnOptions;
    /// let label: Arc<str> = "api#show".into();
    /// let options = SpawnOptions::default().label(label.clone());
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// How many messages and requests the mailbox holds at most, and what happens to more. Without this there
    /// is no bound, as in Erlang.
    ///
    /// # Panics
    ///
    /// If the limit is 0 or does not fit 32 bits.
    ///
    /// ```
    /// # use rusm_otp::{MailboxPolicy, SpawnOptions};
    /// let options = SpawnOptions::default().mailbox(1000, MailboxPolicy::SuspendSender);
    /// ```
    #[must_use]
    pub fn mailbox(mut self, limit: usize, policy: MailboxPolicy) -> Self {
        let limit = u32::try_from(limit).ok().filter(|limit| *limit > 0);
        self.mailbox = Some((limit.expect("a mailbox's limit is 1 at least and fits 32 bits"), policy));
        self
    }

    /// What this leaves open is as in `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { label: self.label.or(other.label), mailbox: self.mailbox.or(other.mailbox) }
    }
}
