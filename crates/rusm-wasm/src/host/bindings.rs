//! The host's side of the WIT, generated.

wasmtime::component::bindgen!({
    path: "wit",
    world: "handlers",
    // Imports that answer at once are plain functions; only calls into a guest may suspend.
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});
