//! Which images a row has, without reading them where that can be had.

use std::collections::HashMap;

use parquet::data_type::{ByteArray, ByteArrayType};

use super::batches::MAX_ROWS;
use super::file::File;
use super::guard::Found;
use super::layout::ImageLeaves;
use super::leaf::{LeafReader, Levels};

/// A place for an image in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    /// Its position among the places of the row, null or not.
    pub(super) nth: usize,
    /// Whether the image itself is there.
    pub(super) embedded: bool,
    /// Its path as it stands, or nothing.
    pub(super) path: Option<ByteArray>,
}

/// Whether the images themselves are in a row group, as far as its statistics tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Wherever there is an image at all.
    Always,
    Never,
    /// Only the column itself tells.
    Mixed,
}

/// Reads the places of one column of images.
pub(super) struct SlotReader {
    path: Option<LeafReader<ByteArrayType>>,
    bytes: Option<LeafReader<ByteArrayType>>,
    presence: HashMap<usize, Presence>,
}

impl SlotReader {
    pub(super) fn new(leaves: &ImageLeaves) -> Self {
        Self {
            path: leaves.path.map(LeafReader::new),
            bytes: leaves.bytes.map(LeafReader::new),
            presence: HashMap::new(),
        }
    }

    /// The places in `count` rows of a row group from its row `start` on.
    ///
    /// Paths are read, images are not: whether they are there follows from the number of nulls
    /// that the file states. Only where some images of the row group are missing, or where the
    /// column is a list of nothing but images, are its pages read, and dropped.
    pub(super) fn read(
        &mut self,
        file: &File,
        leaves: &ImageLeaves,
        group: usize,
        start: u64,
        count: u64,
    ) -> Found<Vec<Vec<Slot>>> {
        let presence = self.presence(file, leaves, group)?;
        let Some(path) = &mut self.path else {
            if presence == Presence::Always && !leaves.repeated {
                let slot = Slot {
                    nth: 0,
                    embedded: true,
                    path: None,
                };
                return Ok(vec![vec![slot]; count as usize]);
            }
            return self.read_bytes(file, leaves, group, start, count);
        };
        let levels = path.read(file, group, start, count)?;
        let max = file.schema().column(path.leaf()).max_def_level();
        let mut rows = slots(leaves, max, levels, count, |slot, level, value| {
            slot.embedded = presence == Presence::Always && level >= leaves.present;
            slot.path = value;
        });
        if presence == Presence::Mixed {
            let embedded = self.read_bytes(file, leaves, group, start, count)?;
            for (row, embedded) in rows.iter_mut().zip(embedded) {
                if row.len() != embedded.len() {
                    return Err("a list has other lengths in its two parts".to_owned());
                }
                for (slot, other) in row.iter_mut().zip(embedded) {
                    slot.embedded = other.embedded;
                }
            }
        }
        Ok(rows)
    }

    /// The places as the images' own column has them. A few rows' images are held at a time.
    fn read_bytes(
        &mut self,
        file: &File,
        leaves: &ImageLeaves,
        group: usize,
        start: u64,
        count: u64,
    ) -> Found<Vec<Vec<Slot>>> {
        let Some(bytes) = &mut self.bytes else {
            return Ok(vec![]);
        };
        let max = file.schema().column(bytes.leaf()).max_def_level();
        let step = rows_at_a_time(file, group, bytes.leaf());
        let mut rows = vec![];
        let mut read = 0;
        while read < count {
            let step = step.min(count - read);
            let levels = bytes.read(file, group, start + read, step)?;
            rows.extend(slots(leaves, max, levels, step, |slot, level, _| {
                slot.embedded = level == max;
            }));
            read += step;
        }
        Ok(rows)
    }

    fn presence(&mut self, file: &File, leaves: &ImageLeaves, group: usize) -> Found<Presence> {
        let Some(bytes) = leaves.bytes else {
            return Ok(Presence::Never);
        };
        if let Some(presence) = self.presence.get(&group) {
            return Ok(*presence);
        }
        let chunk = file.chunk(group, bytes);
        let nulls = chunk.statistics().and_then(|found| found.null_count_opt());
        let values = u64::try_from(chunk.num_values()).ok();
        let presence = match nulls {
            Some(0) => Presence::Always,
            Some(nulls) if Some(nulls) == values => Presence::Never,
            Some(nulls) if leaves.path.is_some() => {
                match self.missing(file, leaves, group)? == nulls {
                    true => Presence::Always,
                    false => Presence::Mixed,
                }
            }
            _ => Presence::Mixed,
        };
        self.presence.insert(group, presence);
        Ok(presence)
    }

    /// How many values of a row group are null because there is no image for them to be part of.
    /// Where the images' column has that many nulls, none of its nulls is an image's own.
    fn missing(&mut self, file: &File, leaves: &ImageLeaves, group: usize) -> Found<u64> {
        let Some(leaf) = leaves.path else {
            return Ok(0);
        };
        let mut path = LeafReader::<ByteArrayType>::new(leaf);
        let (mut missing, mut row) = (0, 0);
        while row < file.rows_in(group) {
            let count = MAX_ROWS.min(file.rows_in(group) - row);
            let levels = path.read(file, group, row, count)?;
            let is_missing = |level: &&i16| **level < leaves.present;
            missing += levels.definition.iter().filter(is_missing).count() as u64;
            row += count;
        }
        Ok(missing)
    }
}

/// How many rows of images are read at a time, from 1 to 256: about 4 MiB of them.
pub(super) fn rows_at_a_time(file: &File, group: usize, leaf: usize) -> u64 {
    let mean = file.mean_row(group, &[leaf], |chunk| chunk.compressed_size());
    ((4 << 20) / mean.max(1)).clamp(1, MAX_ROWS)
}

/// The places in these levels, by row.
pub(super) fn slots(
    leaves: &ImageLeaves,
    max: i16,
    levels: Levels<ByteArrayType>,
    count: u64,
    mut fill: impl FnMut(&mut Slot, i16, Option<ByteArray>),
) -> Vec<Vec<Slot>> {
    let mut rows: Vec<Vec<Slot>> = Vec::with_capacity(count as usize);
    let mut values = levels.values.into_iter();
    let total = match max {
        0 => count as usize,
        _ => levels.definition.len(),
    };
    for at in 0..total {
        let level = levels.definition.get(at).copied().unwrap_or(max);
        if !leaves.repeated || levels.repetition.get(at) == Some(&0) {
            rows.push(vec![]);
        }
        let value = (level == max).then(|| values.next()).flatten();
        if level >= leaves.slot
            && let Some(row) = rows.last_mut()
        {
            let mut slot = Slot {
                nth: row.len(),
                embedded: false,
                path: None,
            };
            fill(&mut slot, level, value);
            row.push(slot);
        }
    }
    rows.resize(count as usize, vec![]);
    rows
}
