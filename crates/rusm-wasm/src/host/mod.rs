//! What a guest can reach of the node: one file for each interface of `wit/`.

mod action;
mod bindings;
mod budget;
mod command;
mod crypto;
mod family;
mod group;
mod http_reply;
mod http_request;
mod incoming_http;
mod kv;
mod log;
mod mail;
mod outgoing_http;
mod process;
mod readiness;
mod sse;
pub(crate) mod stdio;
mod stream;
mod supervisor;
mod timer;
mod wasi;
mod websocket;

use std::sync::Arc;

use bindings::web::Web;
use budget::Budget;
use rusm_otp::{Context, Pid};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::WasiCtx;

pub(crate) use bindings::actor::ActorPre;
pub(crate) use bindings::exports::rusm::runtime::http_handler;
pub(crate) use bindings::rusm::runtime::http_types;
pub(crate) use bindings::{Handlers, HandlersPre};
pub(crate) use command::{Body, CommandPre};
pub(crate) use http_request::BodyTooLarge;
pub(crate) use incoming_http::HttpPre;

use crate::actor::Argument;
use crate::component::Component;
use crate::description::Wasi;
use crate::meter::{self, Meter};
use crate::reply::Reply;
use crate::request::IncomingRequest;
use crate::socket::Socket;
use crate::world::World;

/// Handles of one instance: open files, sockets, streams, requests and what belongs to them.
const MAX_RESOURCES: usize = 2048;

/// What an instance of WASI 0.3 may have under way inside the engine: tasks, and streams and futures with their ends.
const MAX_CONCURRENT: usize = 8 * MAX_RESOURCES;

/// The data of a store: everything the host knows of one process's instance.
pub(crate) struct HostState {
    context: Context,
    world: Arc<World>,
    component: Arc<Component>,
    role: Role,
    own: process::Own,
    /// What it has sent that has not been received, in KiB.
    outbox: Budget,
    /// The arguments of what it spawned and has supervised, in KiB.
    arguments: Budget,
    streams: Budget,
    supervised: Budget,
    timers: timer::Timers,
    /// Made on the first WASI call; most requests never make one.
    wasi: Option<Box<WasiCtx>>,
    /// Made on the first call of `wasi:http`.
    http: Option<Box<outgoing_http::OutgoingHttp>>,
    /// What it prints, if its component is linked anew.
    printed: stdio::Printed,
    /// What the guest has handles to.
    resources: ResourceTable,
    crash: Option<String>,
    /// Whether mail was looked at first when a connection was last waited for.
    mail_first: bool,
    pub(crate) meter: Meter,
}

/// What the instance was made for.
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and lies in the store's allocation"
)]
pub(crate) enum Role {
    /// To answer a request, or to hold the connection that one began.
    Exchange(Exchange),
    /// To live, with this to begin with.
    Actor { argument: Arc<Argument> },
}

/// A request and what comes of it.
pub(crate) struct Exchange {
    pub(crate) request: IncomingRequest,
    reply: Arc<Reply>,
    /// The WebSocket that the request became.
    socket: Option<Arc<Socket>>,
    /// Whether the process counts among those that may live long.
    holds: bool,
    place: Option<OwnedSemaphorePermit>,
}

impl Exchange {
    /// A request that is replied to there. `holds` is for a process that has its place for as long as it likes.
    pub(crate) fn new(request: IncomingRequest, reply: Arc<Reply>, holds: bool) -> Exchange {
        Exchange { request, reply, socket: None, holds, place: None }
    }

    /// Where its reply is made.
    pub(crate) fn reply(&self) -> &Arc<Reply> {
        &self.reply
    }

    /// A request that became a WebSocket.
    pub(crate) fn upgraded(request: IncomingRequest, socket: Arc<Socket>) -> Exchange {
        Exchange { request, reply: Arc::default(), socket: Some(socket), holds: true, place: None }
    }
}

impl HostState {
    /// A store for one instance of the component, as the body of the context's process.
    pub(crate) fn store(
        world: &Arc<World>,
        component: &Arc<Component>,
        context: Context,
        role: Role,
    ) -> Store<HostState> {
        let memory = component.limits.memory.max(mail::MAX_MESSAGE);
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(MAX_RESOURCES);
        let state = HostState {
            context,
            world: Arc::clone(world),
            component: Arc::clone(component),
            role,
            own: process::Own::default(),
            outbox: Budget::of_bytes(memory),
            arguments: Budget::of_bytes(memory),
            streams: Budget::new(stream::MAX_STREAMS),
            supervised: Budget::new(supervisor::MAX_SUPERVISED),
            timers: timer::Timers::default(),
            wasi: None,
            http: None,
            printed: stdio::Printed::default(),
            resources,
            crash: None,
            mail_first: false,
            meter: Meter::new(component.limits),
        };
        let mut store = Store::new(&component.engine.wasmtime, state);
        if let Some(concurrent) = store.concurrent_resource_table() {
            concurrent.set_max_capacity(MAX_CONCURRENT);
        }
        store.limiter(|state| &mut state.meter);
        store.epoch_deadline_callback(meter::on_epoch);
        store.set_epoch_deadline(1);
        store
    }

    pub(crate) fn pid(&self) -> Pid {
        self.context.pid()
    }

    pub(crate) fn component(&self) -> &Arc<Component> {
        &self.component
    }

    /// The text that the guest gave for its own end, if it did.
    pub(crate) fn take_crash(&mut self) -> Option<String> {
        self.crash.take()
    }
}

/// Marks [`HostState`] as what the interfaces' functions work on.
struct Host;

impl HasData for Host {
    type Data<'a> = &'a mut HostState;
}

/// Everything that a component of this WASI may import. What is of the newer one may import what is of the older, as
/// its standard library does.
pub(crate) fn linker(engine: &wasmtime::Engine, wasi: Wasi) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    if wasi >= Wasi::V0_3 {
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    }
    Handlers::add_to_linker::<_, Host>(&mut linker, |state| state)?;
    Web::add_to_linker::<_, Host>(&mut linker, |state| state)?;
    stdio::add_to_linker(&mut linker)?;
    bindings::event_loop::rusm::runtime::readiness::add_to_linker::<_, Host>(&mut linker, |state| state)?;
    Ok(linker)
}
