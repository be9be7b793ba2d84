//! Names, and groups of processes.

use crate::node::{App, run};

#[test]
fn a_process_registers_names_and_takes_them_back() {
    assert_eq!(run("names/own"), "2 names, true false None");
}

#[test]
fn names_that_a_process_may_not_have_are_refused() {
    let invalid = "a name is 1 to 255 bytes, and a process has at most 1024 of them";
    assert_eq!(
        run("names/errors"),
        format!(
            "`worker` is a component, and its name belongs to its processes\n\
             `echo` is a component, and its name belongs to its processes\n{invalid}\n{invalid}\nfalse"
        )
    );
    assert_eq!(run("names/taken"), "the name is taken by process OWN");
    assert_eq!(run("names/too-many"), "1024 true");
}

#[test]
fn a_name_ends_with_its_process() {
    let node = App::default().start();
    assert_eq!(node.run("names/leave"), "registered");
    assert_eq!(node.run("names/left"), "None");
}

#[test]
fn a_broadcast_reaches_the_members_of_all_components_but_the_caller() {
    assert_eq!(run("groups/broadcast"), "2: sing from you, sing from you");
    assert_eq!(run("groups/mail"), "not from the group");
}

#[test]
fn memberships_stack_and_end_with_the_process() {
    assert_eq!(run("groups/leave"), "[true, true, false] [] false");
    assert_eq!(run("groups/dead-members"), "0");
}

#[test]
fn groups_have_limits() {
    let name = "a group's name is 1 to 255 bytes";
    assert_eq!(
        run("groups/errors"),
        format!("{name}\n{name}\n{name}\na message is at most 16777216 bytes\n0")
    );
    assert_eq!(run("groups/too-many"), "1024: a process is a member of at most 1024 groups; true");
    assert_eq!(
        run("groups/too-much"),
        "4: more of this process's messages are under way than it may have memory"
    );
}
