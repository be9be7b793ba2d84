//! Both halves of a mailbox.
//!
//! Senders push into the [`Inbox`], which stands under the lock of the process; the one receiver takes what
//! is there in one swap and works through its own half, [`Held`], without a lock. A process that gets no mail
//! allocates nothing for it, and one that waits gives large buffers back.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use crate::Mail;
use crate::bound::Bound;
use crate::contain::contain_drop;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// Buffers with room for more mails than this are freed when their process waits.
const KEEP: usize = 32;

/// Mail in order of arrival. Dropped one by one, so that a message whose destructor panics takes no other
/// with it.
#[derive(Default)]
pub(crate) struct Queue(VecDeque<Mail>);

impl Drop for Queue {
    fn drop(&mut self) {
        // Mostly empty: then this is cheaper than to drain.
        while let Some(mail) = self.0.pop_front() {
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
    /// Made when the receiver first holds mail, or with the process if its mailbox has a bound.
    common: Option<Arc<Common>>,
}

/// What both halves write, on memory of its own since the receiver does so with each mail.
#[derive(Default)]
pub(crate) struct Common {
    /// How many mails the receiver holds, for observers.
    held: AtomicUsize,
    bound: Option<Arc<Bound>>,
}

/// Mail that was not taken.
pub(crate) struct Refused {
    pub(crate) mail: Mail,
    /// What its mailbox is full by; `None` if there is no such process.
    pub(crate) full: Option<Arc<Bound>>,
}

impl Inbox {
    pub(crate) fn bounded(bound: Bound) -> Self {
        let common = Common { bound: Some(Arc::new(bound)), ..Common::default() };
        Self { common: Some(Arc::new(common)), ..Self::default() }
    }

    /// Takes mail, whatever the bound. The waker is to be woken once the lock is released.
    #[must_use]
    pub(crate) fn push(&mut self, mail: Mail) -> Option<Waker> {
        self.queue.0.push_back(mail);
        self.waker.take()
    }

    /// Takes mail for which there is room.
    pub(crate) fn offer(&mut self, mail: Mail) -> Result<Option<Waker>, Refused> {
        match self.bound() {
            Some(bound) if !bound.admit(&mail) => Err(Refused { mail, full: Some(bound.clone()) }),
            _ => Ok(self.push(mail)),
        }
    }

    /// Whether it has never had mail nor a receiver that waits, so that its drop runs no foreign code.
    pub(crate) fn is_untouched(&self) -> bool {
        self.waker.is_none() && self.common.is_none() && self.queue.0.capacity() == 0
    }

    pub(crate) fn bound(&self) -> Option<&Arc<Bound>> {
        self.common.as_ref()?.bound.as_ref()
    }

    /// How many mails wait, on both sides.
    pub(crate) fn depth(&self) -> usize {
        self.queue.0.len() + self.common.as_ref().map_or(0, |common| common.held.load(Ordering::Relaxed))
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
pub(crate) struct Held {
    queue: Queue,
    common: Option<Arc<Common>>,
}

impl Held {
    pub(crate) fn pop(&mut self) -> Option<Mail> {
        let mail = self.queue.0.pop_front()?;
        self.show_count();
        self.taken(&mail);
        Some(mail)
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.0.len()
    }

    /// Takes out the first mail at or after `from` for which `found` is true; moves `from` past those it
    /// refuses.
    pub(crate) fn remove(&mut self, from: &mut usize, mut found: impl FnMut(&Mail) -> bool) -> Option<Mail> {
        while let Some(mail) = self.queue.0.get(*from) {
            if found(mail) {
                let mail = self.queue.0.remove(*from)?;
                self.show_count();
                self.taken(&mail);
                return Some(mail);
            }
            *from += 1;
        }
        None
    }

    /// Fetches all that has arrived and takes out the first of it, which [`taken`](Self::taken) is to be told
    /// of once the lock is released. Only for when nothing is held.
    pub(crate) fn fetch_first(&mut self, inbox: &mut Inbox) -> Option<Mail> {
        debug_assert!(self.queue.0.is_empty());
        let first = inbox.queue.0.pop_front()?;
        if self.common.is_none() && inbox.bound().is_some() {
            self.common.clone_from(&inbox.common);
        }
        // A lone mail leaves the buffers where they are: a process that gets one at a time has one, not two.
        self.fetch(inbox);
        Some(first)
    }

    /// Fetches all that has arrived; false if nothing has.
    pub(crate) fn fetch(&mut self, inbox: &mut Inbox) -> bool {
        if inbox.queue.0.is_empty() {
            return false;
        }
        if self.queue.0.is_empty() {
            mem::swap(&mut self.queue, &mut inbox.queue);
        } else {
            self.queue.0.append(&mut inbox.queue.0);
        }
        if self.common.is_none() {
            self.common = Some(inbox.common.get_or_insert_default().clone());
        }
        self.show_count();
        true
    }

    /// Gives a large buffer back when it is empty.
    pub(crate) fn shrink(&mut self) {
        if self.queue.0.capacity() > KEEP && self.queue.0.is_empty() {
            self.queue = Queue::default();
        }
    }

    /// A mail is out of the mailbox: where there is a bound, a sender that waits for room is woken.
    pub(crate) fn taken(&self, mail: &Mail) {
        if let Some(bound) = self.common.as_ref().and_then(|common| common.bound.as_ref()) {
            bound.release(mail);
        }
    }

    fn show_count(&self) {
        if let Some(common) = &self.common {
            common.held.store(self.queue.0.len(), Ordering::Relaxed);
        }
    }
}
