//! Who is to be told of what: the memory of a process that others subscribe to.
//!
//! For sets of processes that no process keeps, see [`group`](crate::group). How a client follows a topic shows
//! [`Sse::run`](crate::http::Sse::run).

use std::borrow::Borrow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::process::{self, Denied, Mail, Monitor, Pid, SendError, send_bytes};
use crate::wire;

/// Topics and their subscribers. A subscriber that ends is taken out of every topic.
///
/// It watches its subscribers, and hears of their end by mail, which its owner hands to [`handle`](Topics::handle).
/// That needs no grant: who is asked to tell a process things may know when it is gone.
///
/// ```no_run
/// #[rusm_rs::service]
/// pub mod rooms {
///     use rusm_rs::Mail;
///     use rusm_rs::process::Denied;
///     use rusm_rs::pubsub::Topics;
///     use rusm_rs::service::caller;
///
///     fn init() -> Topics<String> {
///         Topics::new()
///     }
///
///     pub fn join(rooms: &mut Topics<String>, room: String) -> Result<bool, Denied> {
///         rooms.subscribe(room, caller())
///     }
///
///     pub fn say(rooms: &mut Topics<String>, room: String, text: String) -> usize {
///         rooms.publish(&room, &text).unwrap_or(0)
///     }
///
///     fn handle_info(rooms: &mut Topics<String>, mail: Mail) {
///         rooms.handle(&mail);
///     }
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Debug)]
pub struct Topics<K> {
    /// In the order of their pids. None is empty.
    topics: BTreeMap<K, BTreeSet<Pid>>,
    subscribers: BTreeMap<Pid, Subscriber<K>>,
}

#[derive(Clone, Debug)]
struct Subscriber<K> {
    /// One, however many topics there are.
    monitor: Monitor,
    topics: BTreeSet<K>,
}

impl<K> Default for Topics<K> {
    fn default() -> Self {
        Topics { topics: BTreeMap::new(), subscribers: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Topics<K> {
    /// No topics yet: one is there while it has subscribers.
    pub fn new() -> Self {
        Topics::default()
    }

    /// Subscribes a process to a topic. False if it was subscribed already.
    ///
    /// A process that is dead already is subscribed until the mail of its end was handled, which is on its way.
    ///
    /// # Errors
    ///
    /// If this process has as many monitors as it may have, and the subscriber would need one more.
    pub fn subscribe(&mut self, topic: K, subscriber: Pid) -> Result<bool, Denied> {
        let entry = match self.subscribers.entry(subscriber) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let monitor = process::await_answer(subscriber)?;
                entry.insert(Subscriber { monitor, topics: BTreeSet::new() })
            }
        };
        entry.topics.insert(topic.clone());
        Ok(self.topics.entry(topic).or_default().insert(subscriber))
    }

    /// Ends a subscription. False if there was none.
    pub fn unsubscribe<Q: Ord + ?Sized>(&mut self, topic: &Q, subscriber: Pid) -> bool
    where
        K: Borrow<Q>,
    {
        let Some(entry) = self.subscribers.get_mut(&subscriber) else { return false };
        if !entry.topics.remove(topic) {
            return false;
        }
        if entry.topics.is_empty() {
            process::answered(subscriber, entry.monitor);
            self.subscribers.remove(&subscriber);
        }
        self.leave(topic, subscriber);
        true
    }

    /// Ends all subscriptions of a process, and tells how many there were.
    pub fn unsubscribe_all(&mut self, subscriber: Pid) -> usize {
        let Some(entry) = self.subscribers.remove(&subscriber) else { return 0 };
        process::answered(subscriber, entry.monitor);
        self.leave_all(subscriber, &entry)
    }

    /// Takes mail that tells of a subscriber's end. False for all other mail, which is its owner's to read.
    pub fn handle(&mut self, mail: &Mail) -> bool {
        let Mail::Down(down) = mail else { return false };
        match self.subscribers.get(&down.pid) {
            Some(entry) if entry.monitor == down.monitor => {}
            _ => return false,
        }
        if let Some(entry) = self.subscribers.remove(&down.pid) {
            self.leave_all(down.pid, &entry);
        }
        true
    }

    fn leave_all(&mut self, subscriber: Pid, entry: &Subscriber<K>) -> usize {
        for topic in &entry.topics {
            self.leave(topic, subscriber);
        }
        entry.topics.len()
    }

    fn leave<Q: Ord + ?Sized>(&mut self, topic: &Q, subscriber: Pid)
    where
        K: Borrow<Q>,
    {
        if let Some(subscribers) = self.topics.get_mut(topic) {
            subscribers.remove(&subscriber);
            if subscribers.is_empty() {
                self.topics.remove(topic);
            }
        }
    }

    /// Sends a value to all subscribers of a topic, and tells to how many. It waits for a subscriber whose mailbox
    /// is full, as [`send`](crate::send) does: so a client that takes nothing of its stream can keep all waiting, until
    /// the node gives it up. [`group::broadcast`](crate::group::broadcast) leaves such a one out instead.
    ///
    /// # Errors
    ///
    /// If the message is too long.
    ///
    /// # Panics
    ///
    /// If the value cannot be [sent](crate::wire).
    pub fn publish<Q: Ord + ?Sized, T: Serialize + ?Sized>(
        &self,
        topic: &Q,
        value: &T,
    ) -> Result<usize, SendError>
    where
        K: Borrow<Q>,
    {
        if !self.topics.contains_key(topic) {
            return Ok(0);
        }
        self.publish_bytes(topic, &wire::to_vec_or_panic(value))
    }

    /// [`publish`](Topics::publish) of bytes, as they are.
    ///
    /// # Errors
    ///
    /// If the message is too long.
    pub fn publish_bytes<Q: Ord + ?Sized>(&self, topic: &Q, body: &[u8]) -> Result<usize, SendError>
    where
        K: Borrow<Q>,
    {
        let Some(subscribers) = self.topics.get(topic) else { return Ok(0) };
        for subscriber in subscribers {
            send_bytes(*subscriber, body)?;
        }
        Ok(subscribers.len())
    }

    /// The subscribers of a topic, in the order of their pids.
    pub fn subscribers<Q: Ord + ?Sized>(&self, topic: &Q) -> impl Iterator<Item = Pid>
    where
        K: Borrow<Q>,
    {
        self.topics.get(topic).into_iter().flatten().copied()
    }

    /// How many subscribers a topic has.
    pub fn count<Q: Ord + ?Sized>(&self, topic: &Q) -> usize
    where
        K: Borrow<Q>,
    {
        self.topics.get(topic).map_or(0, BTreeSet::len)
    }

    /// The topics that have subscribers, in their order.
    pub fn topics(&self) -> impl Iterator<Item = &K> {
        self.topics.keys()
    }

    /// Whether nobody is subscribed to anything.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }
}
