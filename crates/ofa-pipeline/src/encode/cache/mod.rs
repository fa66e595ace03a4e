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
    /// `keep` holds.
    pub(crate) fn open(
        store: &'a dyn BlobStore,
        prefix: &str,
        dim: usize,
        most_bytes: u64,
        keep: impl Fn(u32) -> bool,
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
            match number {
                Some(number) if keep(number) => cache.load(number)?,
                _ => store
                    .remove(&name)
                    .map_err(|error| Error::storage(store, &name, error))?,
            }
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

    /// Writes what a window added as the segment `number`.
    ///
    /// # Shapes
    /// `embeddings`: `[keys, dim]`.
    pub(crate) fn add(&mut self, number: u32, keys: &[Key], embeddings: &[f32]) -> Result<()> {
        debug_assert_eq!(keys.len() * self.dim, embeddings.len());
        if keys.is_empty() || self.index.is_full() {
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
        while self.entries > self.most_entries && self.segments.len() > 1 {
            let (&number, _) = self.segments.first_key_value().expect("more than one");
            let keys = self.keys(number)?;
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

    fn load(&mut self, number: u32) -> Result<()> {
        let keys = self.keys(number)?;
        self.enter(number, &keys);
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

    fn keys(&self, number: u32) -> Result<Vec<Key>> {
        let name = self.name(number);
        let mut count = [0; 8];
        self.read(&name, 0, &mut count)?;
        let count = u64::from_le_bytes(count);
        let expected = 8 + count.saturating_mul(KEY_BYTES + self.dim as u64 * 4);
        let len = self
            .store
            .len(&name)
            .map_err(|error| Error::storage(self.store, &name, error))?;
        if len != Some(expected) {
            return Err(Error::CacheSegment {
                name,
                expected,
                found: len.unwrap_or(0),
            });
        }
        let mut bytes = vec![0; usize::try_from(count * KEY_BYTES).expect("keys fit in memory")];
        self.read(&name, 8, &mut bytes)?;
        Ok(bytes
            .as_chunks::<16>()
            .0
            .iter()
            .map(|key| Key::from_le_bytes(*key))
            .collect())
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

    #[test]
    fn the_oldest_segments_go_first_and_a_reopened_cache_is_the_same() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        // 28 bytes an entry: room for 25.
        let mut cache = Cache::open(&folder, "cache/t-", 3, 700, |_| true).expect("opened");
        for number in 0..4 {
            let (keys, values) = embeddings(number * 10, 10);
            cache.add(number, &keys, &values).expect("added");
        }
        cache.drop_oldest().expect("dropped");
        let reopened = Cache::open(&folder, "cache/t-", 3, 700, |_| true).expect("opened");
        let (keys, _) = embeddings(0, 40);
        for cache in [&cache, &reopened] {
            let mut hits = Vec::new();
            cache
                .look_up(&keys, |at, row| {
                    assert_eq!(row, [at as f32, 0.5, -1.0]);
                    hits.push(at);
                })
                .expect("looked up");
            assert_eq!(hits, (20..40).collect::<Vec<_>>());
        }
    }

    #[test]
    fn segments_of_a_shard_that_was_not_finished_are_forgotten() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        let mut cache = Cache::open(&folder, "t-", 3, 7_000, |_| true).expect("opened");
        for number in 0..3 {
            let (keys, values) = embeddings(number * 10, 10);
            cache.add(number, &keys, &values).expect("added");
        }
        let reopened = Cache::open(&folder, "t-", 3, 7_000, |number| number < 2).expect("opened");
        assert_eq!(reopened.entries, 20);
        assert_eq!(folder.list("t-").expect("names").len(), 2);
    }

    #[test]
    fn a_segment_of_the_wrong_length_is_an_error_that_names_it() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        folder
            .write("t-00000000", &5_u64.to_le_bytes())
            .expect("written");
        let error = Cache::open(&folder, "t-", 3, 700, |_| true)
            .err()
            .expect("refused");
        assert!(error.to_string().contains("t-00000000"), "{error}");
    }
}
