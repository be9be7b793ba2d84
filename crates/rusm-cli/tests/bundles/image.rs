//! What module scope leaves for the processes that start from it, and what it must not.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::Folder;
use crate::support::server::Server;
use crate::{answer, folder};

const MEGABYTE: usize = 1 << 20;

fn node() -> Server {
    let manifest = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"image\"\n\
                    [capabilities.greeted]\nenv = [\"GREETING\"]\nallow-stdio = true\n[components.image]\ncapability = \"greeted\"\n";
    let folder = folder(manifest, &[("image", "bundles/image")]);
    folder.write(".env", "GREETING=hello\n");
    Server::start(folder, "")
}

fn seen(node: &Server) -> Value {
    serde_json::from_str(&answer(node, "/")).unwrap()
}

#[test]
fn module_scope_is_the_same_for_all_and_shared_by_none() {
    let node = node();
    let (first, second) = (seen(&node), seen(&node));
    for at in ["scope", "refused", "fetched"] {
        assert_eq!(first[at], second[at]);
    }
    for seen in [&first, &second] {
        // Neither counts what the other did, and both begin after the one `warmup`.
        assert_eq!(
            (&seen["warm"], &seen["requests"], &seen["kept"]),
            (&1.into(), &1.into(), &2.into()),
            "{seen}"
        );
        assert_eq!(seen["scope"]["env"], Value::Null);
        assert_eq!(seen["fresh"]["env"], "hello");
    }
}

#[test]
fn clocks_and_chance_are_each_processs_own() {
    let node = node();
    let (first, second) = (seen(&node), seen(&node));
    let number = |seen: &Value, at: &str, what: &str| seen[at][what].as_f64().unwrap();
    for what in ["random", "bytes", "uuid"] {
        assert_ne!(first["fresh"][what], second["fresh"][what], "{what}");
    }
    for what in ["now", "date", "origin"] {
        let [frozen, first, second] = [("scope", &first), ("fresh", &first), ("fresh", &second)]
            .map(|(at, seen)| number(seen, at, what));
        assert!(frozen <= first && first <= second, "{what}: {frozen} {first} {second}");
    }
    // A process's time begins with it, not with the image.
    let origin = number(&second, "fresh", "origin");
    let sum = origin + number(&second, "fresh", "performance");
    let now = number(&second, "fresh", "now");
    assert!((sum - now).abs() < 1000.0, "{second}");
}

/// What a process alone can have says so, and where it has to go.
#[test]
fn what_only_a_process_has_is_refused() {
    let seen = seen(&node());
    for (name, text) in seen["refused"].as_object().unwrap() {
        let text = text.as_str().unwrap();
        assert!(
            text.contains(name.as_str())
                && text.contains("module scope") | text.contains("module is evaluated"),
            "{name}: {text}"
        );
    }
    let fetched = seen["fetched"].as_str().unwrap();
    assert!(fetched.contains("fetch") && fetched.contains("module"), "{fetched}");
}

/// The same where nobody catches it: the build says it, with the place.
#[test]
fn a_build_says_what_module_scope_cannot_have() {
    for (code, text) in [
        ("setTimeout(() => {}, 1);", "setTimeout"),
        ("crypto.randomUUID();", "crypto.randomUUID"),
        ("await fetch(\"http://127.0.0.1:1/\");", "fetch"),
        ("Process.self();", "ownPid"),
        ("await kv.bucket(\"b\").get(\"k\");", "kvGet"),
        ("await connect<{ f(): void }>(\"other\").f();", "whereis"),
        ("await new Promise(() => {});", "nothing can settle"),
        ("await Process.receive();", "tryReceive"),
        ("throw new Error(\"at once\");", "at once"),
        ("Promise.reject(new Error(\"nobody hears\"));", "nobody hears"),
        ("export function warmup() { throw new Error(\"cold\"); }", "cold"),
        ("export async function warmup() { await fetch(\"http://127.0.0.1:1/\"); }", "fetch"),
    ] {
        let app = Folder::with([
            ("rusm.toml", "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"api\"\n"),
            (
                "components/api/index.ts",
                &format!(
                    "import {{ Process, connect, kv }} from \"rusm-ts\";\nvoid [Process, connect, kv];\n{code}\n\
                     export default () => new Response();\n"
                ),
            ),
        ]);
        let outcome = app.rusm(&["build"]);
        println!("{code}\n{}", outcome.stderr);
        assert_eq!(outcome.code, Some(1), "{code}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(text), "{code}: {}", outcome.stderr);
        // A call is sent when the code that made it waits, so it is nowhere in the source.
        let place =
            outcome.stderr.contains("index.ts:3:") || text == "nothing can settle" || text == "whereis";
        assert!(place, "{code}: {}", outcome.stderr);
    }
}

/// What a process would take seconds for, if it had to.
#[test]
fn a_bundle_of_a_megabyte_is_evaluated_once() {
    use std::fmt::Write;

    let mut code = String::new();
    for number in 0..12_000 {
        let _ = writeln!(
            code,
            "function f{number}(x) {{ return x + {number} + 'some text that makes it longer {number:030}'.length; }}"
        );
    }
    assert!(code.len() > MEGABYTE);
    code.push_str(
        "const at = Date.now();\nexport default () => new Response(`${at} ${f11999(1)} ${Date.now() >= at}`);\n",
    );
    let manifest = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"big\"\n";
    let node = Server::start(Folder::with([("rusm.toml", manifest), ("wasm/big.js", &code)]), "");
    let first = answer(&node, "/");
    assert!(first.ends_with(" 12061 true"), "{first}");
    for _ in 0..50 {
        assert_eq!(answer(&node, "/"), first);
    }
    // The next node takes the image that this one made.
    let node = node.restart(Signal::TERM);
    assert_eq!(answer(&node, "/"), first);
}
