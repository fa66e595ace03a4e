//! The pictures of a dataset as the answer model sees them: 64x64 pixels of 8 bits, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ofa_clip::Preprocessor;
use rayon::prelude::*;

/// Pixels on a side.
pub const SIDE: usize = 64;

/// Bytes of a picture.
pub(crate) const BYTES: usize = SIDE * SIDE * 3;

/// Cells on a side of the grid that the first layer looks through.
pub(crate) const CELLS: usize = 16;

/// Values of a cell: 8x8 pixels, of which neighbouring cells share half.
pub(crate) const CELL_VALUES: usize = PATCH * PATCH * 3;

const PATCH: usize = 8;
const STRIDE: usize = SIDE / CELLS;

/// What a picture is resized by: as the demo encoder's own, so that no method sees more than the
/// model that measures it.
const PREPROCESSING: &[u8] =
    br#"{"size": {"shortest_edge": 64}, "crop_size": {"height": 64, "width": 64}}"#;

/// Pictures by the path that records name them by.
#[derive(Debug, Default, Clone)]
pub struct Pictures {
    number_of: BTreeMap<String, u32>,
    /// `[height, width, 3]` of each.
    pixels: Vec<u8>,
}

impl Pictures {
    /// Reads those of the paths below `root` that can be decoded.
    #[must_use]
    pub fn read<'a>(root: &Path, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let preprocessor = Preprocessor::from_json(PREPROCESSING).expect("a valid constant");
        let mut distinct: Vec<&str> = paths.into_iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let decoded: Vec<Option<Vec<u8>>> = distinct
            .par_iter()
            .map(|path| {
                let bytes = fs::read(root.join(path)).ok()?;
                let image = ofa_data::decode(&bytes).ok()?;
                let (width, height) = (image.width as usize, image.height as usize);
                preprocessor.pixels(width, height, &image.pixels).ok()
            })
            .collect();
        let mut pictures = Self::default();
        for (path, pixels) in distinct.into_iter().zip(decoded) {
            if let Some(pixels) = pixels {
                pictures.push(path, &pixels);
            }
        }
        pictures
    }

    /// Adds a picture of [`SIDE`] by [`SIDE`] pixels.
    pub(crate) fn push(&mut self, path: &str, pixels: &[u8]) {
        assert_eq!(pixels.len(), BYTES, "{path}");
        let number = (self.pixels.len() / BYTES) as u32;
        self.number_of.insert(path.to_owned(), number);
        self.pixels.extend_from_slice(pixels);
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

    /// The cells of some pictures one after the other, each `[CELLS * CELLS, CELL_VALUES]`: row by
    /// row, values about between -2 and 2, 0 beyond the edge.
    pub(crate) fn cells(&self, numbers: &[u32]) -> Vec<f32> {
        let mut values = vec![0.0; numbers.len() * CELLS * CELLS * CELL_VALUES];
        let levels: Vec<f32> = (0..256)
            .map(|level| (level as f32 - 128.0) / 64.0)
            .collect();
        let margin = (PATCH - STRIDE) / 2;
        let pictures = values.chunks_exact_mut(CELLS * CELLS * CELL_VALUES);
        for (&number, picture) in numbers.iter().zip(pictures) {
            let pixels = &self.pixels[number as usize * BYTES..][..BYTES];
            for (nth, cell) in picture.chunks_exact_mut(CELL_VALUES).enumerate() {
                let (row, column) = (nth / CELLS, nth % CELLS);
                // The part of the cell that is inside of the picture.
                let first = (column * STRIDE).saturating_sub(margin);
                let last = (column * STRIDE + PATCH - margin).min(SIDE);
                let skipped = first + margin - column * STRIDE;
                for line in 0..PATCH {
                    let Some(y) = (row * STRIDE + line).checked_sub(margin) else {
                        continue;
                    };
                    if y >= SIDE {
                        continue;
                    }
                    let from = &pixels[(y * SIDE + first) * 3..(y * SIDE + last) * 3];
                    let to = &mut cell[(line * PATCH + skipped) * 3..];
                    for (value, &pixel) in to.iter_mut().zip(from) {
                        *value = levels[usize::from(pixel)];
                    }
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_overlap_and_keep_within_the_picture() {
        let mut pixels = vec![128; BYTES];
        // One pixel at row 5, column 62, green.
        pixels[(5 * SIDE + 62) * 3 + 1] = 192;
        let mut pictures = Pictures::default();
        pictures.push("a", &pixels);
        let cells = pictures.cells(&[0]);
        let mut lit = Vec::new();
        for (at, &value) in cells.iter().enumerate() {
            if value != 0.0 && at / CELL_VALUES != 0 {
                let inside = at % CELL_VALUES;
                lit.push((
                    at / CELL_VALUES,
                    inside / 3 / PATCH,
                    inside / 3 % PATCH,
                    inside % 3,
                ));
            }
        }
        // Cells of rows 0 and 1 (lines -2..6 and 2..10) and columns 14 and 15 (54..62, 58..66).
        assert_eq!(lit, [(15, 7, 4, 1), (31, 3, 4, 1)]);
    }
}
