//! What `benches/instance.rs` and `examples/guests.rs` measure: the path of a request from its route to its response,
//! without sockets, and processes of guests.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use rusm_otp::{ExitReason, Mail, SpawnOptions};
use tokio::time::Instant;

use crate::actor::{Argument, Bonds};
use crate::component::{Component, ComponentConfig, Responder};
use crate::dispatch::{self, Answer};
use crate::engine::{EngineConfig, Engines};
use crate::outbound::Outbound;
use crate::profile::{Grant, Profile};
use crate::request::{IncomingRequest, RequestBody};
use crate::unit::Background;
use crate::world::World;

/// A component whose processes spawn each other.
pub struct Guests {
    world: Arc<World>,
    component: Arc<Component>,
}

impl Guests {
    /// Loads the component. Call it inside a tokio runtime.
    ///
    /// # Panics
    ///
    /// When there is no such component.
    pub fn new(path: &Path, name: &str) -> Guests {
        let profile = Profile { spawn: Grant::All, max_cpu_time: None, ..Profile::default() };
        let (world, component) = world(path, name, profile);
        Guests { world, component }
    }

    /// Spawns a process that is told `[work, count, length, whom to tell]`, and waits for the nanoseconds that it
    /// tells.
    ///
    /// # Panics
    ///
    /// When it ends before.
    pub async fn run(&self, work: &str, count: u32, length: usize) -> Duration {
        let (world, component) = (Arc::clone(&self.world), Arc::clone(&self.component));
        let argument = format!("[\"{work}\",{count},{length},");
        let run = self.world.runtime.run(SpawnOptions::default(), move |mut context| async move {
            let argument = format!("{argument}{}]", context.pid());
            let actor = component.actor(Argument::new(argument.into(), None)).expect("it is for processes");
            let bonds = Bonds { link: true, monitor: true };
            actor.spawn(&world, &context, None, bonds);
            match context.receive().await {
                Mail::Message { payload, .. } => {
                    let nanos = payload.as_bytes().and_then(|bytes| bytes.try_into().ok());
                    Ok(Duration::from_nanos(u64::from_le_bytes(nanos.expect("eight bytes"))))
                }
                other => Err(ExitReason::crashed(format!("{other:?}"))),
            }
        });
        run.await.expect("it says how long it took")
    }
}

/// An action that can be called again and again.
pub struct Bench {
    world: Arc<World>,
    action: Responder,
}

impl Bench {
    /// Loads the component and finds the action. Call it inside a tokio runtime.
    ///
    /// # Panics
    ///
    /// When there is no such component or action, and outside a tokio runtime.
    pub fn new(path: &Path, action: &str) -> Bench {
        let (world, component) = world(path, "bench", Profile::default());
        let action = component.action(action).expect("the component has the action");
        Bench { world, action }
    }

    /// One request by a fresh instance; the length of the response's body.
    pub async fn call(&self) -> usize {
        let request = IncomingRequest {
            method: Method::GET,
            uri: Uri::from_static("/hello/bob"),
            params: Arc::new(vec![("name".to_owned(), "bob".to_owned())]),
            headers: HeaderMap::new(),
            body: RequestBody::Whole(Bytes::new()),
            remote: None,
        };
        let called =
            dispatch::call(&self.world, &self.action, request, Instant::now(), Duration::from_secs(30)).await;
        match called {
            Ok(Answer::Whole(_, response)) => response.body.len(),
            _ => 0,
        }
    }
}

/// A node's inside with this component alone.
fn world(path: &Path, name: &str, profile: Profile) -> (Arc<World>, Arc<Component>) {
    let config = EngineConfig::default();
    let instances = (config.max_instances, 0);
    let engines = Engines::new(config).expect("the engine starts");
    let component = ComponentConfig {
        name: name.to_owned(),
        path: path.to_owned(),
        profile,
        env: Vec::new(),
        resident: None,
    };
    let component = Arc::new(Component::load(&engines, component).expect("the component loads"));
    let background = Background::start().expect("threads start");
    let components = [(name.to_owned(), Arc::clone(&component))].into();
    let outbound = Outbound::new(tokio::runtime::Handle::current(), 0);
    let world = World::new(background, components, None, outbound, instances, Duration::from_secs(1));
    (Arc::new(world), component)
}
