//! The durable store as guests see it: `tests/apps/kv` has every operation over HTTP.

mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use rustix::process::Signal;
use support::PATIENCE;
use support::client::Client;
use support::server::{Server, app};

const GRANTED: &str = "allow-storage = true";

/// A node with these lines in `[node]` and in the component's profile.
fn serve(node: &str, profile: &str) -> Server {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/kv/rusm.toml");
    let routes = fs::read_to_string(source).unwrap();
    let manifest = format!(
        "[node]\n{node}\n{routes}\n[capabilities.test]\n{profile}\n[components.kv]\ncapability = \"test\"\n"
    );
    Server::start(app("kv", &manifest, &[("kv", "kv")]), "")
}

fn node() -> Server {
    serve("store = \"data/app.redb\"", GRANTED)
}

/// One client's view of the store.
struct Guest(Client);

impl Guest {
    fn of(node: &Server) -> Guest {
        Guest(node.client())
    }

    /// An operation that must go well.
    #[track_caller]
    fn ask(&mut self, path: &str, body: impl AsRef<[u8]>) -> String {
        let response = self.0.post(path, body);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.text().to_owned()
    }

    #[track_caller]
    fn is(&mut self, path: &str, expected: &str) {
        assert_eq!(self.ask(path, ""), expected, "{path}");
    }

    #[track_caller]
    fn fails(&mut self, path: &str, status: u16, text: &str) {
        let response = self.0.post(path, "");
        assert_eq!(response.status, status, "{path}: {}", response.text());
        assert!(response.text().contains(text), "{path}: {}", response.text());
    }
}

#[test]
fn keys_are_set_read_and_deleted() {
    let node = node();
    let mut guest = Guest::of(&node);
    guest.fails("/get?b=users&k=ann", 404, "none");
    guest.is("/exists?b=users&k=ann", "false");
    let value: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    guest.ask("/set?b=users&k=ann", &value);
    assert_eq!(guest.0.post("/get?b=users&k=ann", "").body, value);
    guest.is("/exists?b=users&k=ann", "true");
    guest.ask("/set?b=users&k=ann", "");
    guest.is("/get?b=users&k=ann", "");
    // Another bucket, another key; and a key that is no text.
    guest.fails("/get?b=others&k=ann", 404, "none");
    guest.ask("/set?b=users&k=%C3%BF%00", "odd");
    guest.is("/get?b=users&k=%C3%BF%00", "odd");
    guest.is("/count?b=users", "2");
    guest.is("/delete?b=users&k=ann", "true");
    guest.is("/delete?b=users&k=ann", "false");
    guest.is("/count?b=users", "1");
    guest.is("/clear?b=users", "1");
    guest.is("/clear?b=users", "0");
}

#[test]
fn json_goes_in_and_out() {
    let node = node();
    let mut guest = Guest::of(&node);
    assert_eq!(guest.ask("/json?b=carts&k=ann", "tea milk"), "");
    assert_eq!(guest.ask("/json?b=carts&k=ann", "bread"), "tea milk");
    guest.is("/get?b=carts&k=ann", "[\"bread\"]");
    guest.ask("/set?b=carts&k=ann", "no JSON");
    guest.fails(
        "/json?b=carts&k=ann",
        400,
        "the value of \"ann\" in the bucket \"carts\" is not as expected",
    );
}

#[test]
fn a_value_is_swapped_for_the_one_expected_alone() {
    let node = node();
    let mut guest = Guest::of(&node);
    guest.is("/swap?b=locks&k=door&new=ann", "true");
    guest.is("/swap?b=locks&k=door&new=bob", "false");
    guest.is("/swap?b=locks&k=door&expected=bob&new=bob", "false");
    guest.is("/get?b=locks&k=door", "ann");
    guest.is("/swap?b=locks&k=door&expected=ann&new=bob", "true");
    guest.is("/swap?b=locks&k=door&expected=bob", "true");
    guest.is("/exists?b=locks&k=door", "false");
}

