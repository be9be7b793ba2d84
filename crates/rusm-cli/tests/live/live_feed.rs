use rustix::process::Signal;

use super::clients::{Event, EventSource};
use crate::example;
use crate::support::server::Server;

#[test]
fn the_example_live_feed_reaches_those_who_follow() {
    let node = example("live-feed");
    let follow = |topic| EventSource::open(node.address(), &format!("/topics/{topic}"), None);
    let topics = |expected| while node.get("/topics").text() != expected {};
    topics("{}");
    assert_eq!(node.post("/topics/tea", "anyone?").text(), "0\n");

    let [mut ann, mut bob, other] = [follow("tea"), follow("tea"), follow("milk")];
    topics(r#"{"milk":1,"tea":2}"#);
    assert_eq!(node.post("/topics/tea", "the kettle\nis on").text(), "2\n");
    for follower in [&mut ann, &mut bob] {
        assert_eq!(follower.next(), Some(Event::new("", "", "the kettle\nis on")));
    }
    // Whoever leaves is forgotten.
    drop((bob, other));
    topics(r#"{"tea":1}"#);
    assert_eq!(node.post("/topics/tea", "").status, 400);
    assert_eq!(node.post("/topics/tea", "last orders").text(), "1\n");
    assert_eq!(ann.next(), Some(Event::new("", "", "last orders")));

    let node = node.restart(Signal::TERM);
    assert_eq!(ann.next(), None, "the node ends its streams as they should end");
    let mut ann = EventSource::open(node.address(), "/topics/tea", None);
    while node.post("/topics/tea", "back again").text() != "1\n" {}
    assert_eq!(ann.next(), Some(Event::new("", "", "back again")));
}

#[test]
fn a_follower_of_a_hub_that_dies_is_not_left_waiting() {
    let node = with_mortal_hub(example("live-feed"), "live-feed");
    EventSource::open(node.address(), "/topics/tea", None).broken_off();
    while node.get("/topics").status != 200 {}
    let _again = EventSource::open(node.address(), "/topics/tea", None);
    while node.get("/topics").text() != r#"{"tea":1}"# {}
}

/// The same app, with a hub that dies every other second.
pub(super) fn with_mortal_hub(node: Server, app: &str) -> Server {
    let path = format!("{app}/rusm.toml");
    let manifest = node.folder().read(&path);
    let mortal = "allow-process-control = true\nmax-wall-time = \"2s\"";
    node.folder().write(&path, &manifest.replace("allow-process-control = true", mortal));
    node.restart(Signal::TERM)
}
