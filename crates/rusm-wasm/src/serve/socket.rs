//! A connection that has become a WebSocket: its process, and the wire that both share.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade;
use rusm_otp::{ExitReason, SpawnOptions};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role as Side, WebSocketConfig};

use super::activity::Watched;
use super::{ListenerState, Phase};
use crate::actor;
use crate::component::SocketHandler;
use crate::failure::Failure;
use crate::host::{Exchange, HostState, Role};
use crate::line::Line;
use crate::live::LAST_WORDS;
use crate::request::IncomingRequest;
use crate::socket::{self, Socket};
use crate::unit::Unit;
use crate::world::{Room, World};

/// What the wire reads at once; a connection keeps as much.
const READ_BUFFER: usize = 4 << 10;

/// A handshake that was answered, on a connection that is about to change its protocol.
pub(crate) struct Upgrade {
    pub(crate) upgraded: OnUpgrade,
    pub(crate) handler: SocketHandler,
    pub(crate) request: IncomingRequest,
    pub(crate) subprotocol: Option<String>,
    pub(crate) room: Room,
}

/// Runs the connection's process until both are over.
pub(crate) async fn serve(upgrade: Upgrade, listener: Arc<ListenerState>, phase: watch::Receiver<Phase>) {
    let Upgrade { upgraded, handler, request, subprotocol, room } = upgrade;
    let Some(wire) = wire(upgraded, &listener).await else { return };
    let socket = Arc::new(Socket::new(wire, subprotocol));
    let name = Arc::clone(handler.component.name());
    let process = process(handler, request, room, Arc::clone(&socket), &listener.world);
    let driver = Driver::new(&socket, process, listener.limits.idle_timeout);
    let code = match driver.run(phase).await {
        None => return,
        Some(Ok(())) => CloseCode::Normal,
        Some(Err(failure)) => match failure.cause.exit_reason() {
            Some(ExitReason::Normal) => CloseCode::Normal,
            Some(ExitReason::Shutdown | ExitReason::ShutdownWith(_)) => CloseCode::Away,
            _ => {
                failure.log_process(&name);
                CloseCode::Error
            }
        },
    };
    close(&socket, CloseFrame { code, reason: "".into() }).await;
}

/// The connection's process. Made here and not in the task that polls it, which would keep room for what it gave away.
fn process(
    handler: SocketHandler,
    request: IncomingRequest,
    room: Room,
    socket: Arc<Socket>,
    world: &Arc<World>,
) -> impl Future<Output = Result<(), Failure>> + Unpin + use<> {
    let options = world.bounded(SpawnOptions::default().label(Arc::clone(handler.component.name())));
    let shared = Arc::clone(world);
    let process = world.runtime.try_run(options, move |context| {
        let SocketHandler { component, body } = handler;
        let pid = context.pid();
        let store = HostState::store(
            &shared,
            &component,
            context,
            Role::Exchange(Exchange::upgraded(request, socket)),
        );
        async move {
            let _room = room;
            actor::within_wall_time(&component, pid, actor::run(store, &body)).await
        }
    });
    Unit::new(process, world.background.clone())
}

/// The connection, once the answer to its handshake is out.
async fn wire(upgraded: OnUpgrade, listener: &ListenerState) -> Option<WebSocketStream<Line>> {
    // A client that leaves before gets no process.
    let parts = upgrade::downcast::<TokioIo<Watched<TcpStream>>>(upgraded.await.ok()?).ok()?;
    let stream = Line::new(parts.io.into_inner().into_inner());
    let size = usize::try_from(listener.web_socket.max_message_size).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(socket::ENOUGH)
        .max_message_size(Some(size))
        .max_frame_size(Some(size));
    // A copy: what was read already is a part of the buffer that the request's head was read into, which is larger.
    let read = parts.read_buf.to_vec();
    Some(WebSocketStream::from_partially_read(stream, read, Side::Server, Some(config)).await)
}

/// Completes the closing handshake, if the peer lets it.
async fn close(socket: &Socket, farewell: CloseFrame) {
    // A second close frame is none.
    let _ = socket.lock().close(Some(farewell));
    let rest = poll_fn(|cx| {
        let mut socket = socket.lock();
        while !socket.is_over() {
            let _ = socket.drive(cx);
            ready!(socket.poll_event(cx));
        }
        socket.poll_part(cx)
    });
    let _ = timeout(LAST_WORDS, rest).await;
}

/// Polls a process and its wire together.
struct Driver<'a, P> {
    socket: &'a Socket,
    process: P,
    /// A peer that was not heard of for so long is gone.
    idle: Duration,
    /// By when the process is to end, once its connection has.
    deadline: Option<Instant>,
    /// When the wire is to be looked after again, if it need not wake anyone.
    again: Option<Instant>,
}

impl<'a, P, T> Driver<'a, P>
where
    P: Future<Output = T> + Unpin,
{
    fn new(socket: &'a Socket, process: P, idle: Duration) -> Self {
        Driver { socket, process, idle, deadline: None, again: None }
    }

    /// What the process came to; none if it had to be ended.
    async fn run(mut self, mut phase: watch::Receiver<Phase>) -> Option<T> {
        let mut draining = pin!(async move { drop(phase.wait_for(|phase| *phase != Phase::Running).await) });
        let mut drained = false;
        let mut timer = pin!(sleep_until(Instant::now() + self.idle / 2));
        poll_fn(|cx| {
            if let Poll::Ready(ended) = self.poll(cx) {
                return Poll::Ready(Some(ended));
            }
            if !drained && draining.as_mut().poll(cx).is_ready() {
                drained = true;
                self.go_away();
            }
            self.watch(timer.as_mut(), cx).map(|()| None)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        self.socket.lock().quiet();
        let ended = Pin::new(&mut self.process).poll(cx);
        if ended.is_pending() {
            self.again = self.socket.lock().drive(cx);
        }
        ended
    }

    /// The node is about to stop.
    fn go_away(&self) {
        let mut socket = self.socket.lock();
        let farewell = CloseFrame { code: CloseCode::Away, reason: "".into() };
        if socket.close(Some(farewell.clone())).is_ok() {
            socket.end(Some(farewell));
        }
    }

    /// Looks after what does not happen: signs of life, and the end of a process whose connection is over.
    fn watch(&mut self, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let over = {
                let socket = self.socket.lock();
                socket.is_over() || socket.is_closing()
            };
            if over && self.deadline.is_none() {
                let deadline = Instant::now() + LAST_WORDS;
                self.deadline = Some(deadline);
                timer.as_mut().reset(deadline);
            } else if !over && let Some(again) = self.again.take().filter(|again| *again < timer.deadline()) {
                timer.as_mut().reset(again);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let mut socket = self.socket.lock();
            if over {
                if socket.is_over() && self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                    return Poll::Ready(());
                }
                // The peer did not answer a close frame: its process hears of the end all the same.
                socket.end(None);
                self.deadline = None;
                continue;
            }
            let silent = socket.silence();
            if silent >= self.idle {
                socket.end(None);
                continue;
            }
            if silent >= self.idle / 2 {
                socket.ping();
            }
            self.again = socket.drive(cx);
            timer.as_mut().reset(Instant::now() + self.idle / 2);
        }
    }
}
