//! Both halves of a mailbox.
//!
//! Senders push into the [`Inbox`], which stands under the lock of the process; the one receiver takes what
//! is there in one swap and works through its own half, [`Held`], without a lock. A process that gets no mail
//! allocates nothing for it, and one that waits gives large buffers back.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;

use crate::Mail;
use crate::contain::contain_drop;

/// Buffers with room for more mails than this are freed when their process waits.
const KEEP: usize = 32;

/// Mail in order of arrival. Dropped one by one, so that a message whose destructor panics takes no other
/// with it.
#[derive(Default)]
pub(crate) struct Queue(VecDeque<Mail>);

impl Drop for Queue {
    fn drop(&mut self) {
        for mail in self.0.drain(..) {
            // The sender is long gone and the receiver never saw it: there is nobody to tell.
            let _ = contain_drop(mail);
        }
    }
}

/// The senders' half.
#[derive(Default)]
pub(crate) struct Inbox {
    queue: Queue,
    /// Of the receiver, while it waits.
    waker: Option<Waker>,
}

impl Inbox {
    /// The waker is to be woken once the lock is released.
    #[must_use]
    pub(crate) fn push(&mut self, mail: Mail) -> Option<Waker> {
        self.queue.0.push_back(mail);
        self.waker.take()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.0.len()
    }

    /// Takes out the first mail for which `found` is true.
    pub(crate) fn remove(&mut self, found: impl FnMut(&Mail) -> bool) -> Option<Mail> {
        let at = self.queue.0.iter().position(found)?;
        self.queue.0.remove(at)
    }

    /// Has the receiver woken by the next mail. The result is garbage to drop once the lock is released.
    #[must_use]
    pub(crate) fn wait(&mut self, waker: &Waker) -> (Option<Waker>, Option<Queue>) {
        let old = match &self.waker {
            Some(known) if known.will_wake(waker) => None,
            _ => self.waker.replace(waker.clone()),
        };
        let buffer =
            (self.queue.0.capacity() > KEEP && self.queue.0.is_empty()).then(|| mem::take(&mut self.queue));
        (old, buffer)
    }
}

/// The receiver's half: mail that was fetched and not yet taken.
#[derive(Default)]
pub(crate) struct Held(Queue);

impl Held {
    pub(crate) fn len(&self) -> usize {
        self.0.0.len()
    }

    pub(crate) fn pop(&mut self) -> Option<Mail> {
        self.0.0.pop_front()
    }

    /// Takes out the first mail at or after `from` for which `found` is true; moves `from` past those it
    /// refuses.
    pub(crate) fn remove(&mut self, from: &mut usize, mut found: impl FnMut(&Mail) -> bool) -> Option<Mail> {
        while let Some(mail) = self.0.0.get(*from) {
            if found(mail) {
                return self.0.0.remove(*from);
            }
            *from += 1;
        }
        None
    }

    /// Fetches all that has arrived and takes out the first of it. Only for when nothing is held.
    pub(crate) fn fetch_first(&mut self, inbox: &mut Inbox) -> Option<Mail> {
        debug_assert!(self.0.0.is_empty());
        let first = inbox.queue.0.pop_front()?;
        // A lone mail leaves the buffers where they are, so a process that gets one at a time has one, not
        // two.
        if inbox.len() > 0 {
            mem::swap(&mut self.0, &mut inbox.queue);
        }
        Some(first)
    }

    /// Fetches all that has arrived; false if nothing has.
    pub(crate) fn fetch(&mut self, inbox: &mut Inbox) -> bool {
        if inbox.len() == 0 {
            return false;
        }
        if self.0.0.is_empty() {
            mem::swap(&mut self.0, &mut inbox.queue);
        } else {
            self.0.0.append(&mut inbox.queue.0);
        }
        true
    }

    /// Gives a large buffer back when it is empty.
    pub(crate) fn shrink(&mut self) {
        if self.0.0.capacity() > KEEP && self.0.0.is_empty() {
            self.0 = Queue::default();
        }
    }
}