#[test]
fn counters_count() {
    let node = node();
    let mut guest = Guest::of(&node);
    guest.is("/increment?b=stats&k=visits", "1");
    guest.is("/increment?b=stats&k=visits&by=41", "42");
    guest.is("/increment?b=stats&k=visits&by=-50", "-8");
    guest.is("/get?b=stats&k=visits", "-8");
    guest.ask("/set?b=stats&k=word", "many");
    guest.fails("/increment?b=stats&k=word", 400, "its value is no whole number");
    guest.ask("/set?b=stats&k=full", i64::MAX.to_string());
    guest.fails("/increment?b=stats&k=full", 400, "does not fit 64 bits");
    guest.is("/increment?b=limits&k=ann&ttl=3600000", "1");
    guest.is("/increment?b=limits&k=ann&ttl=1", "2");
    assert!(["3599 s", "3600 s"].contains(&guest.ask("/ttl?b=limits&k=ann", "").as_str()));
}

#[test]
fn keys_expire() {
    let node = node();
    let mut guest = Guest::of(&node);
    guest.is("/ttl?b=sessions&k=a", "absent");
    guest.ask("/set?b=sessions&k=a", "1");
    guest.is("/ttl?b=sessions&k=a", "forever");
    guest.ask("/set?b=sessions&k=a&ttl=3600500", "1");
    guest.is("/ttl?b=sessions&k=a", "3600 s");
    guest.ask("/set?b=sessions&k=brief&ttl=1", "1");
    assert_eq!(guest.ask("/batch", "brief sessions briefer 1 1"), "true");
    let deadline = Instant::now() + PATIENCE;
    while guest.ask("/count?b=sessions", "") != "1" && Instant::now() < deadline {}
    guest.is("/list?b=sessions", "a");
    guest.fails("/get?b=sessions&k=brief", 404, "none");
    guest.fails("/set?b=sessions&k=b&ttl=0", 400, "the time to live is zero");
}

#[test]
fn a_part_of_a_bucket_is_read_in_either_direction() {
    let node = node();
    let mut guest = Guest::of(&node);
    for key in ["a", "b1", "b2", "b3", "c", "%C3%BF"] {
        guest.ask(&format!("/set?b=letters&k={key}"), "12");
    }
    for (query, keys) in [
        ("", "a b1 b2 b3 c \u{ff}"),
        ("&reverse", "\u{ff} c b3 b2 b1 a"),
        ("&prefix=b", "b1 b2 b3"),
        ("&prefix=b&reverse", "b3 b2 b1"),
        ("&prefix=%C3%BF", "\u{ff}"),
        ("&prefix=x", ""),
        ("&from=b2", "b2 b3 c \u{ff}"),
        ("&past=b2&to=c", "b3"),
        ("&from=a&to=b3&reverse", "b2 b1 a"),
        ("&from=c&to=a", ""),
        ("&limit=2", "a b1 ..."),
        ("&limit=2&after=b1", "b2 b3 ..."),
        ("&limit=2&after=b3", "c \u{ff}"),
        ("&limit=2&after=b2&reverse", "b1 a"),
        ("&limit=0", " ..."),
    ] {
        guest.is(&format!("/list?b=letters{query}"), keys);
        guest.is(&format!("/keys?b=letters{query}").replace("&limit=0", ""), &all(keys));
    }
    guest.is("/scan?b=letters&prefix=b&limit=2", "b1=2 b2=2 ...");
    guest.is("/entries?b=letters&limit=2", "6 12");
    guest.is("/list?b=nothing", "");
    guest.is("/buckets", "letters=6");
}

/// What all pages have that begin with this one.
fn all(page: &str) -> String {
    match page {
        "a b1 ..." | " ..." => "a b1 b2 b3 c \u{ff}".to_owned(),
        "b2 b3 ..." => "b2 b3 c \u{ff}".to_owned(),
        whole => whole.to_owned(),
    }
}

