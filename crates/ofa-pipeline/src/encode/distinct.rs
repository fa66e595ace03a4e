//! The distinct images or turns of a window, each with its embedding once it is known.

use std::collections::HashMap;

use ofa_data::Skip;

use super::cache::{Cache, Key};
use crate::error::Result;

/// What is known of one item.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Wanted,
    Embedded,
    Failed(Skip),
}

/// Items without repetition, in the order in which they first appeared.
pub(crate) struct Distinct<T> {
    dim: usize,
    by_key: HashMap<Key, u32>,
    keys: Vec<Key>,
    items: Vec<T>,
    entries: Vec<Entry>,
    /// `[items, dim]`; rows of items that have no embedding are zero.
    embeddings: Vec<f32>,
    /// Items that this window computed, in the order of computation.
    computed: Vec<u32>,
}

impl<T> Distinct<T> {
    pub(crate) fn new(dim: usize) -> Self {
        Self {
            dim,
            by_key: HashMap::new(),
            keys: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            embeddings: Vec::new(),
            computed: Vec::new(),
        }
    }

    /// The number of the item with this key, which `item` makes where it is new.
    pub(crate) fn number(&mut self, key: Key, item: impl FnOnce() -> T) -> u32 {
        *self.by_key.entry(key).or_insert_with(|| {
            let number = u32::try_from(self.items.len()).expect("a window is small");
            self.keys.push(key);
            self.items.push(item());
            self.entries.push(Entry::Wanted);
            number
        })
    }

    /// Takes what the cache holds; gives the numbers of the items that are still wanted.
    pub(crate) fn recall(&mut self, cache: &Cache<'_>) -> Result<Vec<u32>> {
        self.embeddings.resize(self.items.len() * self.dim, 0.0);
        let (entries, embeddings, dim) = (&mut self.entries, &mut self.embeddings, self.dim);
        cache.look_up(&self.keys, |number, row| {
            embeddings[number * dim..][..dim].copy_from_slice(row);
            entries[number] = Entry::Embedded;
        })?;
        Ok((0..)
            .zip(&self.entries)
            .filter(|(_, entry)| **entry == Entry::Wanted)
            .map(|(number, _)| number)
            .collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn item(&self, number: u32) -> &T {
        &self.items[number as usize]
    }

    /// Says that an item has no embedding, also where one was entered.
    pub(crate) fn fail(&mut self, number: u32, skip: Skip) {
        self.computed.retain(|&computed| computed != number);
        self.entries[number as usize] = Entry::Failed(skip);
    }

    /// Enters the embeddings that a batch gave.
    ///
    /// # Shapes
    /// `rows`: `[numbers, dim]`.
    pub(crate) fn enter(&mut self, numbers: &[u32], rows: &[f32]) {
        self.embeddings.resize(self.items.len() * self.dim, 0.0);
        for (&number, row) in numbers.iter().zip(rows.chunks_exact(self.dim)) {
            self.embeddings[number as usize * self.dim..][..self.dim].copy_from_slice(row);
            self.entries[number as usize] = Entry::Embedded;
            self.computed.push(number);
        }
    }

    /// An item's embedding, or why it has none.
    ///
    /// # Panics
    /// When the item was neither entered nor failed.
    pub(crate) fn embedding(&self, number: u32) -> Result<&[f32], &Skip> {
        match &self.entries[number as usize] {
            Entry::Embedded => Ok(&self.embeddings[number as usize * self.dim..][..self.dim]),
            Entry::Failed(skip) => Err(skip),
            Entry::Wanted => panic!("item {number} of the window was never embedded"),
        }
    }

    /// The items that this window computed: their keys and embeddings, for the cache.
    pub(crate) fn computed(&self) -> (Vec<Key>, Vec<f32>) {
        let keys = self
            .computed
            .iter()
            .map(|&n| self.keys[n as usize])
            .collect();
        let rows = self
            .computed
            .iter()
            .flat_map(|&n| &self.embeddings[n as usize * self.dim..][..self.dim])
            .copied()
            .collect();
        (keys, rows)
    }
}
