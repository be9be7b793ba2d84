//! The path of a request from its route to its response, without sockets, for `benches/instance.rs`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::time::Instant;

use crate::component::{Action, Component, ComponentConfig};
use crate::dispatch::{self, Call};
use crate::engine::{Engine, EngineConfig};
use crate::host::IncomingRequest;
use crate::outbound::Outbound;
use crate::profile::Profile;
use crate::unit::Background;
use crate::world::World;

/// An action that can be called again and again.
pub struct Bench {
    world: Arc<World>,
    action: Action,
}

impl Bench {
    /// Loads the component and finds the action. Call it inside a tokio runtime.
    ///
    /// # Panics
    ///
    /// When there is no such component or action, and outside a tokio runtime.
    pub fn new(path: &Path, action: &str) -> Bench {
        let config = EngineConfig::default();
        let engine = Engine::new(&config).expect("the engine starts");
        let component = ComponentConfig {
            name: "bench".to_owned(),
            path: path.to_owned(),
            profile: Profile::default(),
            env: Vec::new(),
            resident: None,
        };
        let component = Arc::new(Component::load(&engine, component).expect("the component loads"));
        let action = component.action(action).expect("the component has the action");
        let background = Background::start().expect("threads start");
        let instances = (config.max_instances, 0);
        let wait = Duration::from_secs(1);
        let outbound = Outbound::new(tokio::runtime::Handle::current(), 0);
        let world = Arc::new(World::new(engine, background, [].into(), outbound, instances, wait));
        Bench { world, action }
    }

    /// One request by a fresh instance; the length of the response's body.
    pub async fn call(&self) -> usize {
        let call = Call {
            method: Method::GET,
            target: "/hello/bob".to_owned(),
            params: vec![("name".to_owned(), "bob".to_owned())],
            request: IncomingRequest { headers: HeaderMap::new(), body: Bytes::new(), remote: None },
        };
        let called =
            dispatch::call(&self.world, &self.action, call, Instant::now(), Duration::from_secs(30)).await;
        called.map_or(0, |(_, response)| response.body.len())
    }
}
