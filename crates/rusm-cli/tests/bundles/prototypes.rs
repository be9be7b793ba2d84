//! Games with prototypes, globals and modules: nothing reaches around the profile, and nothing is there for the next.

use crate::support::server::Server;
use crate::{answer, folder};

fn node() -> Server {
    let manifest = "[node]\nstore = \"data/app.redb\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\n\
                    [serve.routes]\n\"GET /:what\" = \"pollute\"\n\"GET /web/:case\" = \"web\"\n";
    Server::start(folder(manifest, &[("pollute", "bundles/pollute"), ("web", "bundles/web")]), "")
}

const DENIED: &str = r#"["denied","denied","denied""#;

#[test]
fn nothing_of_the_hosts_can_be_reached() {
    let node = node();
    assert_eq!(answer(&node, "/reach"), r#"{"many":true,"found":[]}"#);
    assert_eq!(answer(&node, "/constructors"), "[true,true,true]");
    assert_eq!(answer(&node, "/handover"), r#"["undefined","undefined","undefined"]"#);
    let imports = answer(&node, "/imports");
    println!("{imports}");
    let imports: serde_json::Value = serde_json::from_str(&imports).unwrap();
    for (name, found) in imports.as_object().unwrap() {
        let expected = match name.as_str() {
            "rusm:runtime" => "true ",
            // Code that can do nothing without the host's functions, which it was given and does not hand out.
            "rusm:platform" => "false ",
            _ => "ReferenceError",
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn whatever_is_changed_the_profile_holds() {
    let node = node();
    let overheard = answer(&node, "/overhear");
    println!("{overheard}");
    assert!(overheard.contains(DENIED), "{overheard}");
    for case in ["prototypes", "replaced"] {
        let response = node.get(&format!("/{case}"));
        println!("{case}: {} {}", response.status, response.text());
        // What breaks is the process that broke it.
        assert!(response.status == 500 || response.text().starts_with(DENIED), "{case}: {response:?}");
        assert!(!response.text().contains("allowed"), "{case}: {response:?}");
    }
    assert_eq!(answer(&node, "/web/plain"), "plain");
}

#[test]
fn a_response_is_one_of_the_platforms() {
    let node = node();
    for case in ["impostor", "proxy"] {
        node.get(&format!("/{case}")).assert_bare(500, "Internal Server Error");
    }
    node.stderr.find("the handler returned no Response");
    assert_eq!(answer(&node, "/thenable"), "by a thenable");
    let subclass = node.get("/subclass");
    assert_eq!((subclass.status, subclass.text()), (201, "a subclass"));
}

#[test]
fn nothing_is_left_for_the_next_request() {
    let node = node();
    let mut client = node.client();
    for _ in 0..3 {
        assert_eq!(client.get("/stain").text(), "\"by an earlier request\"");
        assert_eq!(client.get("/stained").text(), "[null,null,null,null,null,null,null,null,null]");
    }
}
