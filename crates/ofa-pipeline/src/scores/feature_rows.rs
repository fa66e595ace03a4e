//! Which rows of features are those of scored records.

use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;

use crate::error::{Error, Result};

/// The row of the features for each row of the scores.
///
/// # Errors
/// [`Error::Scores`] where a scored record has no features: they are not those that were scored.
///
/// Cost: a walk over both.
pub fn feature_rows(features: &impl FeatureRows, scores: &Scores) -> Result<Vec<usize>> {
    let mut row = 0;
    let row_of = |&position: &u64| {
        while row < features.rows() && features.index(row) < position {
            row += 1;
        }
        match row < features.rows() && features.index(row) == position {
            true => Ok(row),
            false => Err(without_features(position)),
        }
    };
    scores.index.iter().map(row_of).collect()
}

/// The error for a scored record that has no features.
pub(crate) fn without_features(position: u64) -> Error {
    Error::Scores {
        name: "the features".to_owned(),
        problem: format!(
            "record {position} has a score, but no features; give those that were scored"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use ofa_core::features::FeatureMatrix;

    #[test]
    fn scores_may_be_of_some_of_the_features() {
        let halves = vec![f16::ONE; 4];
        let features = FeatureMatrix::new(1, halves.clone(), halves).expect("rows");
        let features = features.with_index(vec![2, 3, 5, 8]).expect("positions");
        let scores = |index: &[u64]| Scores {
            index: index.to_vec(),
            ..Scores::default()
        };
        let rows = feature_rows(&features, &scores(&[2, 5, 8])).expect("all there");
        assert_eq!(rows, [0, 2, 3]);
        for missing in [[1, 2], [3, 4], [8, 9]] {
            let error = feature_rows(&features, &scores(&missing)).expect_err("not there");
            assert!(error.to_string().contains("no features"), "{error}");
        }
    }
}
