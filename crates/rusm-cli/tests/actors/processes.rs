//! Births, bonds and ends.

use crate::node::{App, run, run_in_control};

#[test]
fn a_process_is_told_its_argument() {
    assert_eq!(run("processes/argument"), "told");
    assert_eq!(run("processes/no-argument"), "again");
}

#[test]
fn what_is_no_component_for_processes_is_not_spawned() {
    assert_eq!(
        run("processes/spawn-errors"),
        "denied: driver may not spawn `hidden`: its profile `driver` does not grant `allow-spawn`\n\
         `outsider` is a component of handlers, which run for requests alone"
    );
    let nobody = "there is no component `nobody`";
    assert_eq!(run_in_control("processes/no-component"), format!("{nobody}\n{nobody}\n{nobody}"));
}

#[test]
fn arguments_count_against_the_memory_of_who_gives_them() {
    assert_eq!(
        run("processes/argument-too-long"),
        "3 live: the arguments of what a process spawned take at most 67108864 bytes together"
    );
}

#[test]
fn a_monitor_tells_each_reason_to_end() {
    assert_eq!(
        run("processes/reasons"),
        "normal\nshutdown\nshutdown: for lunch\nkilled\ncrashed: no process\ncrashed: a\nb\nnormal\n\
         crashed: error: gave up\ncrashed: trap: wasm `unreachable` instruction executed"
    );
    let panic = run("processes/panic");
    assert!(panic.starts_with("crashed: panicked at") && panic.ends_with(": no more"), "{panic}");
}

#[test]
fn a_monitor_of_the_dead_says_so() {
    assert_eq!(run("processes/down-of-the-dead"), "normal, then no process");
}

#[test]
fn a_monitor_taken_back_says_nothing() {
    assert_eq!(run("processes/demonitor"), "None");
}

#[test]
fn a_link_brings_an_exit_signal_to_one_that_traps() {
    assert_eq!(run("processes/link"), "exit: crashed: broken");
}

#[test]
fn a_link_ends_one_that_does_not_trap() {
    assert_eq!(run("processes/link-ends-both"), "crashed: first");
    assert_eq!(run("processes/normal-link"), "shutdown");
    assert_eq!(run("processes/unlink"), "killed, and this goes on");
}

#[test]
fn exit_signals_have_erlangs_rules() {
    assert_eq!(
        run("processes/exit-signals"),
        "true; shutdown: now; normal from you, crashed: x from you; killed"
    );
}

#[test]
fn a_request_that_ends_itself_has_no_reply() {
    let node = App::default().start();
    node.get("processes/own-end").assert_bare(500, "Internal Server Error");
    node.0.stderr.find("of its own will");
}

#[test]
fn a_process_can_be_looked_at() {
    assert_eq!(run("processes/info"), "Some(\"a sleeper\") Some(\"driver#run\") false");
    assert_eq!(run_in_control("processes/list"), "true");
}

#[test]
fn who_may_control_processes_kills_a_resident_and_it_comes_back() {
    let app = App { driver: "allow-spawn = true\nallow-process-control = true", ..App::default() };
    let node = app.start();
    assert_eq!(node.run("processes/foreign"), "killed");
    node.0.stderr.find("restarted");
}
