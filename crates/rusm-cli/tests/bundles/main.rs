//! Bundles in a running node: components in TypeScript, alone and among components in Rust. See `tests/apps/bundles`.

mod capabilities;
mod crowd;
mod failures;
mod image;
mod processes;
mod prototypes;
mod requests;
mod services;
mod sockets;
#[path = "../support/mod.rs"]
mod support;

use std::fs;

use support::Folder;
use support::server::{Server, built};

/// A folder with this manifest and components of the apps of `tests/apps`: each under a name that it is to have here, by
/// its place, `app/component`.
fn folder(manifest: &str, components: &[(&str, &str)]) -> Folder {
    let folder = Folder::with([("rusm.toml", manifest)]);
    fs::create_dir(folder.path("wasm")).unwrap();
    for (name, place) in components {
        let (app, component) = place.split_once('/').unwrap();
        for kind in ["wasm", "js", "js.map", "qjsbc"] {
            let file = built(app).join(format!("wasm/{component}.{kind}"));
            // Stacks name the bundle as it was called when it was compiled.
            if file.is_file() && (kind != "qjsbc" || *name == component) {
                fs::copy(file, folder.path(&format!("wasm/{name}.{kind}"))).unwrap();
            }
        }
    }
    folder
}

/// The answer to a request that goes well.
#[track_caller]
fn answer(node: &Server, path: &str) -> String {
    let response = node.get(path);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.text().trim_end().to_owned()
}
