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
