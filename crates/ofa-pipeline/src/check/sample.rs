//! Which images are decoded where not all of them are.

use ofa_data::DatasetImages;

use super::images::{KnownImages, Untried};
use super::{STEP_RECORDS, images_to_encode};
use crate::encode::MultiImage;
use crate::error::Result;

/// Distinct images that are decoded.
const IMAGES: u64 = 200;

/// Records of a stretch in which an image is looked for. A stretch without one among these is
/// most likely one of text, and the next ones make up for it.
const MOST_TRIES: u64 = 256;

/// Distinct images, spread evenly over the dataset: it is cut into stretches of equal length, and
/// each gives its first images. Nothing is drawn, so the same dataset has the same sample.
pub(super) struct Sample {
    records: u64,
    stretches: u64,
    stretch: u64,
    /// The next record of the stretch.
    next: u64,
    taken: u64,
    taken_here: u64,
}

impl Sample {
    pub(super) fn of(records: u64) -> Self {
        Self {
            records,
            stretches: records.min(IMAGES),
            stretch: 0,
            next: 0,
            taken: 0,
            taken_here: 0,
        }
    }

    /// Looks for the next images that are to be decoded, some `most`; fewer where they are rare.
    pub(super) fn untried(
        &mut self,
        images: &DatasetImages,
        multi_image: MultiImage,
        known: &mut KnownImages,
        most: usize,
    ) -> Result<Untried> {
        let mut untried = Untried::default();
        for _ in 0..STEP_RECORDS {
            while self.stretch < self.stretches && self.is_done_here() {
                self.stretch += 1;
                self.next = self.start_of(self.stretch);
                self.taken_here = 0;
            }
            if self.is_done() || untried.has(most) {
                break;
            }
            let position = self.next;
            self.next += 1;
            let Ok(record) = images.dataset().record(position)? else {
                continue;
            };
            let Ok(used) = images_to_encode(&record, multi_image) else {
                continue;
            };
            for (nth, reference) in (0..).zip(used) {
                if self.taken_here >= self.allowance() {
                    break;
                }
                // What comes of it is kept, and asked for when the record's turn comes.
                let before = untried.len();
                known.collect(images, position, nth, reference, &mut untried);
                let new = (untried.len() - before) as u64;
                self.taken += new;
                self.taken_here += new;
            }
        }
        Ok(untried)
    }

    /// Whether that was all.
    pub(super) fn is_done(&self) -> bool {
        self.stretch == self.stretches
    }

    fn is_done_here(&self) -> bool {
        let start = self.start_of(self.stretch);
        let end = self.start_of(self.stretch + 1).min(start + MOST_TRIES);
        self.next >= end || self.taken_here >= self.allowance()
    }

    /// Images that this stretch may give: its share, and as much again for earlier ones that had
    /// too few.
    fn allowance(&self) -> u64 {
        let due = share(IMAGES, self.stretch + 1, self.stretches);
        let before = self.taken - self.taken_here;
        let most = 2 * IMAGES.div_ceil(self.stretches);
        due.saturating_sub(before).min(most)
    }

    fn start_of(&self, stretch: u64) -> u64 {
        share(self.records, stretch, self.stretches)
    }
}

/// `of * part / parts`, without overflow.
fn share(of: u64, part: u64, parts: u64) -> u64 {
    let share = u128::from(of) * u128::from(part) / u128::from(parts);
    u64::try_from(share).unwrap_or(u64::MAX)
}
