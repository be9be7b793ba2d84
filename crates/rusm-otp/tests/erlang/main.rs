//! A real Erlang as the referee: what it printed for each scenario, `ci/erlang --record` wrote into
//! `recorded/`, and here rusm-otp takes the same steps and has to print the same.
//!
//! A subject is an Erlang module (`links.erl`), its recording (`recorded/links.txt`) and a Rust module
//! (`links.rs`), with the same scenarios by the same names.

mod calls;
mod children;
mod driver;
mod exits;
mod groups;
mod links;
mod mail;
mod monitors;
mod names;
mod restarts;
mod supervision;
mod supervisors;
mod timers;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use driver::{Scenario, play};

/// Subjects whose recordings wait for rusm-otp to have the feature. To switch one on, add its module to
/// [`subjects!`] and take it from here.
const RECORDED_ONLY: &[&str] = &[];

/// Where rusm-otp means to differ: the subject, the scenario and what it prints instead.
const DIFFERENCES: &[(&str, &str, &[&str])] = &[
    // A name is looked up before the cast, and there is nobody to cast to.
    ("calls", "a_cast_to_nobody", &["cast to the dead: ok", "no mail"]),
    // A start that failed leaves no exit signal behind in the mailbox of who traps, as in later releases of OTP.
    ("calls", "a_start_that_stops_linked", &["start_link: error, crashed: because", "no mail"]),
    ("calls", "a_start_that_crashes", &["start_link: error, crashed: boom", "no mail"]),
    ("calls", "a_start_that_exits", &["start_link: error, shutdown", "no mail"]),
    // After a panic, or an exit there and then, no function of the server runs but destructors.
    ("calls", "terminate_crash", &["terminate is not called", "S ends: crashed: boom"]),
    ("calls", "terminate_crash_trapping", &["terminate is not called", "S ends: crashed: boom"]),
    ("calls", "terminate_exit_in_a_callback", &["terminate is not called", "S ends: crashed: because"]),
    (
        "calls",
        "terminate_exit_in_a_callback_trapping",
        &["terminate is not called", "S ends: crashed: because"],
    ),
    // `pg` learns of an end some time after it; here the dead cannot join.
    ("groups", "joined_by_the_dead", &["join: refused", "chat: nobody", "groups: []"]),
    // Erlang raises `noproc` in the caller, as an error that could be caught; here the caller is sent the
    // signal in either case, and its reason keeps its own word.
    ("links", "a_link_to_the_dead_without_trapping", &["A ends: noproc"]),
    // A process may have several names.
    ("names", "a_second_name", &["register: done", "register: done", "clock is A", "watch is A"]),
];

/// Scenarios about what rusm-otp does not have: the subject and the scenario.
const LEFT_OUT: &[(&str, &str)] = &[
    // A name is looked up before the call, and there is nobody to call.
    ("calls", "a_call_to_a_missing_name"),
    // What is to be done before all mail is done in `init`.
    ("calls", "a_continuation_before_all_mail"),
    // `init` makes a server or fails.
    ("calls", "a_start_that_is_ignored"),
    // Nobody is told of joins and leaves.
    ("groups", "a_watch_tells_who_is_there"),
    ("groups", "a_watch_tells_of_joins_and_leaves"),
    ("groups", "a_watch_tells_of_an_end"),
    ("groups", "a_watch_taken_back"),
    ("groups", "a_watch_of_one_group_is_of_no_other"),
    ("groups", "a_watch_of_all_groups"),
    // A timer sends to a process, so none waits for a name to be given or passed on.
    ("timers", "for_a_name_given_later"),
    ("timers", "for_a_name_passed_on"),
    ("timers", "for_a_missing_name"),
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

subjects!(calls, children, exits, groups, links, mail, monitors, names, restarts, supervisors, timers);

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
    for (_, name) in LEFT_OUT.iter().filter(|(of, _)| *of == subject) {
        if recorded.remove(*name).is_none() {
            writeln!(faults, "{name} is left out, but has a scenario here or is not recorded").unwrap();
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

#[test]
fn what_is_left_out_is_of_a_subject() {
    for (subject, name) in LEFT_OUT {
        assert!(SUBJECTS.iter().any(|(of, _)| of == subject), "{subject}: {name}");
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