/// 3,000 keys are three pages by their number, 40 values of 100 KB four by their bytes.
#[test]
fn more_than_a_page_is_read_page_by_page() {
    let node = node();
    let mut guest = Guest::of(&node);
    for start in (0..3000).step_by(1000) {
        let lines: String = (start..start + 1000).fold(String::new(), |mut lines, n| {
            let _ = writeln!(lines, "set many {n:04} v");
            lines
        });
        assert_eq!(guest.ask("/batch", lines), "true");
    }
    let keys: Vec<String> = (0..3000).map(|n| format!("{n:04}")).collect();
    guest.is("/keys?b=many", &keys.join(" "));
    guest.is("/keys?b=many&limit=7", &keys.join(" "));
    guest.is(
        "/keys?b=many&prefix=29&reverse",
        &keys[2900..].iter().rev().cloned().collect::<Vec<_>>().join(" "),
    );
    guest.is("/entries?b=many", "3000 3000");
    assert!(guest.ask("/list?b=many&limit=4000000000", "").ends_with("2999"));
    for n in 0..40 {
        guest.ask(&format!("/set?b=large&k={n:02}"), vec![b'x'; 100_000]);
    }
    guest.is(
        "/scan?b=large&limit=40",
        &(0..10).map(|n| format!("{n:02}=100000 ")).chain(["...".into()]).collect::<String>(),
    );
    guest.is("/entries?b=large", "40 4000000");
    guest.is("/entries?b=large&reverse", "40 4000000");
}

#[test]
fn a_batch_happens_wholly_or_not_at_all() {
    let node = node();
    let mut guest = Guest::of(&node);
    let first = "absent accounts ann\nset accounts ann 100\nset log 1 opened\ndelete log 0";
    assert_eq!(guest.ask("/batch", first), "true");
    assert_eq!(guest.ask("/batch", first), "false");
    let transfer = "set accounts ann 60\nset accounts bob 40\ndelete log 1\nexpect accounts ann 99";
    assert_eq!(guest.ask("/batch", transfer), "false");
    guest.is("/get?b=accounts&k=ann", "100");
    guest.is("/exists?b=accounts&k=bob", "false");
    guest.is("/exists?b=log&k=1", "true");
    assert_eq!(guest.ask("/batch", transfer.replace("99", "100")), "true");
    guest.is("/get?b=accounts&k=ann", "60");
    guest.is("/exists?b=log&k=1", "false");
    // One that no store takes spoils all.
    let response = guest.0.post("/batch", format!("set accounts ann 0\nset {} x y", "b".repeat(65)));
    assert_eq!(
        (response.status, response.text()),
        (400, "the bucket's name has 65 bytes, and may have at most 64")
    );
    let response = guest.0.post("/batch", "set accounts ann 0\nset accounts  y");
    assert_eq!((response.status, response.text()), (400, "the key is empty: give it at least one byte"));
    guest.is("/get?b=accounts&k=ann", "60");
    assert_eq!(guest.ask("/batch", ""), "true");
}

#[test]
fn what_no_store_takes_is_explained() {
    let node = node();
    let mut guest = Guest::of(&node);
    guest.fails("/get?b=&k=a", 400, "the bucket's name is empty");
    guest.fails("/set?b=a%0A&k=a", 400, "control character");
    guest.fails("/set?b=a&k=", 400, "the key is empty");
    guest.fails(&format!("/set?b=a&k={}", "k".repeat(1025)), 400, "the key has 1025 bytes");
    guest.is("/buckets", "");
}

/// Every operation, with what it needs.
const EVERY: [&str; 15] = [
    "/get?b=B&k=k",
    "/exists?b=B&k=k",
    "/set?b=B&k=k",
    "/set?b=B&k=k&ttl=1000",
    "/delete?b=B&k=k",
    "/swap?b=B&k=k&new=v",
    "/increment?b=B&k=k",
    "/increment?b=B&k=k&ttl=1000",
    "/ttl?b=B&k=k",
    "/list?b=B",
    "/scan?b=B",
    "/keys?b=B",
    "/entries?b=B",
    "/count?b=B",
    "/clear?b=B",
];

#[test]
fn without_the_grant_every_operation_is_denied() {
    let node = serve("store = \"data/app.redb\"", "");
    let mut guest = Guest::of(&node);
    for path in EVERY.iter().chain(&["/buckets"]) {
        guest.fails(&path.replace("=B", "=secret"), 403, "allow-storage");
    }
    for change in ["set secret k v", "delete secret k", "absent secret k", "expect secret k v"] {
        let response = guest.0.post("/batch", change);
        assert_eq!(response.status, 403);
        assert!(response.text().contains("allow-storage"), "{}", response.text());
    }
}

