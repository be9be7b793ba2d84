//! The host's side of the WIT, generated.

wasmtime::component::bindgen!({
    path: "wit",
    world: "handlers",
    // Imports that answer at once are plain functions; those that wait suspend the guest's fibre.
    imports: {
        "rusm:runtime/process.send": async,
        "rusm:runtime/process.receive": async,
        "rusm:runtime/process.exit-self": trappable,
        "rusm:runtime/action.call": async,
        "rusm:runtime/kv.set": async,
        "rusm:runtime/kv.delete": async,
        "rusm:runtime/kv.compare-and-set": async,
        "rusm:runtime/kv.increment": async,
        "rusm:runtime/kv.clear": async,
        "rusm:runtime/kv.batch": async,
    },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});

/// The world of components whose processes live by themselves.
pub(crate) mod actor {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "actor",
        exports: { default: async },
    });
}
