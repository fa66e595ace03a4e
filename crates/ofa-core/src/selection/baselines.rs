//! Choices that a selector has to beat: at random, and by image-text similarity.
use crate::arithmetic::widen;
use crate::arithmetic::{dot_f64, sum_of_squares};
use crate::features::FeatureRows;
use crate::parallel;
use crate::rng::{Purpose, Rng};

/// The stream for a choice from the pool as a whole is told from those of clusters by `b`.
const WHOLE_POOL: u64 = 1;

/// All rows of a cluster (`None`: of the pool) in a random order.
///
/// The order covers pinned and excluded rows too, so that it does not change with them, and the
/// choice for a budget is a part of that for a larger one.
pub(super) fn random_order(rows: &mut [u32], seed: u64, cluster: Option<usize>) {
    let (a, b) = cluster.map_or((0, WHOLE_POOL), |cluster| (cluster as u64, 0));
    rows.sort_unstable();
    Rng::new(seed, Purpose::Baseline, a, b).shuffle(rows);
}

/// Cosine of image and text of some rows of the features; 0 for a row of zeros.
pub(super) fn clip_scores(features: &impl FeatureRows, rows: &[usize]) -> Vec<f64> {
    const ROWS: usize = 1024;
    let dim = features.dim();
    let mut scores = vec![0.0f64; rows.len()];
    parallel::for_each_piece(&mut scores, ROWS, |piece, scores| {
        let (mut image, mut text) = (vec![0.0f32; dim], vec![0.0f32; dim]);
        for (&row, score) in rows[piece * ROWS..].iter().zip(scores) {
            widen(features.image(row), &mut image);
            widen(features.text(row), &mut text);
            let norms = sum_of_squares(&image) * sum_of_squares(&text);
            if norms > 0.0 {
                *score = dot_f64(&image, &text) / norms.sqrt();
            }
        }
    });
    scores
}
