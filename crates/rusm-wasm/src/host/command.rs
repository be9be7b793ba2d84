//! The bodies of processes that live by themselves: this project's own, and `wasi:cli/run` of either WASI.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::InstancePre;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings as p2;
use wasmtime_wasi::p3::bindings as p3;

use super::{ActorPre, HostState};
use crate::failure::Cause;

/// What such a process runs.
#[derive(Clone)]
pub(crate) enum Body {
    /// `rusm:runtime/body`.
    Own(ActorPre<HostState>),
    /// A standard command.
    Command(CommandPre),
}

/// A command that is ready to be instantiated.
#[derive(Clone)]
pub(crate) enum CommandPre {
    V0_2(p2::CommandPre<HostState>),
    V0_3(p3::CommandPre<HostState>),
}

impl CommandPre {
    /// The newer interface, if the component has both.
    pub(crate) fn new(pre: InstancePre<HostState>) -> wasmtime::Result<CommandPre> {
        match p3::CommandPre::new(pre.clone()) {
            Ok(pre) => Ok(CommandPre::V0_3(pre)),
            Err(_) => p2::CommandPre::new(pre).map(CommandPre::V0_2),
        }
    }

    async fn run(&self, store: &mut Store<HostState>) -> wasmtime::Result<Result<(), ()>> {
        match self {
            CommandPre::V0_2(pre) => {
                let command = pre.instantiate_async(&mut *store).await?;
                command.wasi_cli_run().call_run(store).await
            }
            CommandPre::V0_3(pre) => {
                let command = pre.instantiate_async(&mut *store).await?;
                store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await?
            }
        }
    }
}

impl Body {
    /// Runs a fresh instance to its end.
    pub(crate) async fn run(&self, store: &mut Store<HostState>) -> wasmtime::Result<Result<(), Cause>> {
        match self {
            Body::Own(pre) => {
                let component = Arc::clone(store.data().component());
                let instance = component.instantiating(pre.instantiate_async(&mut *store)).await?;
                let ended = instance.rusm_runtime_body().call_run(&mut *store).await?;
                Ok(ended.map_err(|text| Cause::Action(component.in_sources(text))))
            }
            Body::Command(pre) => {
                let code = match pre.run(store).await {
                    Ok(ended) => i32::from(ended.is_err()),
                    Err(error) => error.downcast::<I32Exit>()?.0,
                };
                Ok(if code == 0 { Ok(()) } else { Err(Cause::ExitCode(code)) })
            }
        }
    }
}
