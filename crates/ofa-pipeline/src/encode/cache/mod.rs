//! The cache of embeddings that were already computed, on disk beside the store.

mod index;

use std::collections::BTreeMap;

use crate::blobs::BlobStore;
use crate::error::{Error, Result};
use index::{Index, Place};

/// What a cached embedding was computed from: 128 bits of a hash.
pub(crate) type Key = u128;

/// Bytes of one key in a segment.
const KEY_BYTES: u64 = 16;

/// Most embeddings that a cache keeps, whatever their width: the index is made for this many.
const MOST_ENTRIES: u64 = 1 << 19;

/// Embeddings by key, bounded, in segments that are written once and never changed.
///
/// A segment holds what one window of records added. Whole segments are dropped, oldest
/// first, and only between two shards: what the cache holds at the start of a shard then
/// depends on the shards before it and on nothing else, so that a run that was killed
/// meets the same hits as one that was not.
///
/// Segment layout, little-endian: count `u64`, `count` keys of 16 bytes, `count`
/// embeddings of `dim` f32.
pub(crate) struct Cache<'a> {
    store: &'a dyn BlobStore,
    prefix: String,
    dim: usize,
    most_entries: u64,
    entries: u64,
    index: Index,
    /// Entries of each segment by number, oldest first.
    segments: BTreeMap<u32, u64>,
}

impl<'a> Cache<'a> {
    /// Opens the cache under `prefix`, keeping of an earlier run the segments for which
    /// `keep` holds. One that is not whole is dropped, with a note: what it held is computed
    /// anew.
    pub(crate) fn open(
        store: &'a dyn BlobStore,
        prefix: &str,
        dim: usize,
        most_bytes: u64,
        keep: impl Fn(u32) -> bool,
        notes: &mut Vec<String>,
    ) -> Result<Self> {
        let most_entries = (most_bytes / (dim as u64 * 4 + KEY_BYTES)).clamp(1, MOST_ENTRIES);
        let mut cache = Self {
            store,
            prefix: prefix.to_owned(),
            dim,
            most_entries,
            entries: 0,
            index: Index::with_capacity(usize::try_from(most_entries).expect("at most 2^19")),
            segments: BTreeMap::new(),
        };
        let names = store
            .list(prefix)
            .map_err(|error| Error::storage(store, prefix, error))?;
        for name in names {
            let number = name[prefix.len()..].parse::<u32>().ok();
            if let Some(number) = number.filter(|&number| keep(number)) {
                if let Some(keys) = cache.keys(number)? {
                    cache.enter(number, &keys);
                    continue;
                }
                notes.push(format!(
                    "{name}: this part of the cache was not whole; what it held is computed anew"
                ));
            }
            store
                .remove(&name)
                .map_err(|error| Error::storage(store, &name, error))?;
        }
        cache.drop_oldest()?;
        Ok(cache)
    }

