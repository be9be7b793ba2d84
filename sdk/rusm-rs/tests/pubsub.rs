//! Topics: who is told of what, and that the dead are forgotten.

mod sim;

use rusm_rs::pubsub::Topics;
use rusm_rs::{Mail, Pid, receive};
use sim::Sim;

fn idle() -> Result<(), String> {
    loop {
        receive();
    }
}

#[test]
fn subscribers_of_a_topic_are_told_and_no_others() {
    let sim = Sim::default();
    let [first, second] = ["first", "second"].map(|name| sim.start(name, idle));
    sim.run(|| {
        let mut topics = Topics::new();
        assert!(topics.is_empty());
        assert_eq!(topics.subscribe("tea".to_owned(), first), Ok(true));
        assert_eq!(topics.subscribe("tea".to_owned(), second), Ok(true));
        assert_eq!(topics.subscribe("milk".to_owned(), second), Ok(true));
        assert_eq!(topics.subscribe("tea".to_owned(), first), Ok(false));
        assert_eq!(topics.publish("tea", &1), Ok(2));
        assert_eq!(topics.publish("milk", &2), Ok(1));
        assert_eq!(topics.publish("salt", &3), Ok(0));
        assert_eq!(topics.publish_bytes("milk", b"raw"), Ok(1));
        assert_eq!(
            [("1", first), ("1", second), ("2", first), ("2", second)]
                .map(|(text, to)| sim.count_sent(to, text)),
            [1, 1, 0, 1]
        );
        assert_eq!(sim.count_sent(second, "raw"), 1);
        assert_eq!((topics.count("tea"), topics.count("salt")), (2, 0));
        assert_eq!(topics.subscribers("tea").collect::<Vec<_>>(), [first, second]);
        assert_eq!(topics.topics().collect::<Vec<_>>(), ["milk", "tea"]);
        assert!(topics.publish_bytes("tea", &vec![0; sim::MESSAGE + 1]).is_err());
    });
    sim.kill(first);
    sim.kill(second);
}

#[test]
fn a_subscriber_has_one_monitor_until_its_last_topic() {
    let sim = Sim::default();
    let pid = sim.start("subscriber", idle);
    sim.run(|| {
        let mut topics = Topics::new();
        for topic in 0..10 {
            topics.subscribe(topic, pid).unwrap();
        }
        assert_eq!(sim.monitors(), 1);
        assert!(topics.unsubscribe(&3, pid));
        assert!(!topics.unsubscribe(&3, pid));
        assert_eq!(sim.monitors(), 1);
        assert_eq!(topics.unsubscribe_all(pid), 9);
        assert_eq!(topics.unsubscribe_all(pid), 0);
        assert!(topics.is_empty());
        assert_eq!(sim.monitors(), 0);
    });
    sim.kill(pid);
}

#[test]
fn the_dead_are_taken_out_of_every_topic() {
    let sim = Sim::default();
    let [dies, lives] = ["dies", "lives"].map(|name| sim.start(name, idle));
    sim.run(|| {
        let mut topics = Topics::new();
        for topic in ["a", "b"] {
            topics.subscribe(topic, dies).unwrap();
        }
        topics.subscribe("b", lives).unwrap();
        sim.kill(dies);
        let down = receive();
        assert!(matches!(&down, Mail::Down(down) if down.pid == dies));
        assert!(topics.handle(&down));
        assert!(!topics.handle(&down));
        assert_eq!(topics.topics().collect::<Vec<_>>(), [&"b"]);
        assert_eq!(topics.subscribers("b").collect::<Vec<_>>(), [lives]);
        // Dead before it subscribed.
        topics.subscribe("a", dies).unwrap();
        assert!(topics.handle(&receive()));
        assert_eq!(topics.count("a"), 0);
        // Not its mail.
        rusm_rs::send(Pid::own(), &1).unwrap();
        assert!(!topics.handle(&receive()));
    });
    sim.kill(lives);
}
