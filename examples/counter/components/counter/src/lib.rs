//! The process that counts: in memory, so that a look costs nothing, and in the store, so that a count is never lost.

#[rusm_rs::service]
pub mod counter {
    use std::collections::BTreeMap;

    use rusm_rs::kv::{self, Bucket, Scan};

    pub struct Counter {
        bucket: Bucket,
        counts: BTreeMap<String, i64>,
    }

    /// What was counted before the process started.
    fn init() -> Result<Counter, kv::Error> {
        let bucket = kv::bucket("counts");
        let mut counts = BTreeMap::new();
        for entry in bucket.entries(&Scan::all()) {
            let (name, count) = entry?;
            let name = String::from_utf8_lossy(&name).into_owned();
            let count = str::from_utf8(&count).ok().and_then(|count| count.parse().ok());
            counts.insert(name, count.unwrap_or(0));
        }
        Ok(Counter { bucket, counts })
    }

    /// Adds, and answers when the sum is on disk.
    pub fn add(counter: &mut Counter, name: String, by: i64) -> Result<i64, kv::Error> {
        let total = counter.bucket.increment(&name, by)?;
        counter.counts.insert(name, total);
        Ok(total)
    }

    pub fn total(counter: &mut Counter, name: String) -> Option<i64> {
        counter.counts.get(&name).copied()
    }

    pub fn all(counter: &mut Counter) -> BTreeMap<String, i64> {
        counter.counts.clone()
    }
}
