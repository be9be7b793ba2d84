//! A running node with the app in `tests/apps/actors`.

use crate::support::client::Response;
use crate::support::server::{Server, app};

/// What the app says beyond its routes.
pub(crate) struct App<'a> {
    /// Of the table `[node]`.
    pub(crate) node: &'a str,
    /// Of the profile that the driver has.
    pub(crate) driver: &'a str,
    /// Of the profile that workers have.
    pub(crate) worker: &'a str,
}

impl Default for App<'_> {
    fn default() -> Self {
        App {
            node: "",
            driver: "allow-spawn = [\"worker\", \"echo\", \"driver\", \"outsider\"]\nallow-stdio = true",
            worker: "allow-spawn = [\"worker\"]",
        }
    }
}

impl App<'_> {
    pub(crate) fn start(&self) -> Node {
        let App { node, driver, worker } = self;
        let serve = include_str!("../apps/actors/rusm.toml");
        let manifest = format!(
            "[node]\n{node}\n{serve}\n\
             [capabilities.driver]\n{driver}\n[components.driver]\ncapability = \"driver\"\n\
             [capabilities.worker]\n{worker}\n[components.worker]\ncapability = \"worker\"\n\
             [components.echo]\nresident = true\n"
        );
        let components = ["driver", "worker", "echo", "outsider", "hidden"].map(|name| (name, name));
        Node(Server::start(app("actors", &manifest, &components), ""))
    }
}

pub(crate) struct Node(pub(crate) Server);

impl Node {
    /// What the driver says of a case: `streams/order`.
    pub(crate) fn run(&self, case: &str) -> String {
        let response = self.get(case);
        assert_eq!(response.status, 200, "{case}");
        response.text().to_owned()
    }

    pub(crate) fn get(&self, case: &str) -> Response {
        self.0.get(&format!("/{case}"))
    }
}

/// Has the driver act out a case in a node of its own.
pub(crate) fn run(case: &str) -> String {
    App::default().start().run(case)
}

/// The same for a driver that may control processes that are not its own.
pub(crate) fn run_in_control(case: &str) -> String {
    App { driver: "allow-spawn = true\nallow-process-control = true", ..App::default() }.start().run(case)
}
