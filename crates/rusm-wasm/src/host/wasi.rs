//! What the standard interfaces (`wasi:cli`, `wasi:filesystem`, `wasi:sockets`) show a guest.
//!
//! Clocks and random numbers are always there. Everything else is what the profile grants; what it does not is
//! absent (variables, directories), discarded (output) or denied with the error that the standard has for it.

use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxView, WasiView};

use super::HostState;
use super::stdio::{Lines, Output};
use crate::component::Component;
use crate::profile::Preopen;

impl WasiView for HostState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| Box::new(context(&self.component)));
        WasiCtxView { ctx, table: &mut self.resources }
    }
}

fn context(component: &Component) -> WasiCtx {
    let profile = &component.profile;
    let mut builder = WasiCtx::builder();
    builder.arg(component.name());
    if profile.stdio {
        builder.stdout(Lines::to(Output::Stdout)).stderr(Lines::to(Output::Stderr));
    }
    for (name, value) in &component.env {
        builder.env(name, value);
    }
    for Preopen { host, guest, read_only } in &profile.preopens {
        let permissions = if *read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        // It was there when the node started.
        if let Err(error) = builder.preopened_dir(host, guest, permissions) {
            let (component, directory) = (&**component.name(), host.display());
            tracing::warn!(target: "rusm", component, %directory, %error, "a granted directory cannot be opened");
        }
    }
    if profile.sockets {
        builder.inherit_network();
    }
    // Each of them has a rule of its own, and TCP and UDP are allowed unless they are forbidden here.
    builder.allow_tcp(profile.sockets).allow_udp(profile.sockets).allow_ip_name_lookup(profile.sockets);
    builder.build()
}
