//! Places for values that stay where they are and have names that do not return.

/// How many places are allocated at once. Large enough that a chunk's own record weighs nothing, small enough
/// that a node that once had one timer does not notice.
const CHUNK: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 8;

/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The name of one value. No later value gets the same, in this place or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) place: u32,
    generation: u32,
}

impl Key {
    /// Never zero.
    pub(super) fn as_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.place)
    }

    pub(super) fn from_u64(number: u64) -> Self {
        Self { place: number as u32, generation: (number >> 32) as u32 }
    }
}

/// Values in chunks. Growing moves none, and a chunk whose last value goes is freed (all but one, so that a
/// lone value that comes and goes does not allocate each time). New values go to the lowest chunk with room,
/// which lets the high ones run empty after a burst.
pub(super) struct Slab<T> {
    chunks: Vec<Chunk<T>>,
    /// A bit for each chunk, set while it has room.
    open: Vec<u64>,
    /// No word of `open` before this one has a bit set.
    first_open: usize,
    /// The chunk that was last allowed to stay though it was empty.
    spare: usize,
}

struct Chunk<T> {
    places: Vec<Place<T>>,
    /// The first vacant one of `places`, if there is one.
    vacant: Option<u8>,
    used: u16,
    /// Counts the values that the chunk ever held, and outlives its memory: that keeps keys unique. When it
    /// runs out the chunk takes no more values, which costs its record of 40 bytes in four billion timers.
    generation: u32,
}

enum Place<T> {
    Vacant { next: Option<u8> },
    Taken { generation: u32, value: T },
}

impl<T> Slab<T> {
    pub(super) fn new() -> Self {
        Self { chunks: Vec::new(), open: Vec::new(), first_open: 0, spare: 0 }
    }

    /// # Panics
    ///
    /// With four billion values, as where memory ends.
    pub(super) fn insert(&mut self, value: T) -> Key {
        let number = self.open_chunk();
        let chunk = &mut self.chunks[number];
        let (local, generation) = chunk.insert(value);
        if !chunk.has_room() {
            self.open[number / 64] &= !(1 << (number % 64));
        }
        Key { place: (number as u32) << CHUNK_BITS | local, generation }
    }

    /// The place of a value, if it is still there.
    pub(super) fn find(&self, key: Key) -> Option<u32> {
        let chunk = self.chunks.get(key.place as usize / CHUNK)?;
        match chunk.places.get(key.place as usize % CHUNK)? {
            Place::Taken { generation, .. } if *generation == key.generation => Some(key.place),
            _ => None,
        }
    }

    /// The key of the value in a place that is taken.
    pub(super) fn key(&self, place: u32) -> Key {
        match &self.chunks[place as usize / CHUNK].places[place as usize % CHUNK] {
            Place::Taken { generation, .. } => Key { place, generation: *generation },
            Place::Vacant { .. } => unreachable!("place {place} is vacant"),
        }
    }

    /// The value in a place that is taken.
    pub(super) fn get(&self, place: u32) -> &T {
        match &self.chunks[place as usize / CHUNK].places[place as usize % CHUNK] {
            Place::Taken { value, .. } => value,
            Place::Vacant { .. } => unreachable!("place {place} is vacant"),
        }
    }

    /// The value in a place that is taken.
    pub(super) fn get_mut(&mut self, place: u32) -> &mut T {
        match &mut self.chunks[place as usize / CHUNK].places[place as usize % CHUNK] {
            Place::Taken { value, .. } => value,
            Place::Vacant { .. } => unreachable!("place {place} is vacant"),
        }
    }

    /// Takes out the value in a place that is taken.
    pub(super) fn remove(&mut self, place: u32) -> T {
        let number = place as usize / CHUNK;
        let chunk = &mut self.chunks[number];
        let value = chunk.remove(place as usize % CHUNK);
        if chunk.has_room() {
            self.open[number / 64] |= 1 << (number % 64);
            self.first_open = self.first_open.min(number / 64);
        }
        if chunk.used == 0 {
            self.free_or_spare(number);
        }
        value
    }

    fn free_or_spare(&mut self, number: usize) {
        let spare_is_empty = self.chunks[self.spare].used == 0 && self.spare != number;
        let retired = !self.chunks[number].has_room();
        if spare_is_empty || retired {
            self.chunks[number].free();
        } else {
            self.spare = number;
        }
    }

