//! Choices that a selector has to beat: at random, by image-text similarity, by distance.
use std::ops::ControlFlow;

use crate::arithmetic::{dot_f64, sum_of_squares};
use crate::features::{FeatureRows, widen};
use crate::rng::{Purpose, Rng};
use crate::{Error, Result, parallel};

/// The stream for a choice from the pool as a whole is told from those of clusters by `b`.
const WHOLE_POOL: u64 = 1;
/// And the first centre's by this.
const FIRST_CENTER: u64 = 2;

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

/// `count` of the candidates: each time the one whose nearest centre is farthest, the earlier
/// candidate on ties. `centers` are centres already; without any, the first one is drawn.
///
/// Distances are those of joint features; gives places in `candidates`.
///
/// Cost: `count * candidates * dim` multiplications and reads of the features.
///
/// # Errors
/// [`Error::Cancelled`] where `progress`, which is called with each centre, breaks.
pub(super) fn k_center(
    features: &impl FeatureRows,
    candidates: &[usize],
    centers: &[usize],
    count: usize,
    seed: (u64, usize),
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<usize>> {
    let mut cosines = Cosines::new(features, candidates);
    // The squared distance of unit vectors falls as their cosine grows, so the nearest centre is
    // the one of the largest cosine.
    let mut nearest = vec![f64::NEG_INFINITY; candidates.len()];
    for &center in centers {
        cosines.raise(center, &mut nearest);
    }
    let mut is_chosen = vec![false; candidates.len()];
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let next = if chosen.is_empty() && centers.is_empty() {
            let (seed, cluster) = seed;
            let stream = Purpose::Baseline;
            Rng::new(seed, stream, cluster as u64, FIRST_CENTER).index(candidates.len())
        } else {
            (0..candidates.len())
                .filter(|&place| !is_chosen[place])
                .reduce(|far, place| {
                    if nearest[place] < nearest[far] {
                        place
                    } else {
                        far
                    }
                })
                .expect("fewer are chosen than there are candidates")
        };
        is_chosen[next] = true;
        chosen.push(next);
        if chosen.len() < count {
            cosines.raise(candidates[next], &mut nearest);
        }
        if progress().is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(chosen)
}

/// Cosines between joint features of candidates and a centre.
struct Cosines<'a, F> {
    features: &'a F,
    candidates: &'a [usize],
    /// 1 / norm of the joint feature before it is normalised; 0 for a row of zeros.
    scales: Vec<f64>,
    center: Vec<f32>,
}

impl<'a, F: FeatureRows> Cosines<'a, F> {
    /// Candidates of one piece of parallel work.
    const ROWS: usize = 512;

    fn new(features: &'a F, candidates: &'a [usize]) -> Self {
        let mut scales = vec![0.0; candidates.len()];
        parallel::for_each_piece(&mut scales, Self::ROWS, |piece, scales| {
            let mut row = vec![0.0; 2 * features.dim()];
            let start = piece * Self::ROWS;
            for (&candidate, to) in candidates[start..].iter().zip(scales) {
                *to = load(features, candidate, &mut row);
            }
        });
        Self {
            features,
            candidates,
            scales,
            center: vec![0.0; 2 * features.dim()],
        }
    }

    /// Raises each candidate's largest cosine to that with one more centre.
    fn raise(&mut self, center: usize, nearest: &mut [f64]) {
        let center_scale = load(self.features, center, &mut self.center);
        let this = &*self;
        parallel::for_each_piece(nearest, Self::ROWS, |piece, nearest| {
            let mut row = vec![0.0; this.center.len()];
            let start = piece * Self::ROWS;
            for (place, nearest) in (start..).zip(nearest) {
                load(this.features, this.candidates[place], &mut row);
                let cosine = dot_f64(&row, &this.center) * this.scales[place] * center_scale;
                if cosine > *nearest {
                    *nearest = cosine;
                }
            }
        });
    }
}

/// Puts image and text side by side, and gives 1 / norm of the two together.
fn load(features: &impl FeatureRows, row: usize, joint: &mut [f32]) -> f64 {
    let (image, text) = joint.split_at_mut(features.dim());
    widen(features.image(row), image);
    widen(features.text(row), text);
    match sum_of_squares(joint).sqrt() {
        0.0 => 0.0,
        norm => 1.0 / norm,
    }
}
