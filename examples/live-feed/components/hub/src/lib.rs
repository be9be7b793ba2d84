//! Who follows which topic.

#[rusm_rs::service]
pub mod hub {
    use std::collections::BTreeMap;

    use rusm_rs::Mail;
    use rusm_rs::process::{self, Denied};
    use rusm_rs::pubsub::Topics;
    use rusm_rs::service::caller;

    fn init() -> Topics<String> {
        // A follower that ends is news, and no reason to end as well.
        process::trap_exit(true);
        Topics::new()
    }

    /// Has the caller told of what is published, until it ends. It ends with this process, whose successor knows nothing
    /// of it: so a client connects anew rather than wait for what never comes.
    pub fn follow(topics: &mut Topics<String>, topic: String) -> Result<bool, Denied> {
        process::link(caller())?;
        topics.subscribe(topic, caller())
    }

    /// Tells all who follow, and answers to how many.
    pub fn publish(topics: &mut Topics<String>, topic: String, text: String) -> usize {
        topics.publish_bytes(&topic, text.as_bytes()).unwrap_or(0)
    }

    /// The topics that are followed, each with how many do.
    pub fn topics(topics: &mut Topics<String>) -> BTreeMap<String, usize> {
        topics.topics().map(|topic| (topic.clone(), topics.count(topic))).collect()
    }

    fn handle_info(topics: &mut Topics<String>, mail: Mail) {
        topics.handle(&mail);
    }
}
