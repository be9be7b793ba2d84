//! Each kind of error as the user sees it, and every default.

use std::path::Path;

use rusm_wasm::profile::Grant;

use super::*;

const SERVE: &str = "[[serve]]\nlisten = \"127.0.0.1:8080\"\n[serve.routes]\n\"GET /\" = \"api#home\"\n";

fn parse(text: &str) -> Result<Manifest, Report> {
    let components = ["api", "chat", "counter"].map(|name| name.parse().unwrap());
    Manifest::parse(&Source::new(Path::new("./rusm.toml"), text), &components)
}

fn errors(text: &str) -> String {
    parse(text).map(drop).unwrap_err().to_string()
}

fn unsupported(text: &str) -> String {
    parse(text).unwrap().supported().unwrap_err().to_string()
}

/// Snapshots of what `errors` says, one for each text.
macro_rules! each_error {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(errors($text));
        }
    )*};
}

each_error! {
    syntax_errors_are_all_reported: "[node\nmax-instances = = 3\n[log]\nlevel = \"info\nformat = \"text\"\n";
    duplicate_key: "[log]\nlevel = \"info\"\nlevel = \"warn\"\n";
    unknown_table: "[nodes]\nmax-instances = 1\n";
    unknown_key_with_a_near_word: "[node]\nmax_instance = 1\n";
    unknown_key_without: "[log]\ncolour = true\n";
    wrong_types: "[node]\nmax-instances = \"many\"\nqueue-wait = 5\nstore = 1979-05-27\n[log]\naccess = \"yes\"\n";
    enum_words: "[log]\nlevel = \"inof\"\nformat = \"yaml\"\n";
    bad_sizes: "[[serve]]\nlisten = \"[::]:0\"\ncomponent = \"api\"\nmax-body-size = \"8 MB\"\nmax-header-size = -1\nmax-message-size = 1.5\n";
    bad_durations: "[node]\nqueue-wait = \"soon\"\nepoch-tick = \"0ms\"\nshutdown-grace = \"10 sec\"\n";
    bad_counts: "[node]\nmax-instances = 0\nreserve-for-requests = \"125%\"\n";
    bad_address: "[[serve]]\nlisten = \"localhost:8080\"\ncomponent = \"api\"\n";
    listener_without_address: "[[serve]]\nprotocol = \"http\"\n[serve.routes]\n\"GET /\" = \"api#home\"\n";
    listener_without_handler: "[[serve]]\nlisten = \"127.0.0.1:8080\"\n";
    listener_with_two_handlers: "[[serve]]\nlisten = \"127.0.0.1:0\"\ncomponent = \"api\"\n[serve.routes]\n\"GET /\" = \"api#home\"\n";
    listener_as_a_single_table: "[serve]\nlisten = \"127.0.0.1:8080\"\n";
    one_address_twice: "[[serve]]\nlisten = \"127.0.0.1:80\"\ncomponent = \"api\"\n[[serve]]\nlisten = \"127.0.0.1:80\"\ncomponent = \"chat\"\n";
    protocol: "[[serve]]\nprotocol = \"https\"\nlisten = \"127.0.0.1:0\"\ncomponent = \"api\"\n";
    bad_routes_are_all_reported: "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GTE /\" = \"api#home\"\n\"GET users\" = \"api#users\"\n\"GET /a\" = \"api.home\"\n\"GET /b\" = 5\n\"GET /c\" = { dri = \"public\" }\n\"GET /d/:x/:x\" = \"api#d\"\n";
    duplicate_route: "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /users/:id\" = \"api#show\"\n\"POST /users/:id\" = \"api#save\"\n\"GET /users/:name\" = \"api#find\"\n";
    folders: "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"POST /a/*\" = { dir = \"a\" }\n\"GET /b\" = { dir = \"b\" }\n\"GET /c/\" = { dir = \"c\" }\n\"GET /d/:x\" = { dir = \"d\" }\n[[serve]]\nprotocol = \"ws\"\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /*\" = { dir = \"e\" }\n";
    unknown_components: "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"apo#home\"\n\"GET /chat\" = \"videos\"\n[components.countr]\nresident = true\n";
    profiles: "[capabilities.a]\ninherits = \"b\"\n[capabilities.b]\ninherits = \"a\"\n[capabilities.c]\ninherits = \"sandbox\"\n[capabilities.trusted]\nallow-stdio = true\n";
    profile_values: "[capabilities.a]\nallow-stdio = \"yes\"\nallow-network = [\"https://x.org\", \"ok.org\", 5]\nmax-memory = \"64\u{a0}Kib\"\nmax-cpu-time = \"never\"\npreopen = [{ host = \"data\" }]\nallow-netwrok = true\n";
    component_tables: "[components.api]\ncapability = \"truste\"\nkind = \"handler\"\nmax-restarts = -1\n[components.\"a b\"]\n[capabilities]\nagent = true\n";
    errors_of_every_table_in_one_go: "[node]\nmax-instances = 0\n[log]\nlevel = 3\n[[serve]]\nlisten = 80\n[capabilities.x]\nenv = \"HOME\"\n[components.api]\ncapability = \"y\"\n";
}

#[test]
fn unsupported_keys_are_refused_by_name() {
    insta::assert_snapshot!(unsupported(
        "[node]\nstore = \"data/app.redb\"\n[log]\naccess = true\n[[serve]]\nlisten = \"127.0.0.1:0\"\n\
         subprotocols = [\"v1\"]\ntls = { cert = \"c.pem\" }\n[serve.routes]\n\"GET /\" = \"api#home\"\n\"GET /chat\" = \"chat\"\n\
         \"GET /assets/*\" = { dir = \"public\" }\n[capabilities.agent]\nallow-network = [\"example.org\"]\n\
         [components.counter]\nresident = true\n"
    ));
}

#[test]
fn keys_that_ask_for_nothing_are_supported() {
    let text = format!(
        "{SERVE}[log]\naccess = false\n[capabilities.agent]\nallow-network = false\nallow-spawn = []\npreopen = []\n\
         [components.api]\ncapability = \"agent\"\nkind = \"handlers\"\nresident = false\n"
    );
    parse(&text).unwrap().supported().unwrap();
}

#[test]
fn an_empty_manifest_is_all_defaults() {
    let manifest = parse("").unwrap();
    assert_eq!((manifest.node, manifest.log), (Node::default(), Log::default()));
    assert!(manifest.listeners.is_empty() && manifest.components.is_empty());
    assert_eq!(manifest.profiles.len(), 3);
}

#[test]
fn a_component_without_a_table_is_sandboxed() {
    let manifest = parse("[components.api]\ncapability = \"trusted\"\n").unwrap();
    assert_eq!(manifest.profile_of(&"api".parse().unwrap()).name, "trusted");
    assert_eq!(manifest.profile_of(&"chat".parse().unwrap()), Profile::default());
}

/// The example names every key, and with the documented default wherever there is one.
#[test]
fn the_example_is_the_schema() {
    let example = include_str!("../../../../rusm.toml.example");
    let manifest = parse(example).unwrap();
    let set = Node {
        store: Some("data/app.redb".into()),
        admin: Some("127.0.0.1:4000".parse().unwrap()),
        ..Node::default()
    };
    assert_eq!((manifest.node, manifest.log), (set, Log::default()));

    let [listener] = &manifest.listeners[..] else { panic!("{:?}", manifest.listeners) };
    let set = Listener {
        listen: "127.0.0.1:8080".parse().unwrap(),
        routes: listener.routes.clone(),
        ..Listener::default()
    };
    assert_eq!(*listener, set);
    insta::assert_debug_snapshot!(
        listener
            .routes
            .0
            .iter()
            .map(|route| (route.method.as_str(), route.pattern.to_string(), &route.target))
            .collect::<Vec<_>>()
    );

    assert_eq!(manifest.profiles["agent"], Profile { name: "agent".into(), ..Profile::default() });
    assert_eq!(manifest.profiles["trusted"].spawn, Grant::All);
    let api = Component { capability: Some("agent".into()), ..Component::default() };
    let counter = Component { resident: true, ..Component::default() };
    assert_eq!(manifest.components[&"api".parse::<ComponentName>().unwrap()], api);
    assert_eq!(manifest.components[&"counter".parse::<ComponentName>().unwrap()], counter);
}

/// A key that is new in the example and not in the types would be an unknown key above; this finds the other
/// way round: a key of the types that the example does not show.
#[test]
fn the_example_leaves_no_key_out() {
    let example = include_str!("../../../../rusm.toml.example");
    let mut missing = Vec::new();
    for header in ["[node]", "[log]", "[capabilities.x]", "[components.api]"] {
        let said = errors(&format!("{header}\nqqqqqqqqqqqqqqqqqqqqq = 1\n"));
        let keys = said.split("expected ").nth(1).unwrap().lines().next().unwrap();
        missing.extend(
            keys.split('`')
                .skip(1)
                .step_by(2)
                .filter(|key| !example.lines().any(|line| line.trim_start_matches("# ").starts_with(*key)))
                .map(String::from),
        );
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// Cut off anywhere, or with a character in the wrong place, the example is refused or accepted, never a panic:
/// neither of the reader nor of what draws the report.
#[test]
fn no_text_is_too_broken_to_be_reported() {
    let example = include_str!("../../../../rusm.toml.example");
    let noise = ["=", "\"", "[", "é", "\u{0}", "\n"];
    for (i, (at, _)) in example.char_indices().enumerate() {
        let texts =
            [example[..at].to_string(), format!("{}{}{}", &example[..at], noise[i % 6], &example[at..])];
        for text in texts {
            if let Err(report) = parse(&text) {
                assert!(report.to_string().starts_with("error: "), "{report}");
            }
        }
    }
}
