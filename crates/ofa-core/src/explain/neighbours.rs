//! The records of a cluster that are most like one of them.
use crate::arithmetic::{dot_f64, sum_of_squares};
use crate::features::{FeatureRows, check_row, widen};
use crate::{Error, Result, parallel};

/// Rows of one piece of parallel work.
const ROWS_AT_ONCE: usize = 1024;

/// A row and how like it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The row of the features.
    pub row: usize,
    /// Cosine of the joint features.
    pub similarity: f64,
}

/// The `count` of `candidates` whose joint features are nearest to those of `row`, the nearest
/// first, the earlier one on ties; `row` itself is none of them.
///
/// Exact: every candidate is compared, in f64 and in a fixed order of summation, so the answer is
/// the same on every machine.
///
/// # Errors
/// [`Error::Option`] for a row that the features do not have; [`Error::NotFinite`] for one that
/// holds NaN or an infinity.
///
/// Cost: one pass over the candidates' features.
pub fn nearest(
    features: &impl FeatureRows,
    row: usize,
    candidates: &[usize],
    count: usize,
) -> Result<Vec<Neighbour>> {
    let beyond = candidates
        .iter()
        .chain([&row])
        .find(|&&row| row >= features.rows());
    if let Some(beyond) = beyond {
        return Err(Error::Option {
            option: "row of the features",
            expected: "one that they have; are scores and features of one run?",
            found: format!("{beyond} of {}", features.rows()),
        });
    }
    let target = Joint::of(features, row)?;
    let pieces = parallel::map(candidates.len().div_ceil(ROWS_AT_ONCE), |piece| {
        let from = piece * ROWS_AT_ONCE;
        let to = candidates.len().min(from + ROWS_AT_ONCE);
        let others = candidates[from..to].iter().filter(|&&other| other != row);
        let similar = |&other: &usize| {
            Ok(Neighbour {
                row: other,
                similarity: target.cosine(&Joint::of(features, other)?),
            })
        };
        others.map(similar).collect::<Result<Vec<_>>>()
    });
    let mut neighbours = pieces.into_iter().collect::<Result<Vec<_>>>()?.concat();
    neighbours.sort_by(|a, b| {
        let by_similarity = b.similarity.total_cmp(&a.similarity);
        by_similarity.then(a.row.cmp(&b.row))
    });
    neighbours.truncate(count);
    Ok(neighbours)
}

/// An image and a text embedding, side by side, and their joint length.
struct Joint {
    values: Vec<f32>,
    length: f64,
}

impl Joint {
    fn of(features: &impl FeatureRows, row: usize) -> Result<Self> {
        check_row(features, row)?;
        let mut values = vec![0.0; 2 * features.dim()];
        let (image, text) = values.split_at_mut(features.dim());
        widen(features.image(row), image);
        widen(features.text(row), text);
        let length = sum_of_squares(&values).sqrt();
        Ok(Self { values, length })
    }

    /// 0 where either has no length.
    fn cosine(&self, other: &Self) -> f64 {
        match self.length * other.length {
            0.0 => 0.0,
            lengths => dot_f64(&self.values, &other.values) / lengths,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use half::f16;

    #[test]
    fn the_nearest_come_first_and_ties_in_dataset_order() {
        let halves = |values: &[f32]| values.iter().map(|&v| f16::from_f32(v)).collect();
        let features = FeatureMatrix::new(
            2,
            halves(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 1.0, 0.0]),
            halves(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.0, 0.0, 1.0, 0.0]),
        )
        .expect("a matrix");
        let found = nearest(&features, 0, &[5, 4, 3, 2, 1, 0], 10).expect("neighbours");
        let rows: Vec<usize> = found.iter().map(|neighbour| neighbour.row).collect();
        // 2 and 3 point where 0 does, 1 and 5 half way, 4 nowhere.
        assert_eq!(rows, [2, 3, 1, 5, 4]);
        assert!((found[1].similarity - 1.0).abs() < 1e-12);
        assert!((found[2].similarity - 0.5).abs() < 1e-12);
        assert_eq!(found[4].similarity, 0.0);
        assert_eq!(nearest(&features, 0, &[2, 3], 1).expect("one").len(), 1);
        let beyond = nearest(&features, 0, &[6], 1);
        assert!(matches!(beyond, Err(Error::Option { .. })), "{beyond:?}");
    }
}
