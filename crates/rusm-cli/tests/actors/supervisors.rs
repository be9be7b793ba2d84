//! Supervisors that guests start.

use crate::node::{App, run, run_in_control};

#[test]
fn each_strategy_restarts_who_shares_the_childs_fate() {
    assert_eq!(run("supervisors/one-for-one"), "start b true, stop c, stop b, stop a");
    assert_eq!(run("supervisors/one-for-all"), "stop c, stop a, start a, start b, start c");
    assert_eq!(run("supervisors/rest-for-one"), "stop c, start b, start c, stop c, stop b, stop a");
}

#[test]
fn a_child_is_restarted_by_its_kind() {
    assert_eq!(
        run("supervisors/restart-kinds"),
        "fail: permanent runs, transient runs\nreturn: permanent runs, transient is stopped"
    );
}

#[test]
fn too_many_restarts_end_the_supervisor() {
    assert_eq!(run("supervisors/intensity"), "start other, stop other: shutdown");
    let node = App::default().start();
    node.get("supervisors/end-takes-the-starter").assert_bare(500, "Internal Server Error");
    node.0.stderr.find("ended more often than its supervisor bears");
}

#[test]
fn a_dynamic_supervisor_knows_its_children_by_pid() {
    assert_eq!(
        run("supervisors/dynamic"),
        "stop session; a dynamic supervisor knows its children by pid, not by id; the supervisor has no such child; \
         1 1; Some(\"sessions\")"
    );
}

#[test]
fn children_are_added_stopped_restarted_and_forgotten() {
    assert_eq!(
        run("supervisors/children"),
        "Running, Running, AlreadyPresent, NotFound, NotFound, NotFound []"
    );
}

#[test]
fn supervisors_nest() {
    assert_eq!(
        run("supervisors/nested"),
        "start first, start leaf; 1 of 2; start leaf; stop more, stop leaf, stop first"
    );
    assert_eq!(run("supervisors/nested-child"), "start leaf; start leaf, stop leaf; Err(Down(NoProcess))");
}

#[test]
fn a_child_has_its_name_each_time() {
    assert_eq!(
        run("supervisors/names"),
        "true\nit did not start: crashed: the name `named by OWN` is taken by process N\n\
         `echo` is a component, and its name belongs to its processes\na name is 1 to 255 bytes\n1"
    );
}

#[test]
fn a_failed_start_is_an_error_and_an_exit_signal() {
    let failed = run("supervisors/failed-start");
    assert!(
        failed.starts_with("it did not start: shutdown: {failed_to_start_child, a, crashed: "),
        "{failed}"
    );
    let node = App::default().start();
    node.get("supervisors/failed-start-takes-the-starter").assert_bare(500, "Internal Server Error");
}

#[test]
fn what_cannot_be_is_an_error_before_anything_starts() {
    let denied = "denied: driver may not spawn `hidden`: its profile `driver` does not grant `allow-spawn`";
    assert_eq!(
        run("supervisors/impossible"),
        format!(
            "two children have the id `a`\n\
             a child's id is 1 to 255 bytes\n\
             a child's id is 1 to 255 bytes\n\
             the child `a` is permanent, so it has no end that could be significant\n\
             the child `a` is significant to a supervisor that never shuts down with its children\n\
             the child `a` cannot start with a dynamic supervisor, only be started by it later\n\
             the period of the restart intensity is zero\n\
             two children have the id `a`\n\
             `outsider` is a component of handlers, which run for requests alone\n\
             {denied}\n{denied}\n\
             a process may have at most 10000 of these\n\
             a process may have at most 100 of these"
        )
    );
}

#[test]
fn a_process_has_so_many_supervisors_and_no_more() {
    assert_eq!(run("supervisors/too-many"), "100: a process may have at most 100 of these; true");
}

#[test]
fn what_is_no_supervisor_of_ones_own_is_none() {
    let none = "that process is no supervisor of this one";
    assert_eq!(
        run("supervisors/strangers"),
        format!("{none}\n{none}\n{none}\nthe supervisor ended: no process\n{none}")
    );
}

#[test]
fn a_supervisor_ends_with_its_starter_and_is_nobody_elses() {
    assert_eq!(
        run("supervisors/anothers"),
        "denied: driver may not ask supervisor N: its profile `driver` does not grant `allow-process-control`; \
         stop b, stop a"
    );
    assert_eq!(run_in_control("supervisors/anothers"), "2 run; stop b, stop a");
}

#[test]
fn a_child_that_does_not_end_in_time_is_killed() {
    assert_eq!(run("supervisors/shutdown"), "killed, killed");
}

#[test]
fn a_supervisor_ends_with_its_significant_children() {
    assert_eq!(run("supervisors/auto-shutdown"), "shutdown: stop other");
}

#[test]
fn a_stop_is_orderly_and_leaves_the_starter_alone() {
    assert_eq!(run("supervisors/stop"), "c false");
    assert_eq!(run("supervisors/stop-while-trapping"), "stop c, stop b, stop a; true");
    assert_eq!(run("supervisors/exit-signal"), "shutdown; stop c, stop b, stop a");
}

#[test]
fn a_child_runs_under_its_own_profile_each_time() {
    assert_eq!(
        run("supervisors/profile"),
        "start a, start b, supervisor ; start a, start b, stop a, stop b, supervisor "
    );
}

#[test]
fn no_childs_id_or_reason_forges_a_line_of_the_log() {
    let node = App::default().start();
    assert_eq!(node.run("supervisors/log"), "start a");
    let line = node.0.stderr.find("restarted");
    assert!(line.contains("a\\n2026") && line.contains("b\\n2026"), "{line}");
    assert!(!node.0.stderr.so_far().iter().any(|line| line.starts_with("2026-01-01")));
}
