//! A connection that has become a WebSocket: its process, and the wire that both share.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
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
use crate::component::SocketHandler;
use crate::failure::{Cause, Failure};
use crate::host::{Exchange, HostState, Role};
use crate::live::LAST_WORDS;
use crate::request::IncomingRequest;
use crate::socket::{self, Socket};
use crate::unit::Unit;
use crate::world::Room;

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
    let world = Arc::clone(&listener.world);
    let options = world.bounded(SpawnOptions::default().label(Arc::clone(handler.component.name())));
    let (own, shared) = (Arc::clone(&socket), Arc::clone(&world));
    let name = Arc::clone(handler.component.name());
    let process = world.runtime.try_run(options, move |context| async move {
        let _room = room;
        let pid = context.pid();
        let limit = handler.component.profile.max_wall_time;
        let lived = async {
            let role = Role::Exchange(Exchange::upgraded(request, own));
            let mut store = HostState::store(&shared, &handler.component, context, role);
            let called = async {
                let instance = handler.pre.instantiate_async(&mut store).await?;
                instance.rusm_runtime_body().call_run(&mut store).await
            };
            match called.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(text)) => Err(Failure::new(store.data().pid(), Cause::Action(text))),
                Err(error) => Err(Failure::of(&error, store.data_mut())),
            }
        };
        match limit {
            Some(limit) => match timeout(limit, lived).await {
                Ok(ended) => ended,
                Err(_) => Err(Failure::new(pid, Cause::WallTime(limit))),
            },
            None => lived.await,
        }
    });
    // Boxed, so that the task keeps no room for what it was before.
    let process = Unit::new(process, world.background.clone());
    let driver = Driver::new(&socket, process, listener.limits.idle_timeout, phase);
    let farewell = match driver.run().await {
        None => return,
        Some(Ok(())) => CloseFrame { code: CloseCode::Normal, reason: "".into() },
        Some(Err(failure)) => {
            let reason = failure.cause.exit_reason();
            if !matches!(
                reason,
                Some(ExitReason::Normal | ExitReason::Shutdown | ExitReason::ShutdownWith(_))
            ) {
                failure.log_process(&name);
            }
            match reason {
                Some(ExitReason::Normal) => CloseFrame { code: CloseCode::Normal, reason: "".into() },
                Some(ExitReason::Shutdown | ExitReason::ShutdownWith(_)) => {
                    CloseFrame { code: CloseCode::Away, reason: "".into() }
                }
                _ => CloseFrame { code: CloseCode::Error, reason: "".into() },
            }
        }
    };
    close(&socket, farewell).await;
}

/// The connection, once the answer to its handshake is out.
async fn wire(upgraded: OnUpgrade, listener: &ListenerState) -> Option<WebSocketStream<TcpStream>> {
    // A client that leaves before gets no process.
    let parts = upgrade::downcast::<TokioIo<Watched<TcpStream>>>(upgraded.await.ok()?).ok()?;
    let stream = parts.io.into_inner().into_inner();
    let size = usize::try_from(listener.web_socket.max_message_size).unwrap_or(usize::MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(socket::ENOUGH)
        .max_message_size(Some(size))
        .max_frame_size(Some(size));
    Some(
        WebSocketStream::from_partially_read(stream, parts.read_buf.into(), Side::Server, Some(config)).await,
    )
}

/// Completes the closing handshake, if the peer lets it.
async fn close(socket: &Socket, farewell: CloseFrame) {
    // A second close frame is none.
    let _ = socket.lock().close(Some(farewell));
    let rest = poll_fn(|cx| {
        let mut socket = socket.lock();
        let flushed = socket.poll_flushed(cx);
        if socket.is_over() {
            return flushed;
        }
        match socket.poll_event(cx) {
            Poll::Ready(_) => socket.poll_flushed(cx),
            Poll::Pending => Poll::Pending,
        }
    });
    let _ = timeout(LAST_WORDS, rest).await;
}

/// Polls a process and its wire together.
struct Driver<'a, P> {
    socket: &'a Socket,
    process: P,
    /// A peer that was not heard of for so long is gone.
    idle: Duration,
    phase: watch::Receiver<Phase>,
    /// By when the process is to end, once its connection has.
    deadline: Option<Instant>,
}

impl<'a, P, T> Driver<'a, P>
where
    P: Future<Output = T> + Unpin,
{
    fn new(socket: &'a Socket, process: P, idle: Duration, phase: watch::Receiver<Phase>) -> Self {
        Driver { socket, process, idle, phase, deadline: None }
    }

    /// What the process came to; none if it had to be ended.
    async fn run(mut self) -> Option<T> {
        let mut phase = self.phase.clone();
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
            self.socket.lock().drive(cx);
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
            let silent = socket.heard().elapsed();
            if silent >= self.idle {
                socket.end(None);
                continue;
            }
            if silent >= self.idle / 2 {
                socket.ping();
                socket.drive(cx);
            }
            timer.as_mut().reset(Instant::now() + self.idle / 2);
        }
    }
}
