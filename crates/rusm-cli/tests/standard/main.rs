//! Components that know nothing of rusm: servers of `wasi:http` and commands of `wasi:cli`, of WASI 0.2 and 0.3.

mod commands;
mod limits;
mod outbound;
mod requests;
mod wire;

#[path = "../support/mod.rs"]
mod support;

use support::Folder;
use support::server::{Server, app};

/// The server of WASI 0.2 and the one of 0.3, which do the same.
const SERVERS: [&str; 2] = ["server", "modern"];

/// A node whose listener is that server's alone. `listener` and `profile` say more.
fn serve(server: &str, listener: &str, profile: &str) -> Server {
    Server::start(folder(server, listener, profile), "")
}

fn folder(server: &str, listener: &str, profile: &str) -> Folder {
    let manifest = format!(
        "[node]\nmax-instances = 64\n[log]\nlevel = \"debug\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\ncomponent = \"{server}\"\n{listener}\n\
         [capabilities.test]\n{profile}\n[components.{server}]\ncapability = \"test\"\n"
    );
    app("standard", &manifest, &[(server, server)])
}
