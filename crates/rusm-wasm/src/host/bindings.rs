//! The host's side of the WIT, generated.

wasmtime::component::bindgen!({
    path: "wit",
    world: "handlers",
    // Imports that answer at once are plain functions; those that wait suspend the guest's fibre.
    imports: {
        "rusm:runtime/process.send": async,
        "rusm:runtime/process.receive": async | trappable,
        "rusm:runtime/process.exit-self": trappable,
        "rusm:runtime/action.call": async,
        "rusm:runtime/http-request.body": async | trappable,
        "rusm:runtime/http-request.read-body": async | trappable,
        "rusm:runtime/http-reply.start": async | trappable,
        "rusm:runtime/http-reply.write": async,
        "rusm:runtime/sse.next": async | trappable,
        "rusm:runtime/websocket.next": async | trappable,
        "rusm:runtime/websocket.send-text": async | trappable,
        "rusm:runtime/websocket.send-binary": async | trappable,
        "rusm:runtime/websocket.close": trappable,
        "rusm:runtime/kv.set": async,
        "rusm:runtime/kv.delete": async,
        "rusm:runtime/kv.compare-and-set": async,
        "rusm:runtime/kv.increment": async,
        "rusm:runtime/kv.clear": async,
        "rusm:runtime/kv.batch": async,
        // A resource that is not in the table would be the node's own fault: it ends the guest, not the node.
        "rusm:runtime/stream.open": async | trappable,
        "rusm:runtime/stream.[method]writer.write": async | trappable,
        "rusm:runtime/stream.[static]writer.close": trappable,
        "rusm:runtime/stream.[method]reader.read": async | trappable,
        "rusm:runtime/supervisor.start": async,
        "rusm:runtime/supervisor.stop": async,
        "rusm:runtime/supervisor.start-child": async,
        "rusm:runtime/supervisor.terminate-child": async,
        "rusm:runtime/supervisor.terminate-pid": async,
        "rusm:runtime/supervisor.restart-child": async,
        "rusm:runtime/supervisor.delete-child": async,
        "rusm:runtime/supervisor.which-children": async,
        "rusm:runtime/supervisor.count-children": async,
    },
    with: {
        "rusm:runtime/stream.writer": rusm_otp::StreamWriter,
        "rusm:runtime/stream.reader": super::stream::Reader,
    },
    exports: { default: async },
    ownership: Borrowing { duplicate_if_necessary: true },
});

/// What the runner of JavaScript imports beside the rest.
pub(crate) mod web {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "web",
        imports: { default: async | trappable },
    });
}

/// The world of components whose processes live by themselves.
pub(crate) mod actor {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "actor",
        exports: { default: async },
    });
}

/// What guests with an event loop of their own import besides.
pub(crate) mod event_loop {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "event-loop",
        imports: {
            "rusm:runtime/readiness.wait": async | trappable,
            "rusm:runtime/readiness.when-readable": trappable,
        },
        with: {
            "wasi:io/poll": wasmtime_wasi::p2::bindings::io::poll,
            "rusm:runtime/types": super::rusm::runtime::types,
            "rusm:runtime/stream": super::rusm::runtime::stream,
        },
    });
}
