//! Runs the platform's TypeScript tests in the very engine that the guest carries, natively: a file is bundled with the
//! platform by Bun, evaluated, and turned until its cases are done. Time is virtual (`support/host.ts`), so no case waits.

use std::path::{Path, PathBuf};
use std::process::Command;

use rquickjs::{CatchResultExt as _, Context, Ctx, Function, Runtime, Value};
use serde_json::Value as Json;

/// What came of one case.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Why it failed; none if it passed.
    pub(crate) failure: Option<String>,
    /// Why it is known to fail; such a case fails the test when it passes.
    pub(crate) known: Option<String>,
}

/// `runner/platform`.
pub(crate) fn platform() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform").canonicalize().expect("the platform's folder")
}

/// Runs `web/tests/<name>.test.ts`.
#[allow(dead_code)]
pub(crate) fn run(name: &str) -> Vec<Case> {
    run_with(&format!("web/tests/{name}.test.ts"), |_| Ok(()))
}

/// Runs a file of tests, with more natives than those of the web platform.
pub(crate) fn run_with(name: &str, more: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<()>) -> Vec<Case> {
    let source = bundle(&platform().join(name));
    let runtime = Runtime::new().expect("an engine");
    // As deep as the guest's own stack allows, and more than a debug build needs.
    runtime.set_max_stack_size(0);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(track_rejection)));
    let context = Context::full(&runtime).expect("a context");
    context.with(|ctx| {
        provide(&ctx).and_then(|()| more(&ctx)).catch(&ctx).expect("the natives");
        if let Err(error) = ctx.eval::<(), _>(source).catch(&ctx) {
            panic!("{name}: {error}");
        }
    });
    let mut jobs = 0;
    loop {
        while runtime.execute_pending_job().unwrap_or(true) {
            jobs += 1;
            // The largest file takes some hundred thousand.
            assert!(
                jobs < 5_000_000,
                "{name}: microtasks without end in {:?}",
                context.with(|ctx| ctx.globals().get::<_, String>("__case"))
            );
        }
        let more =
            context.with(|ctx| turn(&ctx).catch(&ctx).unwrap_or_else(|error| panic!("{name}: {error}")));
        if !more && !runtime.is_job_pending() {
            break;
        }
    }
    let results = context.with(|ctx| {
        let report: Function<'_> = ctx.globals().get("__report").expect("a report");
        report.call::<_, String>(()).catch(&ctx).unwrap_or_else(|error| panic!("{name}: {error}"))
    });
    cases(&results)
}

/// One file of JavaScript, as `rusm build` makes one of a component.
pub(crate) fn bundle(entry: &Path) -> String {
    let local = platform().join("node_modules/.bin/bun");
    let bun = if local.exists() { local } else { PathBuf::from("bun") };
    let output = Command::new(bun)
        .args(["build", "--target=browser", "--format=iife"])
        .arg(entry)
        .output()
        .expect("Bun bundles the tests: run `npm ci` in runner/platform, or put bun on the PATH");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a bundle")
}

fn provide(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let globals = ctx.globals();
    globals.set("__webNatives", rusm_runner_web::natives(ctx)?)?;
    let print = |text: String| println!("{text}");
    globals.set("__print", Function::new(ctx.clone(), print)?)?;
    let started = std::time::Instant::now();
    globals.set("__microseconds", Function::new(ctx.clone(), move || started.elapsed().as_secs_f64() * 1e6)?)
}

fn turn(ctx: &Ctx<'_>) -> rquickjs::Result<bool> {
    ctx.globals().get::<_, Function<'_>>("__turn")?.call(())
}

#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn track_rejection<'js>(ctx: Ctx<'js>, promise: Value<'js>, reason: Value<'js>, handled: bool) {
    if let Ok(track) = ctx.globals().get::<_, Function<'_>>("__rejection") {
        let _ = track.call::<_, ()>((promise, reason, handled));
    }
}

fn cases(results: &str) -> Vec<Case> {
    let text = |case: &Json, key: &str| case[key].as_str().map(str::to_owned);
    let results: Vec<Json> = serde_json::from_str(results).expect("the report's JSON");
    results
        .iter()
        .map(|case| Case {
            name: text(case, "name").expect("a name"),
            failure: text(case, "failure"),
            known: text(case, "known"),
        })
        .collect()
}
