//! The path of a request from its route to its response, without sockets, for `benches/instance.rs`.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use rusm_otp::Runtime;
use tokio::time::Instant;

use crate::component::{Action, Component, ComponentConfig};
use crate::dispatch::{Call, Dispatcher};
use crate::engine::{Engine, EngineConfig};
use crate::host::IncomingRequest;
use crate::profile::Profile;
use crate::unit::Background;

/// An action that can be called again and again.
pub struct Bench {
    dispatcher: Dispatcher,
    action: Action,
}

impl Bench {
    /// Loads the component and finds the action. Call it inside a tokio runtime.
    ///
    /// # Panics
    ///
    /// When there is no such component or action.
    pub fn new(path: &Path, action: &str) -> Bench {
        let config = EngineConfig::default();
        let engine = Engine::new(&config).expect("the engine starts");
        let component = ComponentConfig {
            name: "bench".to_owned(),
            path: path.to_owned(),
            profile: Profile::default(),
            env: Vec::new(),
        };
        let component =
            std::sync::Arc::new(Component::load(&engine, component).expect("the component loads"));
        let action = component.action(action).expect("the component has the action");
        let background = Background::start().expect("threads start");
        let dispatcher =
            Dispatcher::new(Runtime::new(), engine, background, config.max_instances, Duration::from_secs(1));
        Bench { dispatcher, action }
    }

    /// One request by a fresh instance; the length of the response's body.
    pub async fn call(&self) -> usize {
        let call = Call {
            method: Method::GET,
            target: "/hello/bob".to_owned(),
            params: vec![("name".to_owned(), "bob".to_owned())],
            request: IncomingRequest { headers: HeaderMap::new(), body: Bytes::new(), remote: None },
        };
        let called = self.dispatcher.call(&self.action, call, Instant::now(), Duration::from_secs(30)).await;
        called.map_or(0, |(_, response)| response.body.len())
    }
}
