//! How far encoding has come.

use serde::Serialize;

use crate::store::ReasonCounts;

/// Counts of a run of encoding.
///
/// `records_*`, `rows`, `skipped` and `notes` include what earlier runs over the same store did; the
/// counts of images and turns are of this run.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EncodeProgress {
    /// Records to be done in all.
    pub records: u64,
    /// Records done; within a window, the share of its batches that has run.
    pub records_done: u64,
    /// Records that earlier runs had done.
    pub records_resumed: u64,
    /// Records that have features.
    pub rows: u64,
    /// Records that have none, by reason.
    pub skipped: ReasonCounts,
    /// Images that were found under another name or left out, by kind of note.
    pub notes: ReasonCounts,
    /// Images that records named.
    pub image_uses: u64,
    /// Images that were not known yet, and so were read.
    pub images_tried: u64,
    /// Images that went through the model: those of them that could be decoded.
    pub images_encoded: u64,
    /// Human turns that records have.
    pub turn_uses: u64,
    /// Turns that went through the model.
    pub turns_encoded: u64,
}

impl EncodeProgress {
    /// Share of the images that were known already, from 0 to 1.
    #[must_use]
    pub fn image_hit_rate(&self) -> f64 {
        hit_rate(self.image_uses, self.images_tried)
    }

    /// Share of the turns that were known already, from 0 to 1.
    #[must_use]
    pub fn turn_hit_rate(&self) -> f64 {
        hit_rate(self.turn_uses, self.turns_encoded)
    }
}

fn hit_rate(uses: u64, computed: u64) -> f64 {
    if uses == 0 {
        0.0
    } else {
        1.0 - computed as f64 / uses as f64
    }
}
