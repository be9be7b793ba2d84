//! What the facades write to the node's log. `cargo test -p rusm-rs --features log,tracing`

#![cfg(all(feature = "log", feature = "tracing"))]

mod sim;

use sim::Sim;

// The facades are the program's, and so this test is its own.
#[test]
fn facades_write_to_the_nodes_log() {
    let sim = Sim::default();
    sim.run(|| {
        rusm_rs::log::init();
        rusm_rs::log::init();
        log::error!("failed");
        log::trace!(target: "shop::stock", "{} left", 3);
        tracing::warn!(target: "shop", count = 3, who = "Ada", "low");
        let outer = tracing::info_span!("request", id = 7, user = tracing::field::Empty).entered();
        outer.record("user", "Ada");
        tracing::info_span!("query").in_scope(|| tracing::debug!(took = 12, "slow"));
        tracing::info!(error = %std::fmt::Error, "in one");
        drop(outer);
        tracing::info!(only = 1);
    });
    assert_eq!(
        sim.log(),
        [
            "Error log_facades: failed",
            "Debug shop::stock: 3 left",
            "Warn shop: low count=3 who=\"Ada\"",
            "Debug log_facades: request{id=7 user=\"Ada\"}: query: slow took=12",
            "Info log_facades: request{id=7 user=\"Ada\"}: in one error=an error occurred when formatting an argument",
            "Info log_facades: only=1",
        ]
    );
}
