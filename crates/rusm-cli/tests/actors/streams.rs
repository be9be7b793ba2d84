//! Byte streams.

use crate::node::run;

const BROKEN: &str = "nobody reads this stream any more";
const ABORTED: &str = "the writer of this stream went away before it was done";

#[test]
fn what_is_written_is_read() {
    assert_eq!(run("streams/round-trip"), "5242882 bytes, sum 15728683, the end");
    assert_eq!(run("streams/source"), "1600000 (Ok(None), 0)");
    assert_eq!(run("streams/small"), "[0, 1, 2] and 253 more, Some(255) at last");
    assert_eq!(run("streams/one-write"), "65536 65536");
}

#[test]
fn a_stream_arrives_in_order_with_other_mail() {
    assert_eq!(run("streams/order"), "before bytes after");
    assert_eq!(run("streams/accept"), "Ok(None) true first second");
}

#[test]
fn a_writer_waits_for_its_reader() {
    assert_eq!(run("streams/back-pressure"), "written 1, false, written 2, 3");
}

#[test]
fn a_stream_that_broke_off_is_never_taken_for_a_whole_one() {
    for case in ["dropped", "panic"] {
        assert_eq!(run(&format!("streams/{case}")), format!("10, {ABORTED}"), "{case}");
    }
    assert_eq!(run("streams/unclosed"), format!("20 bytes, sum 1796, {ABORTED}"));
}

#[test]
fn the_kill_of_a_writer_reaches_its_reader() {
    assert_eq!(run("streams/killed"), format!("10, {ABORTED}; killed"));
    assert_eq!(run("streams/killed-while-suspended"), format!("65536, {ABORTED}; killed"));
}

#[test]
fn the_end_of_a_reader_reaches_its_writer() {
    assert_eq!(run("streams/reader-dropped"), BROKEN);
    assert_eq!(run("streams/reader-drops-source"), BROKEN);
    assert_eq!(run("streams/reader-killed"), format!("written 1; {BROKEN}"));
}

#[test]
fn either_end_may_know_why_the_other_went() {
    assert_eq!(run("streams/monitor"), "killed");
}

#[test]
fn a_stream_to_nobody_is_broken() {
    assert_eq!(run("streams/to-the-dead"), format!("{BROKEN}; BrokenPipe; Err(Broken)"));
    assert_eq!(run("streams/to-the-dying"), BROKEN);
    assert_eq!(run("streams/to-a-supervisor"), BROKEN);
    assert_eq!(run("streams/own-mailbox-full"), BROKEN);
}

#[test]
fn opening_waits_for_room_as_sending_does() {
    assert_eq!(run("streams/mailbox-full"), "in order");
}

#[test]
fn a_process_opens_so_many_streams_and_no_more() {
    assert_eq!(
        run("streams/too-many"),
        "256: at most 256 streams that this process opened may be unread at once; true true"
    );
}
