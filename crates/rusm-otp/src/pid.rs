//! The name of a process.

use std::fmt;

const SLOT_BITS: u32 = 24;
const NODE_SHIFT: u32 = 48;

/// How many slots the process table can have, and so how many processes can live at once.
pub(crate) const SLOTS: u32 = 1 << SLOT_BITS;
/// How many processes may use one slot after another before it retires.
pub(crate) const GENERATIONS: u32 = 1 << (NODE_SHIFT - SLOT_BITS);

const THIS_NODE: u64 = 1;

/// The name of a process: 64 bits, never used a second time while the node lives.
///
/// The top 16 bits are the number of the node (this node is 1), the others count up and recycle slots of the
/// process table in such a way that no value returns. Any number is a `Pid`; most name no living process, and
/// everything that takes a `Pid` says what happens then.
///
/// ```
/// use rusm_otp::Pid;
///
/// let pid = Pid::from_u64(281_474_976_710_657);
/// assert_eq!(pid.node(), 1);
/// assert_eq!(pid.to_string(), "281474976710657");
/// assert_eq!(pid.as_u64(), (1 << 48) + 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(u64);

impl Pid {
    /// The sender of what no process sent: `main`, a socket's task, any code that has a
    /// [`Runtime`](crate::Runtime) but no [`Context`](crate::Context).
    ///
    /// It is not a process. To send to it, link to it or monitor it is the same as with a process that is
    /// dead.
    ///
    /// ```
    /// # use rusm_otp::{Payload, Pid, Runtime, SpawnOptions, ExitReason, Mail};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// let runtime = Runtime::new();
    /// let outside = runtime.clone();
    /// let from = runtime.run(SpawnOptions::default(), |mut ctx| async move {
    ///     outside.send(ctx.pid(), "hello");
    ///     match ctx.receive().await {
    ///         Mail::Message { from, .. } => Ok(from),
    ///         other => Err(ExitReason::crashed(format!("{other:?}"))),
    ///     }
    /// }).await?;
    /// assert_eq!(from, Pid::NODE);
    /// # Ok(()) }
    /// ```
    pub const NODE: Pid = Pid(THIS_NODE << NODE_SHIFT);

    /// The pid with this number.
    ///
    /// ```
    /// # use rusm_otp::Pid;
    /// assert_eq!(Pid::from_u64(42).as_u64(), 42);
    /// ```
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number of this pid, as it travels to guests and over wires.
    ///
    /// ```
    /// # use rusm_otp::Pid;
    /// assert_eq!(Pid::NODE.as_u64(), 1 << 48);
    /// ```
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The number of the node that the process lives on.
    ///
    /// ```
    /// # use rusm_otp::Pid;
    /// assert_eq!(Pid::NODE.node(), 1);
    /// ```
    pub const fn node(self) -> u16 {
        (self.0 >> NODE_SHIFT) as u16
    }

    /// Slot 0 is never used, so that no process has the number of [`Pid::NODE`].
    pub(crate) fn local(slot: u32, generation: u32) -> Self {
        debug_assert!((1..SLOTS).contains(&slot) && generation < GENERATIONS);
        Self(THIS_NODE << NODE_SHIFT | u64::from(generation) << SLOT_BITS | u64::from(slot))
    }

    /// The slot and the generation, when the pid is one of this node.
    pub(crate) fn place(self) -> Option<(u32, u32)> {
        let slot = self.0 as u32 & (SLOTS - 1);
        let generation = (self.0 >> SLOT_BITS) as u32 & (GENERATIONS - 1);
        (u64::from(self.node()) == THIS_NODE).then_some((slot, generation))
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_pid_is_one_past_the_node() {
        assert_eq!(Pid::local(1, 0).as_u64(), 281_474_976_710_657);
    }

    #[test]
    fn place_is_the_inverse_of_local() {
        for (slot, generation) in [(1, 0), (7, 3), (SLOTS - 1, GENERATIONS - 1)] {
            assert_eq!(Pid::local(slot, generation).place(), Some((slot, generation)));
        }
    }

    #[test]
    fn pids_of_other_nodes_have_no_place_here() {
        assert_eq!(Pid::from_u64(2 << 48 | 1).place(), None);
        assert_eq!(Pid::from_u64(1).place(), None);
    }
}
