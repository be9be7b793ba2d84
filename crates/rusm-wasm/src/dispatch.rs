//! One request, one process, one instance: from a routed request to the action's response.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rusm_otp::{Context, Pid, SpawnOptions};
use tokio::time::{Instant, timeout_at};

use crate::component::Action;
use crate::failure::{Cause, Failure};
use crate::host::http_handler::Request;
use crate::host::http_types::{MethodParam as WireMethod, Response};
use crate::host::{HostState, IncomingRequest, Role};
use crate::unit::Unit;
use crate::world::World;

/// What an action is called with.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) request: IncomingRequest,
}

/// Answers a call by a fresh instance of the action's component, as a process of its own, within
/// `timeout` from `start`.
///
/// Dropping the future ends the process.
pub(crate) async fn call(
    world: &Arc<World>,
    action: &Action,
    call: Call,
    start: Instant,
    timeout: Duration,
) -> Result<(Pid, Response), Failure> {
    let room = world.room_for_request().await?;
    let options = world.bounded(SpawnOptions::default().label(Arc::clone(&action.label)));
    let (shared, action) = (Arc::clone(world), action.clone());
    let process = world.runtime.try_run(options, move |context| async move {
        let _room = room;
        let mut watch = Watch::over(&context, Arc::clone(&action.label));
        let limit = Limit::of(&action, start, timeout);
        let pid = context.pid();
        let answered = timeout_at(limit.at, answer(&shared, &action, call, context)).await;
        watch.over = true;
        let answered = answered.unwrap_or_else(|_| Err(Failure::new(pid, limit.cause)));
        answered.map(|response| (pid, response))
    });
    Unit::new(process, &world.background).await
}

/// The nearer of the two bounds on the time that a request may take by the clock.
struct Limit {
    at: Instant,
    cause: Cause,
}

impl Limit {
    fn of(action: &Action, start: Instant, timeout: Duration) -> Limit {
        let request = Limit { at: start + timeout, cause: Cause::RequestTimeout(timeout) };
        match action.component.profile.max_wall_time {
            Some(wall) if Instant::now() + wall < request.at => {
                Limit { at: Instant::now() + wall, cause: Cause::WallTime(wall) }
            }
            _ => request,
        }
    }
}

/// Notes in the log that a process ended because nobody waited for it any more.
struct Watch {
    pid: Pid,
    label: Arc<str>,
    over: bool,
}

impl Watch {
    fn over(context: &Context, label: Arc<str>) -> Watch {
        Watch { pid: context.pid(), label, over: false }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !self.over {
            tracing::debug!(target: "rusm", action = &*self.label, pid = %self.pid, "the client left; its process ends");
        }
    }
}

/// Makes an instance and calls the action in it.
async fn answer(
    world: &Arc<World>,
    action: &Action,
    call: Call,
    context: Context,
) -> Result<Response, Failure> {
    let Call { method, target, params, request } = call;
    let mut store = HostState::store(world, &action.component, context, Role::Request(request));
    let params: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: wire_method(&method), target: &target, params: &params };
    let called = async {
        let instance = action.handlers.instantiate_async(&mut store).await?;
        instance.rusm_runtime_http_handler().call_handle(&mut store, action.index, request).await
    };
    match called.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(text)) => Err(Failure::new(store.data().pid(), Cause::Action(text))),
        Err(error) => Err(Failure::of(&error, store.data_mut())),
    }
}

fn wire_method(method: &Method) -> WireMethod<'_> {
    match *method {
        Method::GET => WireMethod::Get,
        Method::HEAD => WireMethod::Head,
        Method::POST => WireMethod::Post,
        Method::PUT => WireMethod::Put,
        Method::DELETE => WireMethod::Delete,
        Method::CONNECT => WireMethod::Connect,
        Method::OPTIONS => WireMethod::Options,
        Method::TRACE => WireMethod::Trace,
        Method::PATCH => WireMethod::Patch,
        _ => WireMethod::Other(method.as_str()),
    }
}
