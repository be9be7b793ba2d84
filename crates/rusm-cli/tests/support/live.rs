//! The app in `tests/apps/live`: replies that are made while they are sent, streams of events, sockets.

use std::process::Command;

use super::Folder;
use super::server::{Server, app};

const ROUTES: &str = r#"
"GET /plain" = "api#plain"
"GET /tail" = "api#tail"
"GET /count" = "api#count"
"GET /count/:n" = "api#count"
"GET /flood" = "api#flood"
"GET /last" = "api#last"
"GET /panics" = "api#panics"
"GET /dies" = "api#dies"
"GET /refuses" = "api#refuses"
"GET /download/:n" = "api#download"
"GET /breaks" = "api#breaks"
"POST /upload" = "api#upload"
"POST /length" = "api#length"
"POST /echo" = "api#echo"
"POST /stalls" = "api#stalls"
"POST /silent" = "api#silent"
"POST /push/:pid" = "api#push"
"POST /kill/:pid" = "api#kill"
"GET /echo" = "echo"
"GET /talk/:room" = "talk"
"GET /feed/:room" = "feed"
"#;

/// What the app says beyond its routes: lines for the tables of its manifest.
#[derive(Default)]
pub(crate) struct Live<'a> {
    pub(crate) node: &'a str,
    pub(crate) listener: &'a str,
    /// Of the profile of all components but the hub.
    pub(crate) profile: &'a str,
}

impl Live<'_> {
    /// Starts the app and waits until it listens.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self.folder(), "")
    }

    /// The same, with more said about the command.
    pub(crate) fn serve_with(&self, more: impl FnOnce(&mut Command) -> &mut Command) -> Server {
        let server = Server::spawn_with(self.folder(), "", more);
        server.address();
        server
    }

    fn folder(&self) -> Folder {
        let Live { node, listener, profile } = self;
        let components = ["api", "echo", "talk", "feed"];
        let granted: String = components
            .iter()
            .flat_map(|component| ["[components.", component, "]\ncapability = \"test\"\n"])
            .collect();
        let manifest = format!(
            "[node]\n{node}\n[log]\nlevel = \"debug\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\n{listener}\n\
             [serve.routes]{ROUTES}\n[capabilities.test]\n{profile}\n[capabilities.hub]\nallow-stdio = true\n\
             [components.hub]\nresident = true\ncapability = \"hub\"\n{granted}"
        );
        let all = components.into_iter().chain(["hub"]).map(|name| (name, name)).collect::<Vec<_>>();
        app("live", &manifest, &all)
    }
}
