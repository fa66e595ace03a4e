//! The rows of the shard at hand.

use std::fmt::Write as _;

use half::f16;
use ofa_data::Skip;

use super::state::{notes_part, skipped_part};
use crate::blobs::BlobStore;
use crate::error::{Error, Result};
use crate::store::{Fingerprints, NoteLine, SkippedLine, shard_name, write_shard};

/// Features and skipped records of one shard, until it is written.
pub(super) struct ShardBuffer {
    pub(super) number: u32,
    dim: usize,
    index: Vec<i64>,
    image: Vec<f16>,
    text: Vec<f16>,
    skipped: String,
    notes: String,
}

impl ShardBuffer {
    pub(super) fn new(number: u32, dim: usize) -> Self {
        Self {
            number,
            dim,
            index: Vec::new(),
            image: Vec::new(),
            text: Vec::new(),
            skipped: String::new(),
            notes: String::new(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.index.len()
    }

    pub(super) fn push(&mut self, index: u64, image: &[f16], text: &[f16]) {
        debug_assert!(image.len() == self.dim && text.len() == self.dim);
        self.index
            .push(i64::try_from(index).expect("datasets have fewer than 2^63 records"));
        self.image.extend_from_slice(image);
        self.text.extend_from_slice(text);
    }

    pub(super) fn skip(&mut self, index: u64, skip: Skip) {
        let line = SkippedLine {
            index,
            reason: skip.reason.to_string(),
            detail: skip.detail,
        };
        let line = serde_json::to_string(&line).expect("plain data");
        writeln!(self.skipped, "{line}").expect("a string takes everything");
    }

    pub(super) fn note(&mut self, note: &NoteLine) {
        let line = serde_json::to_string(note).expect("plain data");
        writeln!(self.notes, "{line}").expect("a string takes everything");
    }

    /// Writes the lists of skipped records and of notes, then the shard, whose name makes both count.
    pub(super) fn write(
        &self,
        store: &dyn BlobStore,
        fingerprints: &Fingerprints,
    ) -> Result<String> {
        for (part, lines) in [
            (notes_part(self.number), &self.notes),
            (skipped_part(self.number), &self.skipped),
        ] {
            store
                .write(&part, lines.as_bytes())
                .map_err(|error| Error::storage(store, &part, error))?;
        }
        let name = shard_name(self.number);
        write_shard(
            store,
            &name,
            fingerprints,
            self.dim,
            &self.index,
            &self.image,
            &self.text,
        )?;
        Ok(name)
    }
}