    fn open_chunk(&mut self) -> usize {
        while let Some(word) = self.open.get(self.first_open) {
            if *word != 0 {
                return self.first_open * 64 + word.trailing_zeros() as usize;
            }
            self.first_open += 1;
        }
        let number = self.chunks.len();
        // The last place would be `NOWHERE`.
        assert!(number < (NOWHERE >> CHUNK_BITS) as usize, "system_limit: too many timers");
        self.chunks.push(Chunk::new());
        if number / 64 == self.open.len() {
            self.open.push(0);
        }
        self.open[number / 64] |= 1 << (number % 64);
        self.first_open = number / 64;
        number
    }
}

impl<T> Chunk<T> {
    fn new() -> Self {
        Self { places: Vec::new(), vacant: None, used: 0, generation: 0 }
    }

    fn has_room(&self) -> bool {
        usize::from(self.used) < CHUNK && self.generation < u32::MAX
    }

    /// Only while there is room.
    fn insert(&mut self, value: T) -> (u32, u32) {
        self.generation += 1;
        self.used += 1;
        let taken = Place::Taken { generation: self.generation, value };
        let local = if let Some(local) = self.vacant {
            let place = &mut self.places[usize::from(local)];
            let Place::Vacant { next } = *place else { unreachable!("place {local} is taken") };
            *place = taken;
            self.vacant = next;
            u32::from(local)
        } else {
            if self.places.is_empty() {
                self.places.reserve_exact(CHUNK);
            }
            self.places.push(taken);
            self.places.len() as u32 - 1
        };
        (local, self.generation)
    }

    fn remove(&mut self, local: usize) -> T {
        let vacant = Place::Vacant { next: self.vacant };
        let Place::Taken { value, .. } = std::mem::replace(&mut self.places[local], vacant) else {
            unreachable!("place {local} is vacant")
        };
        self.vacant = Some(local as u8);
        self.used -= 1;
        value
    }

    fn free(&mut self) {
        self.places = Vec::new();
        self.vacant = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allocated<T>(slab: &Slab<T>) -> usize {
        slab.chunks.iter().filter(|chunk| chunk.places.capacity() > 0).count()
    }

    #[test]
    fn a_key_names_its_value_alone() {
        let mut slab = Slab::new();
        let first = slab.insert("first");
        assert_eq!(slab.remove(first.place), "first");
        let second = slab.insert("second");
        assert_eq!(second.place, first.place);
        assert_eq!(slab.find(first), None);
        assert_eq!(slab.find(second).map(|place| *slab.get(place)), Some("second"));
        assert_eq!(Key::from_u64(second.as_u64()), second);
        for number in [0, 1, u64::MAX, second.as_u64() + 1] {
            assert_eq!(slab.find(Key::from_u64(number)), None);
        }
    }

    #[test]
    fn memory_goes_when_values_go_and_old_keys_stay_dead() {
        let mut slab = Slab::new();
        let old: Vec<_> = (0..10 * CHUNK).map(|n| slab.insert(n)).collect();
        assert_eq!(allocated(&slab), 10);
        for key in &old[3..] {
            slab.remove(key.place);
        }
        assert_eq!(allocated(&slab), 2, "the one in use and a spare");
        for n in 0..10 * CHUNK {
            slab.insert(n);
        }
        assert!(old[3..].iter().all(|key| slab.find(*key).is_none()));
        assert!(old[..3].iter().all(|key| slab.find(*key).is_some()));
    }

    #[test]
    fn new_values_fill_the_lowest_room() {
        let mut slab = Slab::new();
        let keys: Vec<_> = (0..100 * CHUNK).map(|n| slab.insert(n)).collect();
        for local in [7, 99 * CHUNK, 65 * CHUNK] {
            slab.remove(keys[local].place);
        }
        for local in [7, 65 * CHUNK, 99 * CHUNK] {
            assert_eq!(slab.insert(0).place as usize, local);
        }
        assert_eq!(slab.insert(0).place as usize, 100 * CHUNK);
    }

    #[test]
    fn a_chunk_retires_when_its_generations_run_out() {
        let mut slab = Slab::new();
        slab.insert(0);
        slab.chunks[0].generation = u32::MAX - 1;
        let last = slab.insert(1);
        assert_eq!(last.as_u64() >> 32, u64::from(u32::MAX));
        assert_eq!(slab.insert(2).place as usize, CHUNK, "in the next chunk");
        slab.remove(last.place);
        slab.remove(0);
        assert_eq!(slab.insert(3).place as usize, CHUNK + 1);
        assert_eq!(allocated(&slab), 1);
    }
}
