//! Where each cached embedding lies: an open-addressing table of fixed size.

/// Marks an empty slot; a key of this value is moved by one.
const EMPTY: u64 = u64::MAX;

/// A place in the cache: the segment's number and the row within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) row: u32,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    place: Place,
}

/// A hash table from key to [`Place`] that never grows.
///
/// All its memory is written when it is made, so that a run over many records shows the
/// same peak as a run over few.
#[derive(Debug)]
pub(crate) struct Index {
    slots: Vec<Slot>,
    entries: usize,
}

impl Index {
    /// A table for `capacity` entries, half full when it holds them.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let empty = Slot {
            key: EMPTY,
            place: Place {
                segment: u32::MAX,
                row: u32::MAX,
            },
        };
        Self {
            slots: vec![empty; (capacity.max(8) * 2).next_power_of_two()],
            entries: 0,
        }
    }

    /// How many further entries it takes before look-ups become slow.
    pub(crate) fn room(&self) -> usize {
        (self.slots.len() / 4 * 3).saturating_sub(self.entries)
    }

    pub(crate) fn get(&self, key: u64) -> Option<Place> {
        let slot = &self.slots[self.find(key)];
        (slot.key != EMPTY).then_some(slot.place)
    }

    /// Sets the place of a key; a full table takes no new keys.
    pub(crate) fn insert(&mut self, key: u64, place: Place) {
        let at = self.find(key);
        if self.slots[at].key == EMPTY {
            if self.room() == 0 {
                return;
            }
            self.entries += 1;
        }
        self.slots[at] = Slot {
            key: Self::stored(key),
            place,
        };
    }

    /// Forgets a key if it still lies at `place`.
    pub(crate) fn remove(&mut self, key: u64, place: Place) {
        let mut hole = self.find(key);
        if self.slots[hole].key == EMPTY || self.slots[hole].place != place {
            return;
        }
        self.entries -= 1;
        // Later entries of the same run move up, so that no look-up stops at the hole.
        let mask = self.slots.len() - 1;
        let mut next = (hole + 1) & mask;
        while self.slots[next].key != EMPTY {
            let home = self.home(self.slots[next].key);
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.slots[hole] = self.slots[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.slots[hole].key = EMPTY;
    }

    fn find(&self, key: u64) -> usize {
        let key = Self::stored(key);
        let mask = self.slots.len() - 1;
        let mut at = self.home(key);
        while self.slots[at].key != EMPTY && self.slots[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    fn home(&self, key: u64) -> usize {
        // Keys are bits of a cryptographic hash: any of them spread evenly.
        usize::try_from(key & (self.slots.len() as u64 - 1)).expect("below the table's length")
    }

    fn stored(key: u64) -> u64 {
        if key == EMPTY { EMPTY - 1 } else { key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_agrees_with_a_hash_map_under_inserts_and_removals() {
        let mut index = Index::with_capacity(512);
        let mut model: HashMap<u64, Place> = HashMap::new();
        let mut state = 1_u64;
        for step in 0..20_000_u32 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Few distinct keys that share their low bits: long runs, many collisions.
            let key = ((state >> 33) % 600) << 3;
            let place = Place {
                segment: step % 7,
                row: step,
            };
            if state >> 63 == 0 {
                index.insert(key, place);
                model.insert(key, place);
            } else if let Some(&held) = model.get(&key) {
                index.remove(
                    key,
                    Place {
                        segment: 99,
                        row: 0,
                    },
                );
                assert_eq!(index.get(key), Some(held));
                index.remove(key, held);
                model.remove(&key);
            }
            assert_eq!(index.get(key), model.get(&key).copied());
        }
        for (key, place) in &model {
            assert_eq!(index.get(*key), Some(*place));
        }
    }

    #[test]
    fn a_full_table_keeps_what_it_has() {
        let mut index = Index::with_capacity(8);
        for key in 0..100 {
            index.insert(key, Place { segment: 0, row: 0 });
        }
        assert_eq!(index.room(), 0);
        assert!(index.get(0).is_some());
        assert!(index.get(99).is_none());
    }
}
