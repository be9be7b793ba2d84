//! Where this crate meets the node, as far as services need it. On the machine you build on there is no node, and
//! a test may put something else in its place.

use crate::bindings::rusm::runtime::process as host;

#[cfg(target_family = "wasm")]
pub(crate) use host::{await_answer, demonitor, is_alive, own_pid, receive, send, whereis};

#[cfg(not(target_family = "wasm"))]
pub use native::{Node, enter};
#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{await_answer, demonitor, is_alive, own_pid, receive, send, whereis, with_node};

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::host;
    use crate::log::Level;

    /// What a process asks of its node.
    pub trait Node {
        /// As `process.own-pid`.
        fn own_pid(&self) -> u64;
        /// As `process.send`.
        fn send(&self, to: u64, body: &[u8]) -> Result<(), host::SendError>;
        /// As `process.receive`.
        fn receive(&self, timeout: Option<u64>) -> Option<host::Mail>;
        /// As `process.await-answer`.
        fn await_answer(&self, callee: u64) -> Result<u64, String>;
        /// As `process.demonitor`.
        fn demonitor(&self, monitor: u64);
        /// As `process.is-alive`.
        fn is_alive(&self, pid: u64) -> bool;
        /// As `process.whereis`.
        fn whereis(&self, name: &str) -> Option<u64>;
        /// As `log.write`.
        fn log(&self, level: Level, target: &str, text: &str);
    }

    thread_local! {
        static NODE: RefCell<Option<Rc<dyn Node>>> = const { RefCell::new(None) };
    }

    /// Makes this thread a process of that node.
    pub fn enter(node: Rc<dyn Node>) {
        NODE.set(Some(node));
    }

    /// Asks the stand-in, if there is one.
    pub(crate) fn with_node<T>(ask: impl FnOnce(&dyn Node) -> T) -> Option<T> {
        let node = NODE.with_borrow(Clone::clone);
        node.map(|node| ask(&*node))
    }

    macro_rules! ask {
        ($($name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)?;)*) => {
            $(pub(crate) fn $name($($argument: $type),*) $(-> $output)? {
                with_node(|node| node.$name($($argument),*)).unwrap_or_else(|| host::$name($($argument),*))
            })*
        };
    }

    ask! {
        own_pid() -> u64;
        send(to: u64, body: &[u8]) -> Result<(), host::SendError>;
        receive(timeout: Option<u64>) -> Option<host::Mail>;
        await_answer(callee: u64) -> Result<u64, String>;
        demonitor(monitor: u64);
        is_alive(pid: u64) -> bool;
        whereis(name: &str) -> Option<u64>;
    }
}
