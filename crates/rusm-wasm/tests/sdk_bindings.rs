//! The WIT in `wit/` is the one source of the host interfaces. The Rust SDK and the JavaScript engine carry bindings
//! made from it, so that a component builds without a generator; this test makes them again and compares.
//!
//! After a change to the WIT: `RUSM_UPDATE=1 cargo test -p rusm-wasm --test sdk_bindings`.

use std::path::Path;

use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

#[test]
fn the_bindings_are_those_of_the_wit() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (world, file) in [
        ("handlers", "sdk/rusm-rs/src/bindings.rs"),
        ("actor", "sdk/rusm-rs/src/body_bindings.rs"),
        ("fetch", "sdk/rusm-rs/src/fetch_bindings.rs"),
        ("runner", "runner/engine/src/bindings.rs"),
    ] {
        let path = here.join("../..").join(file);
        let expected = generate(&here.join("wit"), world);
        if std::env::var_os("RUSM_UPDATE").is_some() {
            std::fs::write(&path, &expected).expect("the bindings can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "{file} is not what the WIT says. Run this test with RUSM_UPDATE=1 to write it anew."
        );
    }
}

fn generate(wit: &Path, world: &str) -> String {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).expect("the WIT parses");
    let id = resolve.select_world(&[package], Some(world)).expect("the WIT has the world");
    let options = wit_bindgen_rust::Opts {
        pub_export_macro: true,
        generate_all: true,
        export_macro_name: Some(format!("export_{world}")),
        ..Default::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, id, &mut files).expect("bindings can be generated");
    let generated: Vec<&str> =
        files.iter().map(|(_, content)| std::str::from_utf8(content).expect("bindings are text")).collect();
    format!(
        "// The canonical ABI of rusm's interfaces.\n#![allow(missing_docs, unreachable_pub, clippy::pedantic)]\n{}",
        generated.concat()
    )
}
