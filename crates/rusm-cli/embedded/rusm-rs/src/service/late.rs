//! The numbers of calls, and answers that nobody waits for any more.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};

use crate::process::{Mail, Pid, mail};
use crate::wire::frame::{Frame, Reply};

/// How many given-up calls are remembered. An answer to one before these is ordinary mail.
const REMEMBERED: usize = 1024;

thread_local! {
    static NEXT: Cell<u64> = const { Cell::new(1) };
    static GIVEN_UP: RefCell<GivenUp> = const { RefCell::new(GivenUp::new()) };
}

/// A number that no other call or callback of this process has.
pub(crate) fn reference() -> u64 {
    NEXT.replace(NEXT.get() + 1)
}

struct GivenUp {
    numbers: BTreeSet<(Pid, u64)>,
    /// The same and some that are over, in the order in which they were given up.
    order: VecDeque<(Pid, u64)>,
}

impl GivenUp {
    const fn new() -> Self {
        GivenUp { numbers: BTreeSet::new(), order: VecDeque::new() }
    }

    fn add(&mut self, callee: Pid, number: u64) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.numbers.remove(&oldest);
        }
        self.order.push_back((callee, number));
        self.numbers.insert((callee, number));
    }

    fn owes(&self, callee: Pid) -> bool {
        self.numbers.range((callee, 0)..=(callee, u64::MAX)).next().is_some()
    }
}

/// What this callee still answers under these numbers is to be dropped.
pub(crate) fn give_up(callee: Pid, numbers: impl IntoIterator<Item = u64>) {
    GIVEN_UP.with_borrow_mut(|given_up| {
        numbers.into_iter().for_each(|number| given_up.add(callee, number));
    });
    mail::drop_aside(is_late);
}

/// Whether mail is an answer to a call that was given up.
pub(crate) fn is_late(mail: &Mail) -> bool {
    let Mail::Message(message) = mail else { return false };
    GIVEN_UP.with_borrow_mut(|given_up| {
        if !given_up.owes(message.from) {
            return false;
        }
        let (number, over) = match Frame::parse(&message.body) {
            Ok(Frame::Reply { reference, reply }) => (reference, !matches!(reply, Reply::Item(_))),
            Ok(Frame::Invocation { callback, .. }) => (callback, false),
            _ => return false,
        };
        let entry = (message.from, number);
        if over { given_up.numbers.remove(&entry) } else { given_up.numbers.contains(&entry) }
    })
}

#[cfg(test)]
mod tests {
    use super::{GivenUp, REMEMBERED, give_up, is_late};
    use crate::process::{Mail, Message, Pid};

    const CALLEE: Pid = Pid::from_u64(7);

    fn from(sender: Pid, body: &str) -> Mail {
        Mail::Message(Message { from: sender, body: body.into() })
    }

    #[test]
    fn an_answer_is_late_once_and_from_its_callee_alone() {
        give_up(CALLEE, [3]);
        let other = Pid::from_u64(8);
        assert!(!is_late(&from(other, r#"{"ref":3,"ok":null}"#)));
        assert!(!is_late(&from(CALLEE, r#"{"ref":4,"ok":null}"#)));
        assert!(!is_late(&from(CALLEE, r#"{"op":"f","args":[],"ref":3}"#)));
        assert!(is_late(&from(CALLEE, r#"{"ref":3,"item":1}"#)));
        assert!(is_late(&from(CALLEE, r#"{"cb":3,"args":[1]}"#)));
        assert!(is_late(&from(CALLEE, r#"{"ref":3,"ok":null}"#)));
        assert!(!is_late(&from(CALLEE, r#"{"ref":3,"ok":null}"#)));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut given_up = GivenUp::new();
        for number in 0..3 * REMEMBERED as u64 {
            given_up.add(CALLEE, number);
        }
        assert_eq!((given_up.order.len(), given_up.numbers.len()), (REMEMBERED, REMEMBERED));
        assert!(!given_up.numbers.contains(&(CALLEE, 0)));
    }
}
