//! Processes and their mail.

use rquickjs::{Ctx, FromJs, IntoJs, Object, Result, Value};

use super::{Big, Bytes, Natives, count, stream, throw};
use crate::bindings::rusm::runtime::process::{self, Mail, NameError, SendError, SpawnError, SpawnOptions};
use crate::bindings::rusm::runtime::types::ExitReason;

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("ownPid", || Big(process::own_pid()))?;
    natives.add_live("spawn", spawn)?;
    natives.add_live("argument", || Bytes(process::argument()))?;
    natives.add_live("send", send)?;
    natives.add_live("tryReceive", receive)?;
    natives.add_live("link", |ctx: Ctx<'_>, other: Big| granted(&ctx, process::link(other.0)))?;
    natives.add_live("unlink", |other: Big| process::unlink(other.0))?;
    natives
        .add_live("monitor", |ctx: Ctx<'_>, other: Big| granted(&ctx, process::monitor(other.0)).map(Big))?;
    natives.add_live("demonitor", |monitor: Big| process::demonitor(monitor.0))?;
    natives.add_live("awaitAnswer", |ctx: Ctx<'_>, callee: Big| {
        granted(&ctx, process::await_answer(callee.0)).map(Big)
    })?;
    natives.add_live("trapExit", process::trap_exit)?;
    natives
        .add("exit", |ctx: Ctx<'_>, to: Big, reason: Reason| granted(&ctx, process::exit(to.0, &reason.0)))?;
    natives.add_live("kill", |ctx: Ctx<'_>, other: Big| granted(&ctx, process::kill(other.0)))?;
    natives.add_live("exitSelf", |reason: Reason| process::exit_self(&reason.0))?;
    natives.add_live("isAlive", |other: Big| process::is_alive(other.0))?;
    natives.add_live("register", register)?;
    natives.add_live("unregister", |name: String| process::unregister(&name))?;
    natives.add_live("whereis", |name: String| process::whereis(&name).map(Big))?;
    natives.add_live("info", info)?;
    natives
        .add_live("list", |ctx: Ctx<'_>| Ok::<_, rquickjs::Error>(bigs(granted(&ctx, process::list())?)))?;
    natives.add_live("setLabel", |label: String| process::set_label(&label))
}

/// A denial is an error whose text names the key of the profile.
fn granted<T>(ctx: &Ctx<'_>, result: std::result::Result<T, String>) -> Result<T> {
    result.or_else(|denial| throw(ctx, "denied", &denial))
}

fn bigs(numbers: Vec<u64>) -> Vec<Big> {
    numbers.into_iter().map(Big).collect()
}

fn spawn<'js>(
    ctx: Ctx<'js>,
    component: String,
    argument: Bytes,
    options: Object<'js>,
) -> Result<Object<'js>> {
    let flag = |name: &str| options.get::<_, Option<bool>>(name).map(Option::unwrap_or_default);
    let options = SpawnOptions {
        argument: argument.0,
        label: options.get("label")?,
        link: flag("link")?,
        monitor: flag("monitor")?,
    };
    let spawned = match process::spawn(&component, &options) {
        Ok(spawned) => spawned,
        Err(SpawnError::Denied(why)) => return throw(&ctx, "denied", &why),
        Err(SpawnError::NoComponent(why)) => return throw(&ctx, "no-component", &why),
        Err(SpawnError::TooLong(most)) => {
            return throw(
                &ctx,
                "too-long",
                &format!("the arguments of this process's children would exceed {most} bytes"),
            );
        }
    };
    let object = Object::new(ctx)?;
    object.set("pid", Big(spawned.pid))?;
    object.set("monitor", spawned.monitor.map(Big))?;
    Ok(object)
}

fn send(ctx: Ctx<'_>, to: Big, body: Bytes) -> Result<()> {
    match process::send(to.0, &body.0) {
        Ok(()) => Ok(()),
        Err(SendError::TooLong(most)) => throw(
            &ctx,
            "too-long",
            &format!("a message has at most {most} bytes, this one has {}", body.0.len()),
        ),
        Err(SendError::Full) => throw(&ctx, "full", "this process's own mailbox is full"),
    }
}

fn receive(ctx: Ctx<'_>) -> Result<Value<'_>> {
    match process::receive(Some(0)) {
        Some(received) => mail(&ctx, received)?.into_js(&ctx),
        None => Ok(Value::new_undefined(ctx)),
    }
}

pub(super) fn mail<'js>(ctx: &Ctx<'js>, mail: Mail) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    match mail {
        Mail::Message(message) => {
            object.set("kind", "message")?;
            object.set("sender", Big(message.sender))?;
            object.set("body", Bytes(message.body))?;
        }
        Mail::Down(down) => {
            object.set("kind", "down")?;
            object.set("monitor", Big(down.monitor))?;
            object.set("pid", Big(down.pid))?;
            object.set("reason", Reason(down.reason))?;
        }
        Mail::Exit(exit) => {
            object.set("kind", "exit")?;
            object.set("sender", Big(exit.sender))?;
            object.set("reason", Reason(exit.reason))?;
        }
        Mail::Stream(incoming) => {
            object.set("kind", "stream")?;
            object.set("sender", Big(incoming.sender))?;
            object.set("reader", stream::keep(stream::End::Reader(incoming.reader)))?;
        }
    }
    Ok(object)
}

