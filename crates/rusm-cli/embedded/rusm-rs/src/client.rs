//! Where this crate meets the node for the client that a process answers: its request, its reply, its socket. On the
//! machine you build on there is no node, and a test may put something else in its place.

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::rusm::runtime::{http_reply, http_request, sse, websocket};

#[cfg(not(target_family = "wasm"))]
pub use native::{Client, attach};
#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{http_reply, http_request, sse, websocket};

#[cfg(not(target_family = "wasm"))]
mod native {
    use std::cell::RefCell;
    use std::rc::Rc;

    use crate::bindings::rusm::runtime as host;
    use host::http_request::BodyError;

    /// What a process asks of its node about its client. Each process has those of its kind; the rest is not called.
    pub trait Client {
        /// As `http-request.target`.
        fn target(&self) -> String;
        /// As `http-request.headers`.
        fn headers(&self) -> Vec<(String, Vec<u8>)>;
        /// As `http-request.read-body`.
        fn read_body(&self, max: u64) -> Result<Option<Vec<u8>>, BodyError>;
        /// As `http-reply.start`.
        fn start(
            &self,
            status: u16,
            headers: &[(String, Vec<u8>)],
        ) -> Result<(), host::http_reply::StartError>;
        /// As `http-reply.write`.
        fn write(&self, bytes: &[u8]) -> Result<u64, host::http_reply::WriteError>;
        /// As `sse.next`.
        fn next_of_stream(&self, timeout: Option<u64>) -> Option<host::sse::Event>;
        /// As `websocket.next`.
        fn next_of_socket(&self, timeout: Option<u64>) -> Option<host::websocket::Event>;
        /// As `websocket.send-text`.
        fn send_text(&self, text: &str) -> Result<(), host::websocket::SendError>;
        /// As `websocket.send-binary`.
        fn send_binary(&self, data: &[u8]) -> Result<(), host::websocket::SendError>;
        /// As `websocket.close`.
        fn close(
            &self,
            frame: Option<&host::websocket::CloseFrame>,
        ) -> Result<(), host::websocket::CloseError>;
    }

    thread_local! {
        static CLIENT: RefCell<Option<Rc<dyn Client>>> = const { RefCell::new(None) };
    }

    /// Gives this thread's process that client.
    pub fn attach(client: Rc<dyn Client>) {
        CLIENT.set(Some(client));
    }

    fn ask<T>(question: impl FnOnce(&dyn Client) -> T) -> T {
        let client = CLIENT.with_borrow(Clone::clone);
        question(&*client.expect("this code runs in a process that a client asked for, and here is none"))
    }

    /// What a process without a client reads is empty.
    fn ask_or<T: Default>(question: impl FnOnce(&dyn Client) -> T) -> T {
        CLIENT.with_borrow(Clone::clone).map(|client| question(&*client)).unwrap_or_default()
    }

    // Each of these has the types of the interface, and functions of its own in the place of the interface's.

    pub(crate) mod http_request {
        pub(crate) use super::host::http_request::*;
        use super::{ask, ask_or, host::http_types::Method};

        pub(crate) fn get_method() -> Method {
            Method::Get
        }

        pub(crate) fn target() -> String {
            ask_or(|client| client.target())
        }

        pub(crate) fn params() -> Vec<(String, String)> {
            Vec::new()
        }

        pub(crate) fn headers() -> Vec<(String, Vec<u8>)> {
            ask_or(|client| client.headers())
        }

        pub(crate) fn body() -> Result<Vec<u8>, BodyError> {
            let mut body = Vec::new();
            while let Some(bytes) = read_body(u64::MAX)? {
                body.extend(bytes);
            }
            Ok(body)
        }

        pub(crate) fn read_body(max: u64) -> Result<Option<Vec<u8>>, BodyError> {
            ask(|client| client.read_body(max))
        }

        pub(crate) fn remote_address() -> Option<String> {
            None
        }
    }

    pub(crate) mod http_reply {
        use super::ask;
        pub(crate) use super::host::http_reply::*;

        pub(crate) fn start(status: u16, headers: &[(String, Vec<u8>)]) -> Result<(), StartError> {
            ask(|client| client.start(status, headers))
        }

        pub(crate) fn write(bytes: &[u8]) -> Result<u64, WriteError> {
            ask(|client| client.write(bytes))
        }
    }

    pub(crate) mod sse {
        use super::ask;
        pub(crate) use super::host::sse::*;

        pub(crate) fn next(timeout: Option<u64>) -> Option<Event> {
            ask(|client| client.next_of_stream(timeout))
        }
    }

    pub(crate) mod websocket {
        use super::ask;
        pub(crate) use super::host::websocket::*;

        pub(crate) fn next(timeout: Option<u64>) -> Option<Event> {
            ask(|client| client.next_of_socket(timeout))
        }

        pub(crate) fn send_text(text: &str) -> Result<(), SendError> {
            ask(|client| client.send_text(text))
        }

        pub(crate) fn send_binary(data: &[u8]) -> Result<(), SendError> {
            ask(|client| client.send_binary(data))
        }

        pub(crate) fn close(frame: Option<&CloseFrame>) -> Result<(), CloseError> {
            ask(|client| client.close(frame))
        }

        pub(crate) fn subprotocol() -> Option<String> {
            None
        }
    }
}
