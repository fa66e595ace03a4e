//! Frozen embeddings: rows of an image and a text vector each, in f16.
//!
//! # Units
//! An embedding is L2-normalised by the encoder before it is stored as f16. Here it is widened
//! to f32, which is exact, and not normalised again. Rows of another length (features from
//! elsewhere) are taken as they are.
use half::f16;

use crate::arithmetic::{for_each_width, prefetch, sum_of_squares, sums_of_squares, widen};
use crate::{Error, Result, parallel};

/// Rows of image and text embeddings, wherever they live (memory, a mapped file, shards).
///
/// # Shapes
/// `image(row)` and `text(row)` are f16 `[dim]`.
pub trait FeatureRows: Sync {
    /// How many rows there are.
    fn rows(&self) -> usize;

    /// The width of one embedding (512 for CLIP ViT-B/32).
    fn dim(&self) -> usize;

    /// The image embedding of `row`.
    fn image(&self, row: usize) -> &[f16];

    /// The text embedding of `row`.
    fn text(&self, row: usize) -> &[f16];

    /// The position of the row's record in its dataset, from 0; increasing in `row`.
    /// Without another source it is the row itself.
    fn index(&self, row: usize) -> u64 {
        row as u64
    }
}

impl<F: FeatureRows + ?Sized> FeatureRows for &F {
    fn rows(&self) -> usize {
        (**self).rows()
    }
    fn dim(&self) -> usize {
        (**self).dim()
    }
    fn image(&self, row: usize) -> &[f16] {
        (**self).image(row)
    }
    fn text(&self, row: usize) -> &[f16] {
        (**self).text(row)
    }
    fn index(&self, row: usize) -> u64 {
        (**self).index(row)
    }
}

/// Feature rows held in memory.
///
/// # Shapes
/// `image` and `text` f16 `[rows, dim]`, row after row; `index` `[rows]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    dim: usize,
    image: Vec<f16>,
    text: Vec<f16>,
    index: Vec<u64>,
}

impl FeatureMatrix {
    /// Rows whose record positions are 0, 1, 2, …
    ///
    /// # Errors
    /// [`Error::Option`] where `dim` is 0; [`Error::Length`] where `image` is no whole number of
    /// rows or `text` is of another length than `image`.
    pub fn new(dim: usize, image: Vec<f16>, text: Vec<f16>) -> Result<Self> {
        if dim == 0 {
            return Err(Error::Option {
                option: "embedding width",
                expected: "at least 1",
                found: "0".into(),
            });
        }
        let rows = image.len() / dim;
        for (what, len) in [
            ("image embeddings", image.len()),
            ("text embeddings", text.len()),
        ] {
            if len != rows * dim {
                return Err(Error::Length {
                    what: format!("{what} [{rows}, {dim}]"),
                    expected: rows * dim,
                    found: len,
                });
            }
        }
        Ok(Self {
            dim,
            image,
            text,
            index: (0..rows as u64).collect(),
        })
    }

    /// The same rows with their record positions.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many positions as rows.
    pub fn with_index(mut self, index: Vec<u64>) -> Result<Self> {
        if index.len() != self.index.len() {
            return Err(Error::Length {
                what: "record positions".into(),
                expected: self.index.len(),
                found: index.len(),
            });
        }
        self.index = index;
        Ok(self)
    }
}

impl FeatureRows for FeatureMatrix {
    fn rows(&self) -> usize {
        self.index.len()
    }
    fn dim(&self) -> usize {
        self.dim
    }
    fn image(&self, row: usize) -> &[f16] {
        &self.image[row * self.dim..(row + 1) * self.dim]
    }
    fn text(&self, row: usize) -> &[f16] {
        &self.text[row * self.dim..(row + 1) * self.dim]
    }
    fn index(&self, row: usize) -> u64 {
        self.index[row]
    }
}

/// Checks that every value of every row is finite.
///
/// # Errors
/// [`Error::NotFinite`] with the first row that holds NaN or an infinity.
pub fn check_finite(features: &impl FeatureRows) -> Result<()> {
    const ROWS: usize = 4096;
    let pieces = parallel::map(features.rows().div_ceil(ROWS), |piece| {
        let end = features.rows().min((piece + 1) * ROWS);
        (piece * ROWS..end).try_for_each(|row| check_row(features, row))
    });
    pieces.into_iter().collect()
}

/// Checks that every value of one row is finite.
///
/// # Errors
/// [`Error::NotFinite`] where the row holds NaN or an infinity.
pub fn check_row(features: &impl FeatureRows, row: usize) -> Result<()> {
    for (modality, values) in [("image", features.image(row)), ("text", features.text(row))] {
        if !are_finite(values) {
            let column = values
                .iter()
                .position(|v| !v.is_finite())
                .expect("one was seen above");
            return Err(Error::NotFinite {
                row,
                index: features.index(row),
                modality,
                column,
            });
        }
    }
    Ok(())
}

