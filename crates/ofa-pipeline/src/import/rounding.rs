//! An embedding of any float type to the f16 that a store holds.

use half::{bf16, f16};

use super::rows::Float;

/// How far from 1 the length of an embedding may be that is taken as it is.
const LENGTH_TOLERANCE: f64 = 1e-2;

/// What became of an embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounded {
    /// It was of length 1, and its values are kept or rounded.
    AsIs,
    /// It was brought to length 1.
    Normalised,
    /// It holds NaN or an infinity in this column.
    NotFinite(usize),
    /// All its values are 0, so that it has no direction.
    Zero,
}

/// Appends an embedding to `row`; nothing where it cannot be used.
///
/// Lengths are computed in f64. Values of f16 whose length is right are kept bit for bit.
pub(super) fn round(
    float: Float,
    bytes: &[u8],
    row: &mut Vec<f16>,
    wide: &mut Vec<f64>,
) -> Rounded {
    wide.clear();
    match float {
        Float::F16 => wide.extend(chunks(bytes).map(|b| f16::from_le_bytes(b).to_f64())),
        Float::BF16 => wide.extend(chunks(bytes).map(|b| bf16::from_le_bytes(b).to_f64())),
        Float::F32 => wide.extend(chunks(bytes).map(|b| f64::from(f32::from_le_bytes(b)))),
        Float::F64 => wide.extend(chunks(bytes).map(f64::from_le_bytes)),
    }
    if let Some(column) = wide.iter().position(|value| !value.is_finite()) {
        return Rounded::NotFinite(column);
    }
    // The largest value first, so that no square is too large or too small.
    let largest = wide.iter().fold(0f64, |most, value| most.max(value.abs()));
    if largest == 0.0 {
        return Rounded::Zero;
    }
    let sum: f64 = wide.iter().map(|value| (value / largest).powi(2)).sum();
    let root = sum.sqrt();
    let length = root * largest;
    if (length - 1.0).abs() <= LENGTH_TOLERANCE {
        match float {
            Float::F16 => row.extend(chunks(bytes).map(f16::from_le_bytes)),
            _ => row.extend(wide.iter().map(|&value| f16::from_f64(value))),
        }
        return Rounded::AsIs;
    }
    row.extend(
        wide.iter()
            .map(|&value| f16::from_f64(value / largest / root)),
    );
    Rounded::Normalised
}

fn chunks<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.as_chunks::<N>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_f32(values: &[f32]) -> (Rounded, Vec<f32>) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let mut row = vec![];
        let rounded = round(Float::F32, &bytes, &mut row, &mut vec![]);
        (rounded, row.into_iter().map(f16::to_f32).collect())
    }

    #[test]
    fn only_lengths_that_are_off_are_brought_to_1() {
        assert_eq!(round_f32(&[0.6, 0.8]).0, Rounded::AsIs);
        let slightly_long = round_f32(&[0.603, 0.804]);
        assert_eq!(slightly_long.0, Rounded::AsIs);
        assert_eq!(slightly_long.1[1], f16::from_f32(0.804).to_f32());
        let (rounded, row) = round_f32(&[3e30, 4e30]);
        assert_eq!(rounded, Rounded::Normalised);
        assert_eq!(row, [0.6, 0.8].map(|v| f16::from_f32(v).to_f32()));
        let (rounded, row) = round_f32(&[3e-40, 4e-40]);
        assert_eq!(rounded, Rounded::Normalised);
        assert!((row[0] - 0.6).abs() < 1e-3);
    }

    #[test]
    fn what_has_no_direction_is_no_row() {
        assert_eq!(round_f32(&[0.0, -0.0]), (Rounded::Zero, vec![]));
        assert_eq!(round_f32(&[1.0, f32::NAN]), (Rounded::NotFinite(1), vec![]));
        assert_eq!(
            round_f32(&[f32::INFINITY, 0.0]),
            (Rounded::NotFinite(0), vec![])
        );
    }
}
