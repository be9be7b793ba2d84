//! Messages, and calls of actions.

use crate::node::{App, run};

#[test]
fn a_selective_receive_keeps_the_order_of_what_it_skips() {
    assert_eq!(run("mail/selective"), "[4, 1, 0, 2, 3, 5] true");
    assert_eq!(run("mail/timeout"), "[None, None]");
}

#[test]
fn messages_and_mailboxes_have_limits() {
    assert_eq!(run("mail/too-long"), "a message is at most 16777216 bytes; 16777216 is not");
    assert_eq!(run("mail/own-mailbox-full"), "4096: this process's own mailbox is full; true");
}

#[test]
fn a_sender_waits_for_room_and_goes_on() {
    assert_eq!(run("mail/suspended-by-number"), "false true all sent in order");
    assert_eq!(run("mail/suspended-by-length"), "false true all sent in order");
}

#[test]
fn no_message_passes_for_a_down_an_exit_or_anothers() {
    assert_eq!(run("mail/forged"), "[true, true, true, true, true] None");
    assert_eq!(run("mail/to-supervisor"), "Ok(0)");
}

#[test]
fn an_action_is_called_by_name() {
    assert_eq!(run("mail/call"), "201 POST /where to=there Some(\"7\") hi body");
}

#[test]
fn a_call_that_fails_says_how() {
    let node = App::default().start();
    let text = node.run("mail/call-errors");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..6],
        [
            "Denied(Denied(\"denied: driver may not call `hidden#run`: its profile `driver` does not grant \
             `allow-spawn`\"))",
            "NotFound(\"`worker` has no action `run`; there are: none\")",
            "NotFound(\"`driver` has no action `no-such`; there are: run, target\")",
            "NotFound(\"`driver` names no action: write `component#action`\")",
            "Invalid(\"`not a path` is no path\")",
            "Invalid(\"the header `x\\n` is none that HTTP allows\")",
        ]
    );
    assert!(
        lines[6].starts_with("Failed(\"panicked at") && lines[6].ends_with(": as asked\")"),
        "{}",
        lines[6]
    );
    assert_eq!(lines[7], "Failed(\"no reply within 50ms\")");
    assert_eq!(lines.len(), 8);
    node.0.stderr.find("as asked");
}

#[test]
fn a_call_for_which_no_instance_comes_free_is_given_up() {
    let app = App {
        node: "max-instances = 2\nreserve-for-requests = \"50%\"\nqueue-wait = \"20ms\"",
        ..App::default()
    };
    // One instance is the resident's, the other the caller's.
    assert_eq!(app.start().run("mail/call-busy"), "Busy");
}
