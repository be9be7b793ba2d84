//! Microseconds and allocations of each piece of a small handler (`runner/platform/web/tests/hello.bench.ts`), in the engine as it
//! is natively; in the sandbox it is slower, in the same proportions.

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::cell::Cell;
use std::time::{Duration, Instant};

use rquickjs::allocator::{Allocator, RustAllocator};
use rquickjs::{CatchResultExt as _, Context, Function, Runtime};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts what the engine asks for.
struct Counting(RustAllocator);

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: all is passed on to an allocator that keeps the contract.
unsafe impl Allocator for Counting {
    fn calloc(&mut self, count_: usize, size: usize) -> *mut u8 {
        count();
        self.0.calloc(count_, size)
    }

    fn alloc(&mut self, size: usize) -> *mut u8 {
        count();
        self.0.alloc(size)
    }

    unsafe fn dealloc(&mut self, ptr: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(ptr) }
    }

    unsafe fn realloc(&mut self, ptr: *mut u8, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise.
        unsafe { self.0.realloc(ptr, new_size) }
    }

    unsafe fn usable_size(ptr: *mut u8) -> usize {
        // SAFETY: the caller's promise.
        unsafe { RustAllocator::usable_size(ptr) }
    }
}

fn main() {
    let source = harness::bundle(&harness::platform().join("web/tests/hello.bench.ts"));
    let runtime = Runtime::new_with_alloc(Counting(RustAllocator)).expect("an engine");
    // As in an instance that serves one request.
    runtime.set_gc_threshold(1 << 30);
    let context = Context::full(&runtime).expect("a context");
    context.with(|ctx| {
        ctx.globals().set("__webNatives", rusm_runner_web::natives(&ctx).expect("natives")).expect("a global");
        let measure = Function::new(ctx.clone(), measure).expect("a function");
        ctx.globals().set("__measure", measure).expect("a global");
        println!("{:40} {:>10} {:>12}", "", "us", "allocations");
        if let Err(error) = ctx.eval::<(), _>(source).catch(&ctx) {
            panic!("{error}");
        }
    });
}

#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn measure(name: String, body: Function<'_>) {
    const BATCH: u32 = 1_000;
    let ctx = body.ctx().clone();
    let run = || {
        for _ in 0..BATCH {
            body.call::<_, ()>(()).expect("a run");
        }
    };
    run();
    ALLOCATIONS.set(0);
    run();
    let allocations = ALLOCATIONS.get();
    let mut best = Duration::MAX;
    for _ in 0..30 {
        let started = Instant::now();
        run();
        best = best.min(started.elapsed());
        ctx.run_gc();
    }
    println!("{name:40} {:>10.3} {:>12.1}", best.as_secs_f64() * 1e6 / f64::from(BATCH), f64::from(u32::try_from(allocations).unwrap_or(u32::MAX)) / f64::from(BATCH));
}