struct Reason(ExitReason);

impl<'js> IntoJs<'js> for Reason {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let (kind, text) = match self.0 {
            ExitReason::Normal => ("normal", None),
            ExitReason::Shutdown => ("shutdown", None),
            ExitReason::ShutdownWith(text) => ("shutdown", Some(text)),
            ExitReason::Killed => ("killed", None),
            ExitReason::Crashed(text) => ("crashed", Some(text)),
            ExitReason::NoProcess => ("no-process", None),
        };
        let object = Object::new(ctx.clone())?;
        object.set("kind", kind)?;
        if let Some(text) = text {
            object.set("text", text)?;
        }
        object.into_js(ctx)
    }
}

impl<'js> FromJs<'js> for Reason {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let object = Object::from_js(ctx, value)?;
        let kind: String = object.get("kind")?;
        let text: Option<String> = object.get("text")?;
        Ok(Reason(match (kind.as_str(), text) {
            ("normal", _) => ExitReason::Normal,
            ("shutdown", None) => ExitReason::Shutdown,
            ("shutdown", Some(text)) => ExitReason::ShutdownWith(text),
            ("killed", _) => ExitReason::Killed,
            ("crashed", text) => ExitReason::Crashed(text.unwrap_or_default()),
            ("no-process", _) => ExitReason::NoProcess,
            _ => return throw(ctx, "invalid", &format!("`{kind}` is no kind of exit reason")),
        }))
    }
}

fn register(ctx: Ctx<'_>, name: String) -> Result<()> {
    match process::register(&name) {
        Ok(()) => Ok(()),
        Err(NameError::Taken(holder)) => {
            throw(&ctx, "taken", &format!("the name `{name}` belongs to process {holder}"))
        }
        Err(NameError::Reserved(component)) => throw(
            &ctx,
            "reserved",
            &format!("the name `{name}` belongs to the processes of the component `{component}`"),
        ),
        Err(NameError::Invalid) => {
            throw(&ctx, "invalid", "a name has 1 to 255 bytes, and a process a bounded number of them")
        }
    }
}

fn info(ctx: Ctx<'_>, other: Big) -> Result<Value<'_>> {
    let Some(info) = granted(&ctx, process::info(other.0))? else { return Ok(Value::new_undefined(ctx)) };
    let object = Object::new(ctx.clone())?;
    object.set("pid", Big(info.pid))?;
    object.set("label", info.label)?;
    object.set("names", info.names)?;
    object.set("groups", info.groups)?;
    object.set("mailbox", count(info.mailbox))?;
    object.set("links", bigs(info.links))?;
    object.set("monitors", bigs(info.monitors))?;
    object.set("monitoredBy", bigs(info.monitored_by))?;
    object.set("trapExit", info.trap_exit)?;
    object.set("reductions", count(info.reductions))?;
    object.into_js(&ctx)
}
