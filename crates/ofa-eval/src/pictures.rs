//! The pictures of a dataset as the answer model sees them, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use burn::tensor::backend::Backend;
use rayon::prelude::*;

use crate::Result;
use crate::frozen_encoder::{FrozenEncoder, FrozenSizes};

/// Pictures that are encoded at a time.
const BATCH: usize = 64;

/// Features of pictures by the path that records name them by.
#[derive(Debug, Clone)]
pub struct Pictures {
    sizes: FrozenSizes,
    number_of: BTreeMap<String, u32>,
    /// `[side * side, width]` of each.
    patches: Vec<f32>,
    /// `[embedding]` of each.
    embeddings: Vec<f32>,
}

impl Pictures {
    /// None yet.
    #[must_use]
    pub fn new(sizes: FrozenSizes) -> Self {
        Self {
            sizes,
            number_of: BTreeMap::new(),
            patches: Vec::new(),
            embeddings: Vec::new(),
        }
    }

    /// Reads those of the paths below `root` that can be decoded. Each file is looked at once.
    ///
    /// # Errors
    /// Where the backend fails.
    pub fn read<'a, B: Backend>(
        root: &Path,
        paths: impl IntoIterator<Item = &'a str>,
        encoder: &FrozenEncoder<B>,
    ) -> Result<Self> {
        let mut distinct: Vec<&str> = paths.into_iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut pictures = Self::new(encoder.sizes());
        for paths in distinct.chunks(BATCH) {
            let shown: Vec<(&str, Vec<f32>)> = paths
                .par_iter()
                .filter_map(|path| {
                    let bytes = fs::read(root.join(path)).ok()?;
                    Some((
                        *path,
                        encoder.pixel_values(&ofa_data::decode(&bytes).ok()?)?,
                    ))
                })
                .collect();
            if shown.is_empty() {
                continue;
            }
            let values: Vec<f32> = (shown.iter().flat_map(|(_, values)| values))
                .copied()
                .collect();
            let features = encoder.picture_features(values, shown.len())?;
            let sizes = encoder.sizes();
            let patches = features.patches.chunks_exact(sizes.patch_values());
            let embeddings = features.embeddings.chunks_exact(sizes.embedding);
            for ((path, _), (patches, embedding)) in shown.iter().zip(patches.zip(embeddings)) {
                pictures.push(path, patches, embedding);
            }
        }
        Ok(pictures)
    }

    /// Adds a picture.
    pub(crate) fn push(&mut self, path: &str, patches: &[f32], embedding: &[f32]) {
        assert_eq!(patches.len(), self.sizes.patch_values(), "{path}");
        assert_eq!(embedding.len(), self.sizes.embedding, "{path}");
        let number = self.number_of.len() as u32;
        self.number_of.insert(path.to_owned(), number);
        self.patches.extend_from_slice(patches);
        self.embeddings.extend_from_slice(embedding);
    }

    /// How much is known of each picture.
    #[must_use]
    pub fn sizes(&self) -> FrozenSizes {
        self.sizes
    }

    /// The number of a path's picture, where it could be read.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<u32> {
        self.number_of.get(path).copied()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.number_of.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.number_of.is_empty()
    }

    /// The patches of some pictures one after the other, each `[side * side, width]`.
    pub(crate) fn patches(&self, numbers: &[u32]) -> Vec<f32> {
        gathered(&self.patches, self.sizes.patch_values(), numbers)
    }

    /// The embeddings of some pictures one after the other.
    pub(crate) fn embeddings(&self, numbers: &[u32]) -> Vec<f32> {
        gathered(&self.embeddings, self.sizes.embedding, numbers)
    }
}

/// Some rows of a table.
pub(crate) fn gathered(rows: &[f32], width: usize, numbers: &[u32]) -> Vec<f32> {
    let mut values = Vec::with_capacity(numbers.len() * width);
    for &number in numbers {
        values.extend_from_slice(&rows[number as usize * width..][..width]);
    }
    values
}
