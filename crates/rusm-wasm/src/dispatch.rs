//! One request, one process, one instance: from a routed request to the reply.

use std::future::{self, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use futures_util::future::Either;
use futures_util::{FutureExt, TryFutureExt};
use http::{Method, Response, Uri};
use pin_project_lite::pin_project;
use rusm_otp::{Context, Pid, SpawnOptions};
use tokio::time::{Instant, sleep_until};
use wasmtime::Store;

use crate::actor;
use crate::component::{Component, Responder, Run};
use crate::failure::{Cause, Failure};
use crate::host::http_handler::Request;
use crate::host::http_types::{self, MethodParam as WireMethod};
use crate::host::{Exchange, HandlersPre, HostState, Role};
use crate::live::{Live, LiveProcess};
use crate::outgoing::OutgoingBody;
use crate::reply::Reply;
use crate::request::{IncomingRequest, Params, target};
use crate::standard;
use crate::unit::{self, Unit};
use crate::world::{NoRoom, Room, World};

/// How often a guest that has begun its reply gets to run before the head goes out.
const TURNS: usize = 4;

/// How a component answers.
pub(crate) enum Answer {
    /// With a response that is all there, made by this process.
    Whole(Pid, http_types::Response),
    /// Piece by piece: the head is made, and the process lives on in the body.
    Live(Response<Live>),
}

/// Answers a request by a fresh instance of the component, as a process of its own, whose reply is to begin
/// within `timeout` from `start`.
///
/// Dropping the future, or the body of the reply, ends the process.
pub(crate) async fn call(
    world: &Arc<World>,
    responder: &Responder,
    request: IncomingRequest,
    start: Instant,
    timeout: Duration,
) -> Result<Answer, Failure> {
    let room = match responder.run {
        Run::Action { .. } | Run::Http(_) => world.room_for_request().await?,
        Run::Feed(_) => world.room_for_process().await?,
    };
    let reply = Arc::new(Reply::default());
    let limits =
        TimeLimits { request: (start + timeout, timeout), wall: responder.component.profile.max_wall_time };
    let mut process = process(world, responder, request, Arc::clone(&reply), room, limits);
    let ended = poll_fn(|cx| {
        unit::take_interrupted();
        if let Poll::Ready(ended) = Pin::new(&mut process).poll(cx) {
            return Poll::Ready(Some(ended));
        }
        // It may yet fail before it has written or waited. It goes on at once.
        if unit::take_interrupted() && !reply.has_written() {
            return Poll::Pending;
        }
        // A guest that has moved to another thread may begin its reply at any moment.
        if reply.has_started() || reply.starts_before(cx.waker()) { Poll::Ready(None) } else { Poll::Pending }
    });
    let ended = ended.await;
    if let Some(failure) = reply.take_failure() {
        return Err(failure);
    }
    // Nothing of a reply that has begun is out yet, so the client need not get half of one.
    let ended = ended.transpose()?;
    let Some((head, body)) = reply.take_head() else {
        return match ended.expect("a reply that has started has a head, which is taken here alone") {
            (pid, Some(response)) => Ok(Answer::Whole(pid, response)),
            (pid, None) => Err(Failure::new(pid, Cause::Response("there is none".to_owned()))),
        };
    };
    let live = match body {
        None if ended.is_some() => Live::written(reply, responder, Box::pin(future::ready(Ok(())))),
        None => Live::written(reply, responder, Box::pin(process.map_ok(drop))),
        Some(body) => {
            let mut body = OutgoingBody::new(&head, body);
            let rest = settle(process, ended.is_some(), world, &reply, &mut body).await?;
            Live::made(reply, responder, rest, body, timeout)
        }
    };
    Ok(Answer::Live(Response::from_parts(head, live)))
}

/// The request's process: its pid, and a response that is all there. None of what makes it is an `async fn` with large
/// arguments, whose future keeps room for each of them, and is copied with it.
fn process(
    world: &Arc<World>,
    responder: &Responder,
    request: IncomingRequest,
    reply: Arc<Reply>,
    room: Room,
    limits: TimeLimits,
) -> impl Future<Output = Result<(Pid, Option<http_types::Response>), Failure>> + Send + Unpin + use<> {
    let options = world.bounded(SpawnOptions::default().label(Arc::clone(&responder.label)));
    let (shared, own) = (Arc::clone(world), responder.clone());
    let process = world.runtime.try_run(options, move |context| {
        let watch = Watch::over(&context, Arc::clone(&own.label));
        let holds = matches!(own.run, Run::Feed(_));
        let exchange = Exchange::new(request, Arc::clone(&reply), holds);
        Answering {
            pid: context.pid(),
            answer: answer(&shared, own, exchange, context),
            limit: limits.passed(reply),
            watch,
            _room: room,
        }
    });
    Unit::new(process, world.background.clone())
}

pin_project! {
    /// What answers a request, within its limits. Dropped in this order.
    struct Answering<A, L> {
        #[pin]
        answer: A,
        #[pin]
        limit: L,
        pid: Pid,
        watch: Watch,
        _room: Room,
    }
}

impl<A, L> Future for Answering<A, L>
where
    A: Future<Output = Result<Option<http_types::Response>, Failure>>,
    L: Future<Output = Cause>,
{
    type Output = Result<(Pid, Option<http_types::Response>), Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let ended = match this.answer.poll(cx) {
            Poll::Ready(answered) => answered.map(|response| (*this.pid, response)),
            Poll::Pending => Err(Failure::new(*this.pid, ready!(this.limit.poll(cx)))),
        };
        this.watch.over = true;
        Poll::Ready(ended)
    }
}

