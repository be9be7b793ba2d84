//! Who is in which room. What it tells the members goes to their clients as it is.

#[rusm_rs::service]
pub mod hub {
    use std::collections::{BTreeMap, BTreeSet};

    use rusm_rs::process::{self, Mail, Pid};
    use rusm_rs::pubsub::Topics;
    use rusm_rs::service::{Error, caller};
    use serde::Serialize;

    #[derive(Default)]
    pub struct Hub {
        members: BTreeMap<Pid, Member>,
        rooms: Topics<String>,
    }

    struct Member {
        room: String,
        name: String,
    }

    /// What members are told.
    #[derive(Serialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum News<'a> {
        Joined { room: &'a str, name: &'a str, members: BTreeSet<&'a str> },
        Said { name: &'a str, text: &'a str },
        Left { room: &'a str, name: &'a str, members: BTreeSet<&'a str> },
    }

    fn init() -> Hub {
        // A member that ends is news, and no reason to end as well.
        process::trap_exit(true);
        Hub::default()
    }

    /// Makes the caller a member of a room, and of no other. All who are there hear of it, the caller too.
    pub fn join(hub: &mut Hub, room: String, name: String) -> Result<(), Error> {
        let (room, name) = (short(&room)?.to_owned(), short(&name)?.to_owned());
        let taken =
            |(pid, member): (&Pid, &Member)| *pid != caller() && member.room == room && member.name == name;
        if hub.members.iter().any(taken) {
            return Err(Error::new("taken", format!("{name} is in {room} already")));
        }
        leave(hub);
        // A client of a hub that died would wait in a room that is no more: it ends with the hub, and connects anew.
        process::link(caller()).map_err(Error::message_only)?;
        hub.rooms.subscribe(room.clone(), caller()).map_err(Error::message_only)?;
        hub.members.insert(caller(), Member { room: room.clone(), name: name.clone() });
        hub.tell(&room, &News::Joined { room: &room, name: &name, members: hub.names(&room) });
        Ok(())
    }

    pub fn say(hub: &mut Hub, text: String) -> Result<(), Error> {
        if text.trim().is_empty() || text.chars().count() > 1000 {
            return Err(Error::new("text", "a message has 1 to 1000 characters"));
        }
        let member = hub.members.get(&caller()).ok_or_else(|| Error::new("nowhere", "join a room first"))?;
        hub.tell(&member.room, &News::Said { name: &member.name, text: &text });
        Ok(())
    }

    /// False if the caller was nowhere.
    pub fn leave(hub: &mut Hub) -> bool {
        hub.rooms.unsubscribe_all(caller());
        hub.part(caller())
    }

    /// The end of a member.
    fn handle_info(hub: &mut Hub, mail: Mail) {
        if hub.rooms.handle(&mail)
            && let Mail::Down(down) = mail
        {
            hub.part(down.pid);
        }
    }

    impl Hub {
        fn part(&mut self, pid: Pid) -> bool {
            let Some(Member { room, name }) = self.members.remove(&pid) else { return false };
            self.tell(&room, &News::Left { room: &room, name: &name, members: self.names(&room) });
            true
        }

        fn names(&self, room: &str) -> BTreeSet<&str> {
            self.members.values().filter(|member| member.room == room).map(|member| &*member.name).collect()
        }

        fn tell(&self, room: &str, news: &News<'_>) {
            // It is far from as long as a message may be.
            let _ = self.rooms.publish(room, news);
        }
    }

    /// A name of a room or of a member.
    fn short(name: &str) -> Result<&str, Error> {
        match name.trim() {
            name if (1..=30).contains(&name.chars().count()) => Ok(name),
            _ => Err(Error::new("name", "a name has 1 to 30 characters")),
        }
    }
}
