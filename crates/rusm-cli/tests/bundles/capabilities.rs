//! What a profile does not grant is denied to TypeScript as to Rust, by an error that names the key, and works when it is
//! granted: the table of `tests/capabilities.rs`, as far as TypeScript has words for it.

use crate::folder;
use crate::support::server::Server;
use crate::support::upstream::Upstream;

/// A thing to try, what it is tried on, and what the component says without and with the grant.
type Row = (&'static str, &'static str, &'static str, &'static str);

const CONTROL: &str = "could not: denied: denied: sealed may not ";
const KEY: &str = "its profile `sealed` does not grant `allow-process-control`";
const SPAWN: &str = "its profile `sealed` does not grant `allow-spawn`";
const NETWORK: &str = "profile does not allow it: see `allow-network`";
const STORE: &str = "does not grant `allow-storage`";

/// In the order in which they are tried. `UPSTREAM` stands for the address of a server that says "reached".
const ROWS: &[Row] = &[
    // env
    ("env-all", "", "did it: {}", r#"did it: {"GREETING":"hello"}"#),
    ("env-one", "GREETING", "did it: nothing", "did it: hello"),
    ("env-one", "WITHHELD", "did it: nothing", "did it: nothing"),
    ("env-one", "PATH", "did it: nothing", "did it: nothing"),
    ("env-one", "__proto__", "did it: nothing", "did it: nothing"),
    ("env-one", "constructor", "did it: nothing", "did it: nothing"),
    ("env-has", "GREETING", "did it: false", "did it: true"),
    ("env-set", "OWN", "did it: mine", "did it: mine"),
    ("env-one", "OWN", "did it: nothing", "did it: nothing"),
    // allow-network
    ("fetch", "UPSTREAM", NETWORK, "did it: reached"),
    ("fetch-name", "UPSTREAM", NETWORK, "did it: reached"),
    ("fetch-cause", "UPSTREAM", "TypeError: ", "did it: no error"),
    ("fetch-file", "", "could not: -: ", "could not: -: "),
    ("fetch-data", "", "did it: hello", "did it: hello"),
    // allow-spawn
    ("spawn", "", SPAWN, "did it: true"),
    ("spawn-link", "", SPAWN, "did it: true"),
    ("spawn-service", "", SPAWN, "did it: object"),
    ("spawn-ungranted", "", "could not: denied: ", "could not: denied: "),
    ("spawn-nothing", "", "could not: ", "could not: "),
    ("call", "", SPAWN, "did it: 200"),
    // allow-process-control
    ("monitor", "", KEY, "did it: bigint"),
    ("link", "", KEY, "did it: undefined"),
    ("info", "", KEY, "did it: idle"),
    ("list", "", KEY, "did it: true"),
    ("exit", "first-victim", KEY, "did it: undefined"),
    ("kill", "second-victim", KEY, "did it: undefined"),
    // allow-storage
    ("kv-set", "", STORE, "did it: undefined"),
    ("kv", "", STORE, "did it: hello"),
    ("kv-other", "", STORE, STORE),
    ("kv-batch", "", STORE, STORE),
    ("kv-buckets", "", STORE, r#"did it: [["open",1]]"#),
    // What no profile withholds, and what none gives.
    ("register-reserved", "", "could not: reserved: ", "could not: reserved: "),
    ("send", "", "did it: undefined", "did it: undefined"),
    ("is-alive", "", "did it: true", "did it: true"),
    ("connect", "", "did it: object", "did it: object"),
];

const MANIFEST: &str = r#"
[node]
store = "data/app.redb"

[[serve]]
listen = "127.0.0.1:0"

[serve.routes]
"POST /sealed/:what" = "sealed"
"POST /open/:what" = "open"
"POST /narrow/:what" = "narrow"

[capabilities.sealed]

[capabilities.open]
allow-stdio = true
allow-network = true
allow-spawn = ["idle", "answers"]
allow-process-control = true
allow-storage = ["open"]
env = ["GREETING"]

[capabilities.narrow]
allow-network = ["127.0.0.1:PORT"]

[components]
sealed = { capability = "sealed" }
open = { capability = "open" }
narrow = { capability = "narrow" }
idle = { resident = true }
first-victim = { resident = true, restart = "temporary" }
second-victim = { resident = true, restart = "temporary" }
"#;

fn node(upstream: &Upstream) -> Server {
    let places = [
        ("sealed", "bundles/tries"),
        ("open", "bundles/tries"),
        ("narrow", "bundles/tries"),
        ("answers", "denials/tries"),
        ("idle", "denials/idle"),
        ("first-victim", "denials/idle"),
        ("second-victim", "denials/idle"),
    ];
    let manifest = MANIFEST.replace("PORT", &upstream.address.port().to_string());
    let folder = folder(&manifest, &places);
    folder.write(".env", "GREETING=hello\nWITHHELD=secret\n");
    Server::start(folder, "")
}

fn upstream() -> Upstream {
    Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"reached"))
}

/// Tries all rows in order, and says of all that differ, not only of the first.
#[track_caller]
fn assert_each(component: &str, heard: impl Fn(&Row) -> &'static str) {
    let upstream = upstream();
    let node = node(&upstream);
    let mut wrong = Vec::new();
    for row in ROWS {
        let (what, object, ..) = row;
        let object = object.replace("UPSTREAM", &upstream.address.to_string());
        let response = node.post(&format!("/{component}/{what}"), &object);
        let expected = heard(row);
        let said = response.text();
        if response.status != 200 || !said.contains(expected) {
            wrong.push(format!("{what} {object}: {} {said}\n    rather than: {expected}", response.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_granted_is_denied() {
    assert_each("sealed", |row| row.2);
}

#[test]
fn what_is_granted_works() {
    assert_each("open", |row| row.3);
}

/// A denial says who may not do what, in one form.
#[test]
fn a_denial_names_the_component_and_the_key() {
    let node = node(&upstream());
    let said = node.post("/sealed/list", "");
    assert_eq!(said.text(), format!("{CONTROL}list the node's processes: {KEY}"));
}

/// A redirect to where a request may not go is a request that may not go there.
#[test]
fn a_redirect_leads_nowhere_else() {
    let elsewhere = upstream();
    let address = elsewhere.address;
    let first = Upstream::start(move |mut exchange| {
        exchange.answer("302 Found", &format!("location: http://{address}/\r\n"), b"")
    });
    let node = node(&first);
    let said = node.post("/narrow/fetch-redirect", first.address.to_string());
    assert!(said.text().contains(NETWORK), "{}", said.text());
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn output_is_heard_when_it_is_granted() {
    let mut node = node(&upstream());
    for (component, text) in [("sealed", "unheard"), ("open", "heard")] {
        assert_eq!(node.post(&format!("/{component}/print"), text).text(), "did it: printed");
    }
    node.signal(rustix::process::Signal::TERM);
    assert!(node.exit().success());
    let (out, err) = (node.stdout.so_far(), node.stderr.so_far());
    let heard: Vec<_> = out.iter().chain(&err).filter(|line| line.contains("heard")).collect();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard.iter().all(|line| !line.contains("unheard")), "{heard:?}");
}