/// Lets the process of a reply that has begun run on a little, since a short body is then all there as a rule, and finds a
/// place for it if it is to run longer. What is left of it then; a failure, while nothing of the reply is out.
async fn settle<P, T>(
    mut process: P,
    mut over: bool,
    world: &World,
    reply: &Reply,
    body: &mut OutgoingBody,
) -> Result<LiveProcess, Failure>
where
    P: Future<Output = Result<T, Failure>> + Send + Unpin + 'static,
    T: Send + 'static,
{
    for _ in 0..TURNS {
        let gathered = body.gather();
        if reply.is_cut_off() {
            let cut_off = || Failure::of_request(Cause::Response("it is cut off".to_owned()));
            return Err(process.await.err().unwrap_or_else(cut_off));
        }
        gathered.map_err(|why| Failure::of_request(Cause::Response(why)))?;
        if over || body.is_all_there() {
            break;
        }
        // A guest that was merely interrupted goes on.
        if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(Pin::new(&mut process).poll(cx))).await {
            ended?;
            over = true;
        }
    }
    if over {
        return Ok(Box::pin(future::ready(Ok(()))));
    }
    if body.is_all_there() {
        return Ok(Box::pin(process.map_ok(drop)));
    }
    // From here on it is as long-lived as its client likes, unless it ends meanwhile.
    tokio::select! {
        biased;
        ended = &mut process => ended.map(|_| Box::pin(future::ready(Ok(()))) as LiveProcess),
        place = world.place_to_stay() => match place {
            Ok(place) => Ok(Box::pin(process.map_ok(move |_| drop(place)))),
            Err(NoRoom(wait)) => Err(Failure::of_request(Cause::Busy(wait))),
        },
    }
}

/// The bounds on the time that a request may take by the clock.
pub(crate) struct TimeLimits {
    /// When the reply is to have begun, and how long that is after the request.
    pub(crate) request: (Instant, Duration),
    /// How long the process may live.
    pub(crate) wall: Option<Duration>,
}

impl TimeLimits {
    /// Completes when one of them has passed.
    pub(crate) async fn passed(self, reply: Arc<Reply>) -> Cause {
        let (begin, timeout) = self.request;
        let end = self.wall.map(|wall| (Instant::now() + wall, wall));
        if let Some((end, wall)) = end.filter(|(end, _)| *end < begin) {
            sleep_until(end).await;
            return Cause::WallTime(wall);
        }
        sleep_until(begin).await;
        if !reply.has_started() {
            return Cause::RequestTimeout(timeout);
        }
        match end {
            Some((end, wall)) => {
                sleep_until(end).await;
                Cause::WallTime(wall)
            }
            None => std::future::pending().await,
        }
    }
}

/// Notes in the log that a process ended because nobody waited for it any more.
struct Watch {
    pid: Pid,
    label: Arc<str>,
    over: bool,
}

impl Watch {
    fn over(context: &Context, label: Arc<str>) -> Watch {
        Watch { pid: context.pid(), label, over: false }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.over {
            tracing::debug!(target: "rusm", action = &*self.label, pid = %self.pid, "the client left; its process ends");
        }
    }
}

/// Makes an instance and calls what answers in it.
fn answer(
    world: &Arc<World>,
    responder: Responder,
    exchange: Exchange,
    context: Context,
) -> impl Future<Output = Result<Option<http_types::Response>, Failure>> + Send + use<> {
    let Responder { component, run, .. } = responder;
    match run {
        Run::Action { handlers, index, .. } => {
            let IncomingRequest { method, uri, params, .. } = &exchange.request;
            let called = (method.clone(), uri.clone(), Arc::clone(params));
            let store = HostState::store(world, &component, context, Role::Exchange(exchange));
            Either::Left(act(store, component, handlers, index, called))
        }
        // The others take a connection's time, and more room.
        Run::Feed(body) => {
            let store = HostState::store(world, &component, context, Role::Exchange(exchange));
            Either::Right(async move { actor::run(store, &body).await.map(|()| None) }.boxed())
        }
        Run::Http(pre) => {
            let world = Arc::clone(world);
            let answer = async move {
                standard::answer(&world, &component, &pre, exchange, context).await.map(|()| None)
            };
            Either::Right(answer.boxed())
        }
    }
}

/// Calls an action with the method, the target and the parameters of its request.
async fn act(
    mut store: Store<HostState>,
    component: Arc<Component>,
    handlers: Arc<HandlersPre<HostState>>,
    index: u32,
    (method, uri, params): (Method, Uri, Arc<Params>),
) -> Result<Option<http_types::Response>, Failure> {
    let params: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: wire_method(&method), target: target(&uri), params: &params };
    let called = async {
        let instance = component.instantiating(handlers.instantiate_async(&mut store)).await?;
        instance.rusm_runtime_http_handler().call_handle(&mut store, index, request).await
    };
    match called.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(text)) => {
            let state = store.data();
            Err(Failure::new(state.pid(), Cause::Action(state.component().in_sources(text))))
        }
        Err(error) => Err(Failure::of(&error, store.data_mut())),
    }
}

pub(crate) fn wire_method(method: &Method) -> WireMethod<'_> {
    match *method {
        Method::GET => WireMethod::Get,
        Method::HEAD => WireMethod::Head,
        Method::POST => WireMethod::Post,
        Method::PUT => WireMethod::Put,
        Method::DELETE => WireMethod::Delete,
        Method::CONNECT => WireMethod::Connect,
        Method::OPTIONS => WireMethod::Options,
        Method::TRACE => WireMethod::Trace,
        Method::PATCH => WireMethod::Patch,
        _ => WireMethod::Other(method.as_str()),
    }
}
