//! Processes in TypeScript among others: mail, names, links, monitors, groups, timers, streams, the store.

use crate::support::server::Server;
use crate::{answer, folder};

fn node() -> Server {
    let manifest = "[node]\nstore = \"data/app.redb\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\n\
                    [serve.routes]\n\"GET /:case\" = \"driver\"\n\"GET /kv/get/:key\" = \"driver\"\n\
                    [capabilities.driver]\nallow-spawn = [\"worker\", \"rustic\"]\nallow-stdio = true\nallow-storage = [\"shared\"]\n\
                    [components]\ndriver = { capability = \"driver\" }\nmirror = { resident = true }\n";
    let places = [
        ("driver", "bundles/driver"),
        ("worker", "bundles/worker"),
        ("rustic", "actors/worker"),
        ("mirror", "actors/echo"),
    ];
    Server::start(folder(manifest, &places), "")
}

#[track_caller]
fn assert_all(cases: &[(&str, &str)]) {
    let node = node();
    let mut wrong = Vec::new();
    for (case, expected) in cases {
        let response = node.get(&format!("/{case}"));
        if response.status != 200 || response.text() != *expected {
            wrong.push(format!(
                "{case}: {} {}\n    rather than {expected}",
                response.status,
                response.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mail() {
    assert_all(&[
        ("receive", "[[3,0,1,2,4],null,null]"),
        ("timeout", "[null,true]"),
        ("beside", "[null,true]"),
        ("bytes", "[[0,255,10],true,\"TypeError\"]"),
        ("full", "[4096,\"full\"]"),
    ]);
}

#[test]
fn what_cannot_be_sent_is_refused_and_nothing_is() {
    let refused = ["\"TypeError\""; 8].join(",");
    assert_all(&[("unsendable", &format!("[[{refused},\"too-long\"],null]"))]);
}

#[test]
fn the_ends_of_processes() {
    let node = node();
    let ends = answer(&node, "/ends");
    let ends: serde_json::Value = serde_json::from_str(&ends).unwrap();
    let crashed = |at: usize, text: &str| {
        let told = ends[at]["text"].as_str().unwrap_or_default();
        assert!(ends[at]["kind"] == "crashed" && told.contains(text), "{at}: {}", ends[at]);
        told.to_owned()
    };
    assert_eq!(ends[0], serde_json::json!({ "kind": "normal" }));
    assert!(crashed(1, "the worker was told to throw").contains("components/worker/index.ts:"));
    crashed(2, "Unhandled rejection: Error: the worker's rejection");
    crashed(3, "by itself");
    assert_eq!(ends[4], serde_json::json!({ "kind": "shutdown", "text": "enough" }));
    crashed(5, "nobody can sing");
    node.stderr.find("process failed component=\"worker\"");
    assert_eq!(answer(&node, "/kill"), r#"[true,{"kind":"killed"},false]"#);
    assert_eq!(answer(&node, "/kill-endless"), r#"{"kind":"killed"}"#);
}

#[test]
fn names_links_monitors_groups_and_timers() {
    assert_all(&[
        ("worker", r#"[{"deep":[1,null,"κόσμε"]},{"kind":"normal"}]"#),
        ("names", r#"["registered",true,null,"taken","reserved",null,true,false]"#),
        ("links", r#"[true,"crashed"]"#),
        ("signals", r#"[["exit",{"kind":"shutdown","text":"please"}],["exit",{"kind":"killed"}]]"#),
        ("monitor", r#"[true,[true,{"kind":"no-process"}]]"#),
        ("groups", r#"[2,["sing","sing"],3,1,true,false,false]"#),
        ("timers", r#"[true,true,null,"once",["again","again"]]"#),
        ("info", r#"["the driver",true,false,1,"worker"]"#),
        ("fresh", "1"),
        ("fresh", "1"),
    ]);
}

#[test]
fn processes_in_rust() {
    let node = node();
    assert_eq!(
        answer(&node, "/rust-echo"),
        r#"["κόσμε",[0,255],true,"9223372036854775808",[1.5,null,true]]"#
    );
    assert_eq!(answer(&node, "/rust-worker"), r#"["said",{"kind":"normal"}]"#);
    let ends = answer(&node, "/rust-ends");
    for text in ["in Rust", "it failed", r#"{"kind":"shutdown","text":"enough"}"#] {
        assert!(ends.contains(text), "{ends}");
    }
}

#[test]
fn streams_between_languages() {
    assert_all(&[
        ("to-rust", "\"5242881 bytes, sum 15728673, the end\""),
        ("from-rust", "\"1600000 bytes, sum 1600000, the end\""),
        ("rust-drops", "\"10 bytes, aborted\""),
        ("rust-abandons", "\"broken\""),
        (
            "streams",
            "[\"1600000 bytes, sum 1600000, the end\",\"1600000 bytes, aborted\",\"1600000 bytes, sum 1600000, the end\"]",
        ),
    ]);
    let node = node();
    let left = answer(&node, "/left");
    assert!(left.contains("crashed") && left.contains("nobody reads"), "{left}");
}

#[test]
fn the_store() {
    assert_all(&[(
        "kv",
        r#"["κόσμε",[0,255],{"n":[1,2]},null,["5","3","1152921504606846976"],["big","bytes","count","json","text"],[true,false],false,6,"denied"]"#,
    )]);
}
