/// The list, in memory and in the store.
#[rusm_rs::service(shared)]
pub mod list {
    use std::collections::BTreeMap;

    use rusm_rs::group;
    use rusm_rs::kv::{self, Batch, Bucket, Scan};
    use rusm_rs::service::Error;
    use rusm_rs::wire;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::{Change, FOLLOWERS, Kind, News, Todo};

    /// So many changes are kept for those who come back.
    const KEPT: u64 = 500;
    const MOST_TODOS: usize = 1000;
    const LONGEST_TEXT: usize = 200;

    pub struct List {
        todos: BTreeMap<u64, Todo>,
        /// The number of the last change.
        number: u64,
        stored_todos: Bucket,
        stored_changes: Bucket,
    }

    fn init() -> Result<List, Error> {
        let (stored_todos, stored_changes) = (kv::bucket("todos"), kv::bucket("changes"));
        let todos = read::<Todo>(&stored_todos, &Scan::all())?;
        let todos = todos.into_iter().map(|todo| (todo.id, todo)).collect();
        let changes = read::<Change>(&stored_changes, &Scan::all())?;
        let number = changes.last().map_or(0, |change| change.number);
        Ok(List { todos, number, stored_todos, stored_changes })
    }

    pub fn all(list: &mut List) -> Vec<Todo> {
        list.todos.values().cloned().collect()
    }

    pub fn add(list: &mut List, text: String) -> Result<Todo, Error> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST_TEXT {
            return Err(Error::new("text", format!("a text has 1 to {LONGEST_TEXT} characters")));
        }
        if list.todos.len() == MOST_TODOS {
            return Err(Error::new("full", format!("there are {MOST_TODOS} things to do already")));
        }
        // The number of its first change is nobody else's.
        let todo = Todo { id: list.number + 1, text: text.to_owned(), done: false };
        list.change(Kind::Added, todo)
    }

    pub fn set_done(list: &mut List, id: u64, done: bool) -> Result<Todo, Error> {
        let todo = list.find(id)?;
        if todo.done == done {
            return Ok(todo);
        }
        list.change(Kind::Changed, Todo { done, ..todo })
    }

    pub fn remove(list: &mut List, id: u64) -> Result<Todo, Error> {
        let todo = list.find(id)?;
        list.change(Kind::Removed, todo)
    }

    /// What is new to someone who has seen the changes up to this number.
    pub fn since(list: &mut List, seen: Option<u64>) -> Result<News, Error> {
        let missed = seen.and_then(|seen| list.number.checked_sub(seen));
        Ok(match (seen, missed) {
            (Some(seen), Some(missed)) if missed <= KEPT => {
                News::Changes(read(&list.stored_changes, &Scan::range(key(seen + 1)..))?)
            }
            _ => News::List { number: list.number, todos: all(list) },
        })
    }

    impl List {
        fn find(&self, id: u64) -> Result<Todo, Error> {
            let todo = self.todos.get(&id).cloned();
            todo.ok_or_else(|| Error::new("no-such-todo", format!("there is no {id} on the list")))
        }

        /// The only way to change the list: in the store first, all of it or nothing, and then here. Who follows is told
        /// what is on disk.
        fn change(&mut self, kind: Kind, todo: Todo) -> Result<Todo, Error> {
            let number = self.number + 1;
            let change = Change { number, kind, todo };
            let Change { todo, .. } = &change;
            let batch = Batch::new().set(&self.stored_changes, key(number), json(&change)?);
            let batch = match kind {
                Kind::Removed => batch.delete(&self.stored_todos, key(todo.id)),
                _ => batch.set(&self.stored_todos, key(todo.id), json(todo)?),
            };
            let batch = batch.delete(&self.stored_changes, key(number.saturating_sub(KEPT)));
            batch.write().map_err(Error::message_only)?;

            self.number = number;
            match kind {
                Kind::Removed => self.todos.remove(&todo.id),
                _ => self.todos.insert(todo.id, todo.clone()),
            };
            // Who misses it finds that a number is missing.
            let _ = group::broadcast(FOLLOWERS, &change);
            Ok(change.todo)
        }
    }

    /// In the order of the numbers, and legible for `rusm kv list`.
    fn key(number: u64) -> String {
        format!("{number:016}")
    }

    fn json(value: &impl Serialize) -> Result<Vec<u8>, Error> {
        wire::to_vec(value).map_err(Error::message_only)
    }

    fn read<T: DeserializeOwned>(bucket: &Bucket, scan: &Scan) -> Result<Vec<T>, Error> {
        let value = |entry: Result<(Vec<u8>, Vec<u8>), kv::Error>| {
            let (_, value) = entry.map_err(Error::message_only)?;
            wire::from_slice(&value).map_err(Error::message_only)
        };
        bucket.entries(scan).map(value).collect()
    }
}