    /// Copies the embeddings of the keys that are held into `found`, called with the
    /// key's position in `keys`.
    pub(crate) fn look_up(&self, keys: &[Key], mut found: impl FnMut(usize, &[f32])) -> Result<()> {
        let mut places: Vec<(Place, usize)> = keys
            .iter()
            .enumerate()
            .filter_map(|(at, key)| Some((self.index.get(short(*key))?, at)))
            .collect();
        places.sort_unstable_by_key(|(place, _)| (place.segment, place.row));
        let mut row = vec![0_u8; self.dim * 4];
        let mut values = vec![0_f32; self.dim];
        for (place, at) in places {
            let entries = self.segments[&place.segment];
            let name = self.name(place.segment);
            let mut stored = [0; 16];
            self.read(&name, 8 + u64::from(place.row) * KEY_BYTES, &mut stored)?;
            if u128::from_le_bytes(stored) != keys[at] {
                continue;
            }
            let start = 8 + entries * KEY_BYTES + u64::from(place.row) * row.len() as u64;
            self.read(&name, start, &mut row)?;
            for (value, bytes) in values.iter_mut().zip(row.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
            found(at, &values);
        }
        Ok(())
    }

    /// Writes what a window added as the segment `number`, all of it or, where the index has
    /// no room for all, nothing: a cache that is opened again then holds the same.
    ///
    /// # Shapes
    /// `embeddings`: `[keys, dim]`.
    pub(crate) fn add(&mut self, number: u32, keys: &[Key], embeddings: &[f32]) -> Result<()> {
        debug_assert_eq!(keys.len() * self.dim, embeddings.len());
        if keys.is_empty() || keys.len() > self.index.room() {
            return Ok(());
        }
        let name = self.name(number);
        let write = || -> std::io::Result<()> {
            let mut blob = self.store.create(&name)?;
            blob.write_all(&(keys.len() as u64).to_le_bytes())?;
            for key in keys {
                blob.write_all(&key.to_le_bytes())?;
            }
            blob.write_all(bytemuck::cast_slice(embeddings))?;
            blob.commit()
        };
        write().map_err(|error| Error::storage(self.store, &name, error))?;
        self.enter(number, keys);
        Ok(())
    }

    /// Drops whole segments, oldest first, until the bound is kept. To be called between shards.
    pub(crate) fn drop_oldest(&mut self) -> Result<()> {
        while self.entries > self.most_entries {
            let (&number, _) = self.segments.first_key_value().expect("it has entries");
            let keys = self.keys(number)?.ok_or_else(|| {
                let name = self.name(number);
                let changed = std::io::Error::other("it was changed while the run was going on");
                Error::storage(self.store, &name, changed)
            })?;
            for (row, key) in (0..).zip(&keys) {
                self.index.remove(
                    short(*key),
                    Place {
                        segment: number,
                        row,
                    },
                );
            }
            self.segments.remove(&number);
            self.entries -= keys.len() as u64;
            let name = self.name(number);
            self.store
                .remove(&name)
                .map_err(|error| Error::storage(self.store, &name, error))?;
        }
        Ok(())
    }

    fn enter(&mut self, number: u32, keys: &[Key]) {
        for (row, key) in (0..).zip(keys) {
            self.index.insert(
                short(*key),
                Place {
                    segment: number,
                    row,
                },
            );
        }
        self.segments.insert(number, keys.len() as u64);
        self.entries += keys.len() as u64;
    }

    /// The keys of a segment; `None` where it is not whole.
    fn keys(&self, number: u32) -> Result<Option<Vec<Key>>> {
        let name = self.name(number);
        let len = self
            .store
            .len(&name)
            .map_err(|error| Error::storage(self.store, &name, error))?;
        let Some(len) = len.filter(|len| *len >= 8) else {
            return Ok(None);
        };
        let mut count = [0; 8];
        self.read(&name, 0, &mut count)?;
        let count = u64::from_le_bytes(count);
        let entry = KEY_BYTES + self.dim as u64 * 4;
        if count.checked_mul(entry) != Some(len - 8) {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(count * KEY_BYTES).expect("keys fit in memory")];
        self.read(&name, 8, &mut bytes)?;
        let (keys, _) = bytes.as_chunks::<16>();
        Ok(Some(
            keys.iter().map(|key| Key::from_le_bytes(*key)).collect(),
        ))
    }

    fn read(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.store
            .read_at(name, offset, buffer)
            .map_err(|error| Error::storage(self.store, name, error))
    }

    fn name(&self, number: u32) -> String {
        format!("{}{number:08}", self.prefix)
    }
}

/// The part of a key that the index is addressed by; the whole key is compared on a hit.
fn short(key: Key) -> u64 {
    u64::from_le_bytes(key.to_le_bytes()[..8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Folder;

    fn embeddings(first: u32, count: u32) -> (Vec<Key>, Vec<f32>) {
        let keys = (first..first + count)
            .map(|n| Key::from(n) * 0x9E37_79B9_7F4A_7C15)
            .collect();
        let values = (first..first + count)
            .flat_map(|n| [n as f32, 0.5, -1.0])
            .collect();
        (keys, values)
    }

    fn open<'a>(folder: &'a Folder, prefix: &str, most_bytes: u64) -> Cache<'a> {
        let mut notes = Vec::new();
        let cache =
            Cache::open(folder, prefix, 3, most_bytes, |_| true, &mut notes).expect("opened");
        assert!(notes.is_empty());
        cache
    }

    fn hits(cache: &Cache<'_>, keys: &[Key]) -> Vec<usize> {
        let mut hits = Vec::new();
        cache
            .look_up(keys, |at, row| {
                assert_eq!(row, [at as f32, 0.5, -1.0]);
                hits.push(at);
            })
            .expect("looked up");
        hits
    }

    #[test]
    fn the_oldest_segments_go_first_and_a_reopened_cache_is_the_same() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        // 28 bytes an entry: room for 25.
        let mut cache = open(&folder, "cache/t-", 700);
        for number in 0..4 {
            let (keys, values) = embeddings(number * 10, 10);
            cache.add(number, &keys, &values).expect("added");
        }
        cache.drop_oldest().expect("dropped");
        let reopened = open(&folder, "cache/t-", 700);
        let (keys, _) = embeddings(0, 40);
        for cache in [&cache, &reopened] {
            assert_eq!(hits(cache, &keys), (20..40).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_segment_for_which_the_index_has_no_room_is_left_out_whole() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        // Room for 8 entries; the index has 16 slots and takes 12.
        let mut cache = open(&folder, "t-", 8 * 28);
        for (number, first, count) in [(0, 0, 10), (1, 10, 5), (2, 15, 2)] {
            let (keys, values) = embeddings(first, count);
            cache.add(number, &keys, &values).expect("added");
        }
        let (keys, _) = embeddings(0, 17);
        let expected = [(0..10).collect::<Vec<_>>(), vec![15, 16]].concat();
        assert_eq!(hits(&cache, &keys), expected);
        // Between shards the first segment goes, although it is larger than all that is kept.
        cache.drop_oldest().expect("dropped");
        assert_eq!(hits(&cache, &keys), [15, 16]);
        assert_eq!(hits(&open(&folder, "t-", 8 * 28), &keys), [15, 16]);
    }

    #[test]
    fn segments_of_a_shard_that_was_not_finished_are_forgotten() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        let mut cache = open(&folder, "t-", 7_000);
        for number in 0..3 {
            let (keys, values) = embeddings(number * 10, 10);
            cache.add(number, &keys, &values).expect("added");
        }
        let whole = |number| number < 2;
        let reopened =
            Cache::open(&folder, "t-", 3, 7_000, whole, &mut Vec::new()).expect("opened");
        assert_eq!(reopened.entries, 20);
        assert_eq!(folder.list("t-").expect("names").len(), 2);
    }

    #[test]
    fn a_segment_that_is_not_whole_is_dropped_with_a_note() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        let most = u64::MAX.to_le_bytes();
        for (number, bytes) in [&5_u64.to_le_bytes()[..], b"", &most].iter().enumerate() {
            let name = format!("t-{number:08}");
            folder.write(&name, bytes).expect("written");
        }
        let mut notes = Vec::new();
        let cache = Cache::open(&folder, "t-", 3, 700, |_| true, &mut notes).expect("opened");
        assert_eq!(cache.entries, 0);
        assert_eq!(notes.len(), 3);
        assert!(notes[0].contains("t-00000000"), "{notes:?}");
        assert!(folder.list("t-").expect("names").is_empty());
    }
}
