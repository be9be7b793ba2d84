//! The log's lines on processes that come and go, at `level = "debug"`.

use rusm_otp::{Event, Observer, Runtime};

use crate::failure::OneLine;

/// Has a line written for each spawn and each exit of a process, for as long as the observer is kept. At any other level
/// there is nothing to keep, and processes are not observed.
pub(crate) fn observe(runtime: &Runtime) -> Option<Observer> {
    tracing::enabled!(target: "rusm", tracing::Level::DEBUG).then(|| runtime.observe(log))
}

/// The lines have a name of their own, by which a log may know them and write them as `spawn component#pid`.
fn log(event: &Event) {
    match event {
        Event::Spawned { pid, label } => {
            let (component, action) = parts(label.as_deref());
            tracing::event!(name: "process", target: "rusm", tracing::Level::DEBUG,
                component = %OneLine(component), %pid, action = action.map(OneLine).map(tracing::field::display), "spawn");
        }
        Event::Exited { pid, label, reason } => {
            let (component, action) = parts(label.as_deref());
            let reason = reason.to_string();
            tracing::event!(name: "process", target: "rusm", tracing::Level::DEBUG,
                component = %OneLine(component), %pid, action = action.map(OneLine).map(tracing::field::display), reason = %OneLine(&reason), "exit");
        }
        _ => {}
    }
}

/// A request is called by its action, `component#action`; another process by its component, unless its spawner gave
/// it a name.
fn parts(label: Option<&str>) -> (&str, Option<&str>) {
    let label = label.unwrap_or("process");
    label.split_once('#').map_or((label, None), |(component, action)| (component, Some(action)))
}
