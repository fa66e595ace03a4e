//! Greedy k-means++ and the choice among several initialisations.
use super::local_search;
use super::sample::{Sample, of_candidate};
use super::{JointRows, KMeansOptions, KMeansProgress};
use crate::arithmetic::sum;
use crate::centers::{Centers, ROWS_AT_ONCE};
use crate::features::FeatureRows;
use crate::rng::{Purpose, Rng, WeightedIndex};
use crate::{Result, parallel};

/// The centres of the initialisations with the lowest inertia on a common sample, the best first,
/// each improved by swaps.
///
/// All initialisations seed from one sample and place their centres in step, so that the sample
/// is read once for all of their candidates: it is much larger than the caches.
pub(super) fn best_initialisations<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    options: &KMeansOptions,
    report: &mut dyn FnMut(KMeansProgress) -> Result<()>,
) -> Result<Vec<Vec<f32>>> {
    let mut sample_size = 3 * options.batch.min(rows.len());
    if sample_size < options.clusters {
        sample_size = 3 * options.clusters;
    }
    let chosen = if sample_size < rows.len() {
        let mut rng = Rng::new(options.seed, Purpose::KMeansSample, 0, 0);
        draw_sorted(&mut rng, rows.len(), sample_size)
    } else {
        (0..rows.len()).collect()
    };
    let sample = Sample::new(rows, chosen);
    let seeded = plus_plus(rows, &sample, options, &mut |placed| {
        report(KMeansProgress::Seeding {
            done: placed * options.initialisations,
            of: options.clusters * options.initialisations,
        })
    })?;

    let mut rng = Rng::new(options.seed, Purpose::KMeansSample, 1, 0);
    let validation = draw_sorted(&mut rng, rows.len(), sample_size.min(rows.len()));
    let mut ranked: Vec<(f64, Vec<f32>)> = seeded
        .into_iter()
        .map(|centers| (inertia(rows, &validation, &centers, options), centers))
        .collect();
    // The sort is stable: the earlier one on ties.
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.truncate(options.runs);
    let mut starts: Vec<Vec<f32>> = ranked.into_iter().map(|(_, centers)| centers).collect();
    local_search::improve(rows, &sample, &mut starts, options, &mut |done| {
        report(KMeansProgress::Swapping {
            done,
            of: options.swap_rounds,
        })
    })?;
    Ok(starts)
}

/// How many candidates greedy k-means++ tries for a centre.
pub(super) fn candidates_of(clusters: usize) -> usize {
    2 + libm::log(clusters as f64) as usize
}

/// Indices drawn with replacement, in ascending order so that memory is read forwards.
pub(super) fn draw_sorted(rng: &mut Rng, rows: usize, count: usize) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..count).map(|_| rng.index(rows)).collect();
    drawn.sort_unstable();
    drawn
}

/// The sum of squared distances of `sample` to the nearest of `centers`.
pub(super) fn inertia<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    sample: &[usize],
    centers: &[f32],
    options: &KMeansOptions,
) -> f64 {
    let centers = Centers::prepare(
        options.instruction_set,
        centers,
        options.clusters,
        rows.dim(),
    );
    let pieces = parallel::map(sample.len().div_ceil(ROWS_AT_ONCE), |piece| {
        let start = piece * ROWS_AT_ONCE;
        let piece = &sample[start..sample.len().min(start + ROWS_AT_ONCE)];
        let mut joints = vec![0.0f32; piece.len() * rows.dim()];
        rows.gather(piece, &mut joints);
        centers.nearest(&joints).inertia()
    });
    pieces.into_iter().sum()
}

/// Greedy k-means++: each centre is the best of `2 + ln K` candidates, drawn in proportion to
/// their squared distance to the centres so far. Gives the centres of every initialisation.
fn plus_plus<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    sample: &Sample,
    options: &KMeansOptions,
    placed: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Vec<Vec<f32>>> {
    let (dim, inits) = (rows.dim(), options.initialisations);
    let mut streams: Vec<Rng> = (0..inits as u64)
        .map(|init| Rng::new(options.seed, Purpose::KMeansInit, init, 0))
        .collect();
    let mut centers = vec![vec![0.0f32; options.clusters * dim]; inits];
    let mut closest = vec![vec![f64::INFINITY; sample.len()]; inits];
    let most = inits * candidates_of(options.clusters) * sample.len();
    let mut distances = vec![0.0f64; most];

    for center in 0..options.clusters {
        // The first centre is one uniform draw.
        let trials = if center == 0 {
            1
        } else {
            candidates_of(options.clusters)
        };
        let drawn: Vec<usize> = parallel::map_mut(&mut streams, |init, rng| {
            // Without weights there are fewer distinct rows than clusters, and every row is a
            // centre already.
            let weights = (center > 0)
                .then(|| WeightedIndex::new(closest[init].iter().copied()))
                .flatten();
            let draw = |_| match &weights {
                Some(weights) => weights.draw(rng),
                None => rng.index(sample.len()),
            };
            (0..trials)
                .map(draw)
                .map(|column| sample.rows[column])
                .collect::<Vec<usize>>()
        })
        .concat();
        let candidates = rows.gather_batch(&drawn);
        let count = drawn.len();
        let distances = &mut distances[..count * sample.len()];
        sample.distances_with(
            options.instruction_set,
            &candidates,
            trials,
            &closest,
            distances,
        );
        let distances = &*distances;
        let potentials = parallel::map(count, |candidate| {
            of_candidate(distances, count, candidate)
                .map(sum)
                .sum::<f64>()
        });
        for init in 0..inits {
            let mut best = init * trials;
            for candidate in init * trials..(init + 1) * trials {
                if potentials[candidate] < potentials[best] {
                    best = candidate;
                }
            }
            let mut start = 0;
            for piece in of_candidate(distances, count, best) {
                closest[init][start..start + piece.len()].copy_from_slice(piece);
                start += piece.len();
            }
            centers[init][center * dim..(center + 1) * dim]
                .copy_from_slice(&candidates[best * dim..(best + 1) * dim]);
        }
        placed(center + 1)?;
    }
    Ok(centers)
}
