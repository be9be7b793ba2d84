//! What a request costs between its route and its response: process, store, instance, typed call, and their
//! end, in the product and in a bare wasmtime loop that does the same without a process.
//!
//! `rusm build examples/hello && cargo bench -p rusm-wasm`

use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use rusm_wasm::bench::Bench;
use tokio::runtime::{Builder, Runtime};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{
    Config, Enabled, Engine, PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline,
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

#[allow(missing_docs)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "handlers",
        exports: { default: async },
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

use bindings::HandlersPre;
use bindings::exports::rusm::runtime::http_handler::{Method, Request};

fn component() -> PathBuf {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hello/wasm/api.wasm"));
    assert!(path.exists(), "{} is missing: run `rusm build examples/hello` first", path.display());
    path
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}

fn instance(criterion: &mut Criterion) {
    // One engine at a time: the pool of a second one makes the kernel's work on the first one's pages dearer.
    let mut group = criterion.benchmark_group("instance");
    group.bench_function("bare wasmtime", |bencher| {
        let bare = Bare::new();
        bencher.to_async(runtime()).iter(|| bare.call());
    });
    group.bench_function("product", |bencher| {
        let runtime = runtime();
        let product = runtime.block_on(async { Bench::new(&component(), "hello") });
        bencher.to_async(&runtime).iter(|| product.call());
    });
    group.finish();
}

struct State {
    wasi: Option<WasiCtx>,
    resources: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let ctx = self.wasi.get_or_insert_with(|| WasiCtx::builder().build());
        WasiCtxView { ctx, table: &mut self.resources }
    }
}

struct Bare {
    engine: Engine,
    pre: HandlersPre<State>,
}

impl Bare {
    /// The product's settings; see `src/engine.rs`.
    fn new() -> Bare {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(4096)
            .total_core_instances(4 * 4096)
            .total_memories(4096)
            .total_tables(4 * 4096)
            .total_stacks(4096)
            .max_unused_warm_slots(4096)
            .linear_memory_keep_resident(1 << 20)
            .table_keep_resident(1 << 20)
            .pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config.allocation_strategy(pool).epoch_interruption(true).concurrency_support(false);
        let engine = Engine::new(&config).expect("the engine starts");
        let ticker = engine.weak();
        std::thread::spawn(move || {
            while let Some(engine) = ticker.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI links");
        let component = Component::from_file(&engine, component()).expect("the component compiles");
        // The action calls nothing of the node's; its panic hook would.
        linker.define_unknown_imports_as_traps(&component).expect("the host's interfaces link");
        let pre = linker.instantiate_pre(&component).expect("the component links");
        Bare { engine, pre: HandlersPre::new(pre).expect("the component has the export") }
    }

    async fn call(&self) -> usize {
        let limits = StoreLimitsBuilder::new().memory_size(64 << 20).build();
        let mut store =
            Store::new(&self.engine, State { wasi: None, resources: ResourceTable::new(), limits });
        store.limiter(|state| &mut state.limits);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Yield(1)));
        store.set_epoch_deadline(1);
        let instance = self.pre.instantiate_async(&mut store).await.expect("an instance");
        let request = Request { method: Method::Get, target: "/hello/bob", params: &[("name", "bob")] };
        // The second action of the example.
        let called = instance.rusm_runtime_http_handler().call_handle(&mut store, 1, request).await;
        called.expect("the call returns").expect("a response").expect("it is whole").body.len()
    }
}

criterion_group!(benches, instance);
criterion_main!(benches);