/// The joint feature of a row: its image and text embedding one after the other, L2-normalised.
/// A row of zeros stays a row of zeros.
///
/// # Shapes
/// `joint` f32 `[2 * dim]`.
///
/// # Panics
/// Where `joint` is not `2 * dim` long.
///
/// Source: METHOD section 2. The squares are summed in f64 in a fixed order, the scale
/// `1 / max(norm, 1e-12)` is rounded to f32 once and multiplied in.
pub fn joint(features: &impl FeatureRows, row: usize, joint: &mut [f32]) {
    let dim = features.dim();
    assert_eq!(
        joint.len(),
        2 * dim,
        "a joint feature is twice as wide as an embedding"
    );
    widen(features.image(row), &mut joint[..dim]);
    widen(features.text(row), &mut joint[dim..]);
    normalise(joint);
}

/// [`joint`] of some rows, one after the other.
///
/// # Panics
/// Where `joints` is not as long as they are.
pub(crate) fn joints(
    features: &impl FeatureRows,
    rows: impl ExactSizeIterator<Item = usize>,
    joints: &mut [f32],
) {
    let dim = features.dim();
    let mut norms = vec![0.0f64; rows.len()];
    assert_eq!(joints.len(), norms.len() * 2 * dim, "room for every row");
    let mut rows = rows.map(|row| (features.image(row), features.text(row)));
    let mut next = rows.next();
    for joint in joints.chunks_exact_mut(2 * dim) {
        let (image, text) = next.expect("a row for each place");
        next = rows.next();
        if let Some((image, text)) = next {
            prefetch(image);
            prefetch(text);
        }
        widen(image, &mut joint[..dim]);
        widen(text, &mut joint[dim..]);
    }
    sums_of_squares(joints, 2 * dim, &mut norms);
    for (joint, norm) in joints.chunks_exact_mut(2 * dim).zip(norms) {
        scale_by(joint, unit_scale(norm));
    }
}

/// L2-normalises a vector in place as [`joint`] does.
pub(crate) fn normalise(vector: &mut [f32]) {
    scale_by(vector, unit_scale(sum_of_squares(vector)));
}

/// What makes a vector of this squared length a unit vector.
fn unit_scale(squared_length: f64) -> f32 {
    (1.0 / squared_length.sqrt().max(1e-12)) as f32
}

for_each_width! {
    fn scale_by(vector: &mut [f32], scale: f32) {
        multiply_all
    }

    fn are_finite(values: &[f16]) -> bool {
        all_finite
    }
}

#[inline(always)]
fn multiply_all(vector: &mut [f32], scale: f32) {
    vector.iter_mut().for_each(|value| *value *= scale);
}

/// One pass without a branch: the exponent bits are all ones in NaN and infinities only.
#[inline(always)]
fn all_finite(values: &[f16]) -> bool {
    let finite = |fine, value: &f16| fine & (value.to_bits() & 0x7c00 != 0x7c00);
    values.iter().fold(true, finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(image: &[f32], text: &[f32], dim: usize) -> Result<FeatureMatrix> {
        let half = |v: &[f32]| v.iter().map(|&x| f16::from_f32(x)).collect();
        FeatureMatrix::new(dim, half(image), half(text))
    }

    #[test]
    fn joint_has_unit_length_and_zero_stays_zero() {
        let features = matrix(&[3.0, 0.0, 0.0, 0.0], &[0.0, 4.0, 0.0, 0.0], 2).expect("two rows");
        let mut row = [0.0; 4];
        joint(&features, 0, &mut row);
        assert_eq!(row, [0.6, 0.0, 0.0, 0.8]);
        joint(&features, 1, &mut row);
        assert_eq!(row, [0.0; 4]);
    }

    #[test]
    fn lengths_are_checked() {
        assert!(matches!(
            matrix(&[1.0; 3], &[1.0; 2], 2),
            Err(Error::Length { found: 3, .. })
        ));
        assert!(matches!(
            matrix(&[1.0; 4], &[1.0; 2], 2),
            Err(Error::Length { found: 2, .. })
        ));
        assert!(matches!(matrix(&[], &[], 0), Err(Error::Option { .. })));
        let two_rows = matrix(&[1.0; 4], &[1.0; 4], 2).expect("two rows");
        assert!(matches!(
            two_rows.with_index(vec![5]),
            Err(Error::Length { found: 1, .. })
        ));
    }

    #[test]
    fn the_first_row_that_is_not_finite_is_named() {
        let mut text = vec![0.5; 20];
        text[13] = f32::INFINITY;
        text[19] = f32::NAN;
        let features = matrix(&[0.5; 20], &text, 4)
            .and_then(|f| f.with_index(vec![2, 4, 6, 8, 10]))
            .expect("five rows");
        assert_eq!(
            check_finite(&features),
            Err(Error::NotFinite {
                row: 3,
                index: 8,
                modality: "text",
                column: 1
            })
        );
    }
}
