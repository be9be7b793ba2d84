//! Microseconds of each piece of a small handler (`runner/platform/web/tests/hello.bench.ts`), in the engine as it
//! is natively; in the sandbox it is slower, in the same proportions.

#[path = "../tests/harness/mod.rs"]
#[expect(dead_code, reason = "the tests run what is bundled here as well")]
mod harness;

use std::time::{Duration, Instant};

use rquickjs::{CatchResultExt as _, Context, Function, Runtime};

fn main() {
    let source = harness::bundle(&harness::platform().join("web/tests/hello.bench.ts"));
    let runtime = Runtime::new().expect("an engine");
    // As in an instance that serves one request.
    runtime.set_gc_threshold(1 << 30);
    let context = Context::full(&runtime).expect("a context");
    context.with(|ctx| {
        ctx.globals()
            .set("__webNatives", rusm_runner_web::natives(&ctx).expect("natives"))
            .expect("a global");
        let measure = Function::new(ctx.clone(), measure).expect("a function");
        ctx.globals().set("__measure", measure).expect("a global");
        println!("{:40} {:>10}", "", "us");
        if let Err(error) = ctx.eval::<(), _>(source).catch(&ctx) {
            panic!("{error}");
        }
    });
}

#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn measure(name: String, body: Function<'_>) {
    // Short, so that on a busy machine some of them run undisturbed.
    const BATCH: u32 = 100;
    let run = || {
        for _ in 0..BATCH {
            body.call::<_, ()>(()).expect("a run");
        }
    };
    run();
    let mut best = Duration::MAX;
    for _ in 0..500 {
        let started = Instant::now();
        run();
        best = best.min(started.elapsed());
    }
    println!("{name:40} {:>10.3}", best.as_secs_f64() * 1e6 / f64::from(BATCH));
}
