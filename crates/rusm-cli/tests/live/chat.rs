use rustix::process::Signal;

use super::clients::Socket;
use super::live_feed::with_mortal_hub;
use crate::example;

#[test]
fn the_example_chat_has_rooms_whose_members_know_each_other() {
    let node = example("chat");
    let open = || Socket::open(node.address(), "/chat");
    assert!(node.get("/").text().contains("<title>Chat</title>"));

    let [mut ann, mut bob, mut eve] = [open(), open(), open()];
    ann.send(r#"{"type":"say","text":"anyone?"}"#);
    assert_eq!(ann.next(), r#"{"type":"refused","why":"join a room first"}"#);
    ann.send(r#"{"type":"join","room":"lobby","name":"ann"}"#);
    assert_eq!(ann.next(), r#"{"type":"joined","room":"lobby","name":"ann","members":["ann"]}"#);
    eve.send(r#"{"type":"join","room":"cellar","name":"ann"}"#);
    assert_eq!(eve.next(), r#"{"type":"joined","room":"cellar","name":"ann","members":["ann"]}"#);

    bob.send(r#"{"type":"join","room":"lobby","name":"ann"}"#);
    assert_eq!(bob.next(), r#"{"type":"refused","why":"ann is in lobby already"}"#);
    bob.send(r#"{"type":"join","room":"lobby","name":"bob"}"#);
    let joined = r#"{"type":"joined","room":"lobby","name":"bob","members":["ann","bob"]}"#;
    assert_eq!([ann.next(), bob.next()], [joined, joined]);
    bob.send(r#"{"type":"say","text":"hello"}"#);
    let said = r#"{"type":"said","name":"bob","text":"hello"}"#;
    assert_eq!([ann.next(), bob.next()], [said, said]);

    // One room at a time.
    eve.send(r#"{"type":"join","room":"lobby","name":"eve"}"#);
    let joined = r#"{"type":"joined","room":"lobby","name":"eve","members":["ann","bob","eve"]}"#;
    assert_eq!([ann.next(), bob.next(), eve.next()], [joined, joined, joined]);
    eve.send(r#"{"type":"join","room":"cellar","name":"eve"}"#);
    assert_eq!(eve.next(), r#"{"type":"joined","room":"cellar","name":"eve","members":["eve"]}"#);
    let left = r#"{"type":"left","room":"lobby","name":"eve","members":["ann","bob"]}"#;
    assert_eq!([ann.next(), bob.next()], [left, left]);

    bob.send(r#"{"type":"leave"}"#);
    bob.send(r#"{"type":"join","room":"lobby","name":"bob"}"#);
    let left = r#"{"type":"left","room":"lobby","name":"bob","members":["ann"]}"#;
    let joined = r#"{"type":"joined","room":"lobby","name":"bob","members":["ann","bob"]}"#;
    assert_eq!([ann.next(), ann.next(), bob.next()], [left, joined, joined]);

    // Whoever goes without a word has left, too.
    drop(bob);
    assert_eq!(ann.next(), left);

    for (nonsense, why) in [
        ("hello", "expected value at line 1 column 1"),
        (r#"{"type":"join","room":" ","name":"ann"}"#, "a name has 1 to 30 characters"),
        (r#"{"type":"say","text":""}"#, "a message has 1 to 1000 characters"),
    ] {
        ann.send(nonsense);
        assert_eq!(ann.next(), format!(r#"{{"type":"refused","why":"{why}"}}"#));
    }

    let node = node.restart(Signal::TERM);
    assert_eq!(ann.closed(), 1001, "the node is going away");
    let mut ann = Socket::open(node.address(), "/chat");
    ann.send(r#"{"type":"join","room":"lobby","name":"ann"}"#);
    assert_eq!(ann.next(), r#"{"type":"joined","room":"lobby","name":"ann","members":["ann"]}"#);
}

#[test]
fn a_member_of_a_hub_that_dies_is_told_to_connect_anew() {
    let node = with_mortal_hub(example("chat"), "chat");
    let enter = || {
        let mut ann = Socket::open(node.address(), "/chat");
        ann.send(r#"{"type":"join","room":"lobby","name":"ann"}"#);
        ann
    };
    for _ in 0..2 {
        let joined = r#"{"type":"joined","room":"lobby","name":"ann","members":["ann"]}"#;
        assert_eq!(Socket::welcomed(enter, joined).closed(), 1011);
    }
}
