//! Each way to end, and whether `terminate` is called.

use rusm_otp::{CallError, ExitReason, Mail, Pid, Server, ServerRef, SpawnOptions};
use tokio::sync::{mpsc, oneshot};

use super::puppet::{Puppet, Stop, Told};
use crate::driver::{Driver, because, obey};

/// By the names that the recording has.
#[derive(Clone, Copy, PartialEq)]
#[allow(non_camel_case_types, reason = "they are parts of the scenarios' names")]
pub(super) enum Way {
    stop_normal,
    stop_because,
    crash,
    exit_in_a_callback,
    told_to_stop,
    told_to_stop_with_shutdown,
    parent_shutdown,
    parent_normal,
    parent_crash,
    shutdown_from_a_stranger,
    link_crash,
    kill,
}

pub(super) async fn ending(d: &mut Driver, way: Way, trap: bool) {
    let peer = d.start("L");
    let (teller, mut told) = mpsc::unbounded_channel();
    let (started, server) = oneshot::channel();
    let parent = d.start_as("P", move |mut ctx, driver| async move {
        let server = Puppet::start_link(
            &mut ctx,
            SpawnOptions::default(),
            Box::new(move |ctx| {
                ctx.trap_exit(trap);
                ctx.link(peer);
                Ok(Puppet { teller: Some(teller), ..Puppet::default() })
            }),
        );
        started.send(server.await.expect("a server")).expect("the driver waits");
        obey(ctx, driver).await;
    });
    let server = server.await.expect("a server");
    d.name(server.pid(), "S");
    end(d, way, server, parent, peer).await;
    // Who does not trap is not told of a normal end.
    if way == Way::parent_normal && !trap {
        d.ends(parent).await;
        d.alive(server.pid());
        return;
    }
    match told.recv().await {
        Some(Told::Info(Mail::Exit { from, reason })) => {
            d.say(format!("handle_info: exit of {}: {reason}", d.who(from)));
            return;
        }
        Some(Told::Info(other)) => unreachable!("no scenario sends {other:?}"),
        Some(Told::Terminate(reason)) => d.say(format!("terminate: {reason}")),
        None => d.say("terminate is not called"),
    }
    d.ends(server.pid()).await;
}

async fn end(d: &mut Driver, way: Way, server: ServerRef<Puppet>, parent: Pid, peer: Pid) {
    match way {
        Way::stop_normal => stop(d, server, Stop::With(ExitReason::Normal)),
        Way::stop_because => stop(d, server, Stop::With(because())),
        Way::crash => server.cast(&d.ctx, Box::new(|_, _| panic!("boom"))),
        Way::exit_in_a_callback => stop(d, server, Stop::Exit(because())),
        Way::told_to_stop => ask_to_stop(d, server, ExitReason::Normal).await,
        Way::told_to_stop_with_shutdown => ask_to_stop(d, server, ExitReason::Shutdown).await,
        Way::parent_shutdown => d.tell(parent, move |ctx| ctx.exit(server.pid(), ExitReason::Shutdown)),
        Way::parent_normal => d.ends_with(parent, ExitReason::Normal),
        Way::parent_crash => d.ends_with(parent, because()),
        Way::shutdown_from_a_stranger => d.ctx.exit(server.pid(), ExitReason::Shutdown),
        Way::link_crash => d.ends_with(peer, because()),
        Way::kill => d.ctx.kill(server.pid()),
    }
}

fn stop(d: &Driver, server: ServerRef<Puppet>, stop: Stop) {
    server.cast(&d.ctx, Box::new(|_, _| Err(stop)));
}

/// In place of `gen_server:stop`, which waits for the end too, a server has a request of its own.
async fn ask_to_stop(d: &mut Driver, server: ServerRef<Puppet>, reason: ExitReason) {
    let with = reason.clone();
    let end = server.call(&mut d.ctx, Box::new(|_, _, _| Err(Stop::With(with)))).await;
    assert_eq!(end, Err(CallError::Down(reason)));
}
