//! Who is in which room, and what was said there.

#[rusm_rs::service]
pub mod hub {
    use rusm_rs::Mail;
    use rusm_rs::kv::{self, Scan};
    use rusm_rs::process::Denied;
    use rusm_rs::pubsub::Topics;
    use rusm_rs::service::caller;

    /// The listeners of each room. What was said is in the store.
    fn init() -> Topics<String> {
        Topics::new()
    }

    /// Has the caller told of what is said in a room, until it ends.
    pub fn join(rooms: &mut Topics<String>, room: String) -> Result<bool, Denied> {
        rooms.subscribe(room, caller())
    }

    /// Tells all who listen, and answers to how many, once the words are on disk.
    pub fn say(rooms: &mut Topics<String>, room: String, text: String) -> Result<usize, kv::Error> {
        let messages = kv::bucket("messages");
        let number = messages.increment(format!("{room}\0count"), 1)?;
        // Digits enough to sort as numbers do.
        messages.set(format!("{room}\0{number:012}"), &text)?;
        Ok(rooms.publish(&room, &text).unwrap_or(0))
    }

    /// What was said last in a room, oldest first.
    pub fn history(_rooms: &mut Topics<String>, room: String, most: u32) -> Result<Vec<String>, kv::Error> {
        let from = format!("{room}\0");
        // A colon comes after every digit.
        let said = Scan::range(from.clone()..format!("{from}:")).reverse().limit(most);
        let page = kv::bucket("messages").scan(&said)?;
        let text = |(_, text): (Vec<u8>, Vec<u8>)| String::from_utf8_lossy(&text).into_owned();
        Ok(page.items.into_iter().rev().map(text).collect())
    }

    pub fn members(rooms: &mut Topics<String>, room: String) -> usize {
        rooms.subscribers(&room).count()
    }

    /// A listener that ended leaves every room.
    fn handle_info(rooms: &mut Topics<String>, mail: Mail) {
        rooms.handle(&mail);
    }
}
