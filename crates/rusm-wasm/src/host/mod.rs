//! What a guest can reach of the node: one file for each interface of `wit/`.

mod bindings;
mod http_request;
mod process;

use std::sync::Arc;

use rusm_otp::Pid;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub(crate) use bindings::exports::rusm::runtime::http_handler;
pub(crate) use bindings::{Handlers, HandlersPre};
pub(crate) use http_request::IncomingRequest;

use crate::meter::Meter;
use crate::profile::Profile;

/// The data of a store: everything the host knows of one process's instance.
pub(crate) struct HostState {
    pid: Pid,
    grants: Arc<Grants>,
    /// Made on the first WASI call; most requests never make one.
    wasi: Option<Box<WasiCtx>>,
    resources: ResourceTable,
    request: IncomingRequest,
    crash: Option<String>,
    pub(crate) meter: Meter,
}

/// What a component may do, with the values that the grants refer to.
#[derive(Debug)]
pub(crate) struct Grants {
    pub(crate) profile: Profile,
    /// The granted environment variables that are set.
    pub(crate) env: Vec<(String, String)>,
}

impl HostState {
    pub(crate) fn new(pid: Pid, grants: Arc<Grants>, meter: Meter, request: IncomingRequest) -> HostState {
        HostState { pid, grants, wasi: None, resources: ResourceTable::new(), request, crash: None, meter }
    }

    /// The text that the guest gave for its own end, if it did.
    pub(crate) fn take_crash(&mut self) -> Option<String> {
        self.crash.take()
    }
}

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| Box::new(wasi_context(&self.grants)));
        WasiCtxView { ctx, table: &mut self.resources }
    }
}

fn wasi_context(grants: &Grants) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    if grants.profile.stdio {
        builder.inherit_stdout().inherit_stderr();
    }
    for (name, value) in &grants.env {
        builder.env(name, value);
    }
    builder.build()
}

/// Marks [`HostState`] as what the interfaces' functions work on.
struct Host;

impl HasData for Host {
    type Data<'a> = &'a mut HostState;
}

/// Everything that a component may import.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<HostState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Handlers::add_to_linker::<_, Host>(&mut linker, |state| state)?;
    Ok(linker)
}
