use rustix::process::Signal;

use super::clients::Socket;
use super::live_feed::with_mortal_hub;
use crate::example;

#[test]
fn the_example_chat_ts_has_rooms_whose_members_know_each_other() {
    let node = example("chat-ts");
    let enter = |room: &str, name: &str| Socket::open(node.address(), &format!("/rooms/{room}?name={name}"));
    assert!(node.get("/").text().contains("<title>Chat</title>"));

    let mut ann = enter("lobby", "ann");
    assert_eq!(ann.next(), r#"{"kind":"joined","name":"ann","members":["ann"]}"#);
    let mut eve = enter("the%20cellar", "ann");
    assert_eq!(eve.next(), r#"{"kind":"joined","name":"ann","members":["ann"]}"#);
    for (taken, name) in [("lobby", "ann"), ("lobby", ""), ("lobby", "a%20b")] {
        assert_eq!(enter(taken, name).closed(), 4000, "{name}");
    }

    let mut bob = enter("lobby", "bob");
    let joined = r#"{"kind":"joined","name":"bob","members":["ann","bob"]}"#;
    assert_eq!([ann.next(), bob.next()], [joined, joined]);
    bob.send("hello, \"ann\"");
    let said = r#"{"kind":"said","name":"bob","text":"hello, \"ann\""}"#;
    assert_eq!([ann.next(), bob.next()], [said, said]);
    bob.send(&"x".repeat(1001));
    assert_eq!(bob.closed(), 1003);
    let left = r#"{"kind":"left","name":"bob","members":["ann"]}"#;
    assert_eq!(ann.next(), left);

    // Whoever goes without a word has left, too, and nobody else's room hears of it.
    drop(enter("lobby", "bob"));
    assert_eq!([ann.next(), ann.next()], [joined, left]);
    eve.send("alone");
    assert_eq!(eve.next(), r#"{"kind":"said","name":"ann","text":"alone"}"#);

    let node = node.restart(Signal::TERM);
    assert_eq!(ann.closed(), 1001, "the node is going away");
    let mut ann = Socket::open(node.address(), "/rooms/lobby?name=ann");
    assert_eq!(ann.next(), r#"{"kind":"joined","name":"ann","members":["ann"]}"#);
}

#[test]
fn a_client_whose_room_dies_is_told_to_connect_anew() {
    let node = with_mortal_hub(example("chat-ts"), "chat-ts");
    let joined = r#"{"kind":"joined","name":"ann","members":["ann"]}"#;
    for _ in 0..2 {
        let enter = || Socket::open(node.address(), "/rooms/lobby?name=ann");
        assert_eq!(Socket::welcomed(enter, joined).closed(), 1011);
    }
}