#[test]
fn a_list_of_buckets_grants_these_alone() {
    let node = serve("store = \"data/app.redb\"", "allow-storage = [\"mine\", \"ours\"]");
    assert_eq!(kv(&node, &["set", "secret", "k", "v"]), "");
    let mut guest = Guest::of(&node);
    for path in EVERY {
        guest.fails(&path.replace("=B", "=secret"), 403, "`secret`");
        guest.fails(&path.replace("=B", "=min"), 403, "allow-storage");
        guest.ask("/set?b=mine&k=k", "1");
        guest.ask(&path.replace("=B", "=mine"), "");
    }
    guest.ask("/set?b=ours&k=k", "v");
    guest.is("/buckets", "ours=1");
    // What is denied is denied whatever else the batch has.
    let response = guest.0.post("/batch", "set mine k v\nset secret k forged");
    assert_eq!(response.status, 403);
    guest.is("/exists?b=mine&k=k", "false");
    assert_eq!(kv(&node, &["get", "secret", "k"]), "v");
}

#[test]
fn without_a_store_the_error_says_how_to_get_one() {
    let node = serve("", GRANTED);
    let mut guest = Guest::of(&node);
    for path in EVERY.iter().chain(&["/buckets", "/batch"]) {
        guest.fails(&path.replace("=B", "=any"), 501, "`store` in `[node]` of rusm.toml");
    }
    let without = serve("", "");
    Guest::of(&without).fails("/get?b=any&k=k", 403, "allow-storage");
}

#[test]
fn what_was_set_survives_a_restart_of_either_kind() {
    let mut node = node();
    for (n, signal) in [Signal::TERM, Signal::KILL, Signal::TERM].into_iter().enumerate() {
        let mut guest = Guest::of(&node);
        guest.is("/increment?b=stats&k=starts", &(n + 1).to_string());
        guest.ask(&format!("/set?b=users&k={n}&ttl=3600000"), "here");
        node = node.restart(signal);
    }
    let mut guest = Guest::of(&node);
    guest.is("/get?b=stats&k=starts", "3");
    guest.is("/entries?b=users", "3 12");
    assert!(guest.ask("/ttl?b=users&k=0", "").starts_with("35"));
    assert_eq!(kv(&node, &["list"]), "stats\t1\nusers\t3\n");
}

#[test]
fn increments_at_once_are_exact() {
    const CLIENTS: u64 = 16;
    const EACH: u64 = 50;
    let node = node();
    let mut sums = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut guest = Guest::of(&node);
                    let add = |_| guest.ask("/increment?b=stats&k=all", "").parse().unwrap();
                    (0..EACH).map(add).collect::<Vec<u64>>()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    // Each increment was told a sum of its own.
    sums.sort_unstable();
    assert!(sums.into_iter().eq(1..=CLIENTS * EACH));
    Guest::of(&node).is("/get?b=stats&k=all", &(CLIENTS * EACH).to_string());
}

/// Of those who see the same value, one gets its way.
#[test]
fn swaps_at_once_lose_nothing() {
    const CLIENTS: u32 = 8;
    const EACH: u32 = 20;
    let node = node();
    Guest::of(&node).ask("/set?b=stats&k=all", "0");
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut guest = Guest::of(&node);
                for _ in 0..EACH {
                    loop {
                        let old: u32 = guest.ask("/get?b=stats&k=all", "").parse().unwrap();
                        let swap = format!("/swap?b=stats&k=all&expected={old}&new={}", old + 1);
                        if guest.ask(&swap, "") == "true" {
                            break;
                        }
                    }
                }
            });
        }
    });
    Guest::of(&node).is("/get?b=stats&k=all", &(CLIENTS * EACH).to_string());
}

/// A guest that waits for the disk keeps nobody else from being served, though there is one thread for each core.
#[test]
fn writes_that_wait_hold_no_thread() {
    let node = node();
    let waiting: Vec<_> = (0..64)
        .map(|n| {
            let mut client = node.client();
            client.send(format!("POST /set?b=b&k={n} HTTP/1.1\r\nhost: t\r\ncontent-length: 1\r\n\r\nv"));
            client
        })
        .collect();
    Guest::of(&node).is("/exists?b=c&k=k", "false");
    for mut client in waiting {
        assert_eq!(client.response().status, 200);
    }
    Guest::of(&node).is("/count?b=b", "64");
}

/// What `rusm kv` says, which asks this node.
fn kv(node: &Server, args: &[&str]) -> String {
    let outcome = node.folder().rusm(&[&["kv"], args].concat());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    outcome.stdout
}
