//! What of the host's JavaScript holds.

/// Values that JavaScript knows by numbers, which are used again.
pub(super) struct Table<T> {
    places: Vec<Option<T>>,
}

impl<T> Table<T> {
    pub(super) const fn new() -> Self {
        Table { places: Vec::new() }
    }

    pub(super) fn keep(&mut self, value: T) -> u32 {
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or(self.places.len());
        if free.is_none() {
            self.places.push(None);
        }
        self.places[place] = Some(value);
        u32::try_from(place).expect("the host bounds the number of handles")
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.places.get(number as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.places.get_mut(number as usize)?.as_mut()
    }

    pub(super) fn take(&mut self, number: u32) -> Option<T> {
        self.places.get_mut(number as usize)?.take()
    }
}
