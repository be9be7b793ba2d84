//! The clients of the simulated node: what each asked for, what it was told, and when it goes.

use std::collections::VecDeque;

use rusm_rs::Pid;
use rusm_rs::bindings::rusm::runtime as host;

use host::http_reply::{StartError, WriteError};
use host::http_request::BodyError;
use host::{sse, websocket};

use super::{Me, Process, Sim};

/// The most that a write takes.
const PIECE: usize = 64 << 10;

type Headers = Vec<(String, Vec<u8>)>;

/// A client, as the node sees it.
#[derive(Default)]
pub(crate) struct Client {
    target: String,
    headers: Headers,
    /// What it uploads, piece by piece; an error is where it breaks off.
    upload: VecDeque<Result<Vec<u8>, BodyError>>,
    /// What it says through its socket.
    said: VecDeque<websocket::Event>,
    /// How many more writes it takes.
    patience: usize,
    gone: bool,
    refuses: Option<StartError>,
    head: Option<(u16, Headers)>,
    writes: Vec<Vec<u8>>,
    heard: Vec<Heard>,
}

/// What came through a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Close(u16, String),
}

impl Client {
    pub(crate) fn of(target: &str) -> Client {
        Client { target: target.to_owned(), patience: usize::MAX, ..Client::default() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Client {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn upload(mut self, piece: &[u8]) -> Client {
        self.upload.push_back(Ok(piece.to_vec()));
        self
    }

    /// Goes away in the middle of its upload.
    pub(crate) fn aborts(mut self) -> Client {
        self.upload.push_back(Err(BodyError::Aborted));
        self
    }

    /// Goes away after so many writes.
    pub(crate) fn takes(mut self, writes: usize) -> Client {
        self.patience = writes;
        self
    }

    /// Its reply cannot be started.
    pub(crate) fn refuses(mut self, error: StartError) -> Client {
        self.refuses = Some(error);
        self
    }
}

/// A client, as itself.
pub(crate) struct Visitor {
    sim: Sim,
    pub(crate) pid: Pid,
}

impl Sim {
    /// Starts a process for a client.
    pub(crate) fn visit(
        &self,
        client: Client,
        body: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) -> Visitor {
        let pid = self.birth();
        self.world().clients.insert(pid, client);
        let sim = self.clone();
        std::thread::spawn(move || sim.live(pid, body));
        Visitor { sim: self.clone(), pid: Pid::from_u64(pid) }
    }
}

impl Visitor {
    fn wait<T>(&self, mut so: impl FnMut(&mut Client) -> Option<T>) -> T {
        self.sim.wait(|world| so(world.clients.get_mut(&self.pid.as_u64()).expect("it is a client")))
    }

    fn act(&self, act: impl FnOnce(&mut Client)) {
        let mut act = Some(act);
        self.wait(|client| act.take().map(|act| act(client)));
        self.sim.changed();
    }

    /// Waits for the head of its reply.
    pub(crate) fn head(&self) -> (u16, Vec<(String, String)>) {
        let (status, headers) = self.wait(|client| client.head.clone());
        let text = |value| String::from_utf8(value).expect("headers are text here");
        (status, headers.into_iter().map(|(name, value)| (name, text(value))).collect())
    }

    /// Waits until the body has this text in it.
    pub(crate) fn reads(&self, text: &str) {
        self.wait(|client| String::from_utf8_lossy(&client.writes.concat()).contains(text).then_some(()));
    }

    pub(crate) fn has_read(&self) -> String {
        String::from_utf8(self.writes().concat()).expect("it is text")
    }

    pub(crate) fn writes(&self) -> Vec<Vec<u8>> {
        self.wait(|client| Some(client.writes.clone()))
    }

    pub(crate) fn says(&self, text: &str) {
        self.act(|client| client.said.push_back(websocket::Event::Text(text.to_owned())));
    }

    pub(crate) fn says_bytes(&self, data: &[u8]) {
        self.act(|client| client.said.push_back(websocket::Event::Binary(data.to_vec())));
    }

    /// Waits until it has heard so much, and tells it all.
    pub(crate) fn hears(&self, count: usize) -> Vec<Heard> {
        self.wait(|client| (client.heard.len() >= count).then(|| client.heard.clone()))
    }

    /// Goes without a word.
    pub(crate) fn leaves(&self) {
        self.act(|client| {
            client.gone = true;
            client.said.push_back(websocket::Event::Closed(None));
        });
    }

    pub(crate) fn leaves_with(&self, code: u16, reason: &str) {
        let frame = websocket::CloseFrame { code, reason: reason.to_owned() };
        self.act(|client| {
            client.gone = true;
            client.said.push_back(websocket::Event::Closed(Some(frame)));
        });
    }
}

impl Me {
    fn ask<T>(&self, answer: impl FnOnce(&mut Client) -> T) -> T {
        let answer = answer(self.sim.world().clients.get_mut(&self.pid).expect("it has a client"));
        self.sim.changed();
        answer
    }

    fn hears(&self, heard: Heard) -> bool {
        self.ask(|client| {
            if !client.gone {
                client.heard.push(heard);
            }
            !client.gone
        })
    }
}

impl rusm_rs::__rt::Client for Me {
    fn target(&self) -> String {
        self.ask(|client| client.target.clone())
    }

    fn headers(&self) -> Headers {
        self.ask(|client| client.headers.clone())
    }

    fn read_body(&self, max: u64) -> Result<Option<Vec<u8>>, BodyError> {
        self.ask(|client| match client.upload.pop_front() {
            Some(Ok(mut piece)) => {
                let rest = piece.split_off(piece.len().min(usize::try_from(max).unwrap_or(usize::MAX)));
                if !rest.is_empty() {
                    client.upload.push_front(Ok(rest));
                }
                Ok(Some(piece))
            }
            Some(Err(error)) => {
                client.upload.push_front(Err(error));
                Err(error)
            }
            None => Ok(None),
        })
    }

    fn start(&self, status: u16, headers: &[(String, Vec<u8>)]) -> Result<(), StartError> {
        self.ask(|client| match client.refuses.take() {
            Some(error) => Err(error),
            None if client.head.is_some() => Err(StartError::Started),
            None => {
                client.head = Some((status, headers.to_vec()));
                Ok(())
            }
        })
    }

    fn write(&self, bytes: &[u8]) -> Result<u64, WriteError> {
        self.ask(|client| {
            if client.head.is_none() {
                return Err(WriteError::NotStarted);
            }
            client.gone |= client.patience == 0;
            if client.gone {
                return Err(WriteError::Gone);
            }
            client.patience -= 1;
            let taken = &bytes[..bytes.len().min(PIECE)];
            client.writes.push(taken.to_vec());
            Ok(taken.len() as u64)
        })
    }

    fn next_of_stream(&self, timeout: Option<u64>) -> Option<sse::Event> {
        self.await_in_world(timeout, |clients, process| {
            let mail = process.mailbox.pop_front().map(sse::Event::Mail);
            mail.or_else(|| clients[&self.pid].gone.then_some(sse::Event::Closed))
        })
    }

    fn next_of_socket(&self, timeout: Option<u64>) -> Option<websocket::Event> {
        self.await_in_world(timeout, |clients, Process { mailbox, .. }| {
            let said = |client: &mut Client| client.said.pop_front();
            let mail = mailbox.pop_front().map(websocket::Event::Mail);
            mail.or_else(|| clients.get_mut(&self.pid).and_then(said))
        })
    }

    fn send_text(&self, text: &str) -> Result<(), websocket::SendError> {
        self.hears(Heard::Text(text.to_owned())).then_some(()).ok_or(websocket::SendError::Closed)
    }

    fn send_binary(&self, data: &[u8]) -> Result<(), websocket::SendError> {
        self.hears(Heard::Binary(data.to_vec())).then_some(()).ok_or(websocket::SendError::Closed)
    }

    fn close(&self, frame: Option<&websocket::CloseFrame>) -> Result<(), websocket::CloseError> {
        let frame = frame.expect("the SDK gives a frame");
        if !matches!(frame.code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
            return Err(websocket::CloseError::Invalid(format!("{} is no code to send", frame.code)));
        }
        assert!(frame.reason.len() <= 123, "the SDK cuts reasons");
        if !self.hears(Heard::Close(frame.code, frame.reason.clone())) {
            return Err(websocket::CloseError::Closed);
        }
        // The peer answers with the same.
        self.ask(|client| {
            client.gone = true;
            client.said = VecDeque::from([websocket::Event::Closed(Some(frame.clone()))]);
        });
        Ok(())
    }
}
