//! A real Erlang as the referee: what it printed for each scenario, `ci/erlang --record` wrote into
//! `recorded/`, and here rusm-otp takes the same steps and has to print the same.
//!
//! A subject is an Erlang module (`links.erl`), its recording (`recorded/links.txt`) and a Rust module
//! (`links.rs`), with the same scenarios by the same names.

mod children;
mod driver;
mod exits;
mod links;
mod mail;
mod monitors;
mod names;
mod restarts;
mod supervision;
mod supervisors;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use driver::{Scenario, play};

/// Subjects whose recordings wait for rusm-otp to have the feature. To switch one on, add its module to
/// [`subjects!`] and take it from here.
const RECORDED_ONLY: &[&str] = &["calls", "groups", "timers"];

/// Where rusm-otp means to differ: the subject, the scenario and what it prints instead.
const DIFFERENCES: &[(&str, &str, &[&str])] = &[
    // Erlang raises `noproc` in the caller, as an error that could be caught; here the caller is sent the
    // signal in either case, and its reason keeps its own word.
    ("links", "a_link_to_the_dead_without_trapping", &["A ends: noproc"]),
    // A process may have several names.
    ("names", "a_second_name", &["register: done", "register: done", "clock is A", "watch is A"]),
];

macro_rules! subjects {
    ($($subject:ident),*) => {
        const SUBJECTS: &[(&str, &[Scenario])] = &[$((stringify!($subject), $subject::SCENARIOS)),*];

        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $subject() {
            compare(stringify!($subject), $subject::SCENARIOS).await;
        })*
    };
}

subjects!(children, exits, links, mail, monitors, names, restarts, supervisors);

async fn compare(subject: &str, scenarios: &[Scenario]) {
    let mut recorded = read(subject);
    let mut faults = String::new();
    for &(name, scenario) in scenarios {
        let Some(erlang) = recorded.remove(name) else {
            writeln!(faults, "{name} is not recorded").unwrap();
            continue;
        };
        let difference = DIFFERENCES.iter().find(|(of, at, _)| (*of, *at) == (subject, name));
        let expected = match difference {
            Some((.., ours)) => ours.iter().map(ToString::to_string).collect(),
            None => erlang.clone(),
        };
        let printed = play(scenario).await;
        if printed != expected {
            writeln!(faults, "{name}\n  Erlang:   {erlang:?}\n  rusm-otp: {printed:?}").unwrap();
        }
    }
    for name in recorded.keys() {
        writeln!(faults, "{name} is recorded and has no scenario here").unwrap();
    }
    assert!(faults.is_empty(), "{subject}:\n{faults}");
}

#[test]
fn each_recording_belongs_to_a_subject() {
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort_unstable();
    let run = SUBJECTS.iter().map(|(subject, _)| *subject);
    let mut known: Vec<_> = run.chain(RECORDED_ONLY.iter().copied()).collect();
    known.sort_unstable();
    assert_eq!(files, known);
}

#[test]
fn each_difference_is_about_a_scenario() {
    for (subject, name, _) in DIFFERENCES {
        let scenarios = SUBJECTS.iter().find(|(of, _)| of == subject).map(|(_, scenarios)| *scenarios);
        assert!(scenarios.is_some_and(|all| all.iter().any(|(of, _)| of == name)), "{subject}: {name}");
    }
}

/// The lines of each scenario of a recording. `%` begins a comment; a scenario's lines are indented.
fn read(subject: &str) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(folder().join(subject).with_extension("txt")).unwrap();
    let mut scenarios = BTreeMap::<_, Vec<_>>::new();
    let mut current = None;
    for line in text.lines().filter(|line| !line.starts_with('%')) {
        if let Some(event) = line.strip_prefix("  ") {
            let lines: &mut Vec<_> =
                current.as_mut().and_then(|name| scenarios.get_mut(name)).expect("a name");
            lines.push(event.to_owned());
        } else {
            let earlier = scenarios.insert(line.to_owned(), Vec::new());
            assert_eq!(earlier, None, "{subject}: {line} is recorded twice");
            current = Some(line.to_owned());
        }
    }
    scenarios
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/erlang/recorded")
}
