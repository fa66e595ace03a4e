//! Matrices of 8-bit integers with a factor for each row.
//!
//! A tensor `NAME` of dtype I8 has beside it `NAME.scale`, one factor for each of its rows along the
//! last dimension. A value is the integer times the factor of its row.

use super::Checkpoint;
use crate::{Error, Result};
use safetensors::Dtype;

/// What the name of a matrix has at its end in that of its factors.
pub(super) const SCALE: &str = ".scale";

/// The largest integer that is used; -128 is not, so that both signs reach equally far.
const LARGEST: f32 = 127.0;

/// The factor of a row, from its largest value.
///
/// A row whose values are all so small that a factor would not be a normal number is one of zeros.
pub(super) fn factor(row: &[f32]) -> f32 {
    let largest = row
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let factor = largest / LARGEST;
    if factor.is_normal() { factor } else { 0.0 }
}

/// The integers of a row, each nearest to its value.
pub(super) fn integers(row: &[f32], factor: f32) -> impl Iterator<Item = i8> {
    row.iter().map(move |value| match factor {
        0.0 => 0,
        // The division may carry the largest value a little beyond the range.
        _ => (value / factor).round_ties_even().clamp(-LARGEST, LARGEST) as i8,
    })
}

impl Checkpoint<'_> {
    /// The factors of the rows of an I8 tensor.
    ///
    /// # Errors
    /// - [`Error::RowFactors`]: they are missing, do not fit the tensor or are no factors.
    /// - [`Error::ReadWeights`]: they could not be read.
    pub(super) fn row_factors(&self, name: &str, file: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let scale = format!("{name}{SCALE}");
        let expected = shape.split_last().map_or(&[][..], |(_, rows)| rows);
        let bad = |found: String| Error::RowFactors {
            file: file.to_owned(),
            name: name.to_owned(),
            expected: expected.to_vec(),
            found,
        };
        let Some((place, _, _)) = self.place(&scale) else {
            return Err(bad("no such tensor".into()));
        };
        let is_factor = matches!(place.dtype, Dtype::F32 | Dtype::F16);
        if !is_factor || place.shape != expected || shape.is_empty() {
            return Err(bad(format!("{} {:?}", place.dtype, place.shape)));
        }
        let mut factors = Vec::with_capacity(expected.iter().product());
        self.read_f32(&scale, expected, |_, piece| {
            factors.extend_from_slice(piece)
        })?;
        match factors
            .iter()
            .find(|factor| !(factor.is_finite() && **factor >= 0.0))
        {
            Some(factor) => Err(bad(format!("the factor {factor}"))),
            None => Ok(factors),
        }
    }

    /// Whether a tensor is the factors of another one.
    pub(super) fn is_row_factors(&self, name: &str) -> bool {
        name.strip_suffix(SCALE)
            .and_then(|of| self.place(of))
            .is_some_and(|(place, _, _)| place.dtype == Dtype::I8)
    }
}
