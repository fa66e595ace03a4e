//! Greedy k-means++ and the choice among several initialisations.
use super::{JointRows, KMeansOptions, KMeansProgress};
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix, sum, sum_of_squares};
use crate::centers::{Centers, ROWS_AT_ONCE};
use crate::features::FeatureRows;
use crate::rng::{Purpose, Rng, WeightedIndex};
use crate::{Result, parallel};

/// Sample rows whose distances are computed together.
const PIECE: usize = 8 * PANEL;

/// The centres of the initialisation with the lowest inertia on a common sample.
///
/// All initialisations seed from one sample and place their centres in step, so that the sample
/// is read once for all of their candidates: it is much larger than the caches.
pub(super) fn best_initialisation<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    options: &KMeansOptions,
    report: &mut dyn FnMut(KMeansProgress) -> Result<()>,
) -> Result<Vec<f32>> {
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
    let seeded = plus_plus(rows, &Sample::new(rows, chosen), options, &mut |placed| {
        report(KMeansProgress::Seeding {
            done: placed * options.initialisations,
            of: options.clusters * options.initialisations,
        })
    })?;

    let mut rng = Rng::new(options.seed, Purpose::KMeansSample, 1, 0);
    let validation = draw_sorted(&mut rng, rows.len(), sample_size.min(rows.len()));
    let mut best: Option<(f64, Vec<f32>)> = None;
    for centers in seeded {
        let inertia = inertia(rows, &validation, &centers, options);
        if best.as_ref().is_none_or(|(lowest, _)| inertia < *lowest) {
            best = Some((inertia, centers));
        }
    }
    Ok(best.expect("at least one initialisation was checked for").1)
}

/// Indices drawn with replacement, in ascending order so that memory is read forwards.
pub(super) fn draw_sorted(rng: &mut Rng, rows: usize, count: usize) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..count).map(|_| rng.index(rows)).collect();
    drawn.sort_unstable();
    drawn
}

/// The sum of squared distances of `sample` to the nearest of `centers`.
fn inertia<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    sample: &[usize],
    centers: &[f32],
    options: &KMeansOptions,
) -> f64 {
    let centers = Centers::prepare(centers, options.clusters, rows.dim())
        .with_instruction_set(options.instruction_set);
    let pieces = parallel::map(sample.len().div_ceil(ROWS_AT_ONCE), |piece| {
        let start = piece * ROWS_AT_ONCE;
        let piece = &sample[start..sample.len().min(start + ROWS_AT_ONCE)];
        let mut joints = vec![0.0f32; piece.len() * rows.dim()];
        rows.gather(piece, &mut joints);
        centers.nearest(&joints).inertia()
    });
    pieces.into_iter().sum()
}

/// A sample of joint features, held as the right side of products: one column a row.
struct Sample {
    rows: Vec<usize>,
    columns: PackedMatrix<f32>,
    squared_norms: Vec<f64>,
}

impl Sample {
    fn new<F: FeatureRows>(rows: &JointRows<'_, F>, chosen: Vec<usize>) -> Self {
        let dim = rows.dim();
        let mut panels = vec![0.0f32; chosen.len().div_ceil(PANEL) * PANEL * dim];
        parallel::for_each_piece(&mut panels, PANEL * dim, |panel, columns| {
            let start = panel * PANEL;
            let chosen = &chosen[start..chosen.len().min(start + PANEL)];
            let mut joints = vec![0.0f32; chosen.len() * dim];
            rows.gather(chosen, &mut joints);
            for (column, joint) in joints.chunks_exact(dim).enumerate() {
                for (slot, &value) in columns[column..].iter_mut().step_by(PANEL).zip(joint) {
                    *slot = value;
                }
            }
        });
        let squared_norms = parallel::map(chosen.len().div_ceil(PIECE), |piece| {
            let start = piece * PIECE;
            let mut joint = vec![0.0f32; dim];
            let norms = chosen[start..chosen.len().min(start + PIECE)]
                .iter()
                .map(|&row| {
                    rows.gather(&[row], &mut joint);
                    sum_of_squares(&joint)
                });
            norms.collect::<Vec<f64>>()
        })
        .concat();
        let columns = PackedMatrix::from_panels(panels, chosen.len(), dim);
        Self {
            rows: chosen,
            columns,
            squared_norms,
        }
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    /// For each candidate, the squared distance of every sample row to the nearer of the
    /// candidate and the centres so far of its initialisation, of which there are `trials`
    /// candidates each: pieces of [`PIECE`] rows, in each the candidates one after the other.
    fn distances_with(
        &self,
        set: InstructionSet,
        candidates: &[f32],
        trials: usize,
        closest: &[Vec<f64>],
        distances: &mut [f64],
    ) {
        let dim = self.columns.inputs();
        let count = candidates.len() / dim;
        let norms: Vec<f64> = candidates.chunks_exact(dim).map(sum_of_squares).collect();
        let panels = self.columns.padded_outputs() / PANEL;
        parallel::for_each_piece(distances, count * PIECE, |piece, distances| {
            let from = piece * PIECE / PANEL;
            let to = panels.min(from + PIECE / PANEL);
            let width = (to - from) * PANEL;
            let mut products = vec![0.0f32; count * width];
            self.columns
                .multiply_panels(set, candidates, dim, count, from..to, &mut products);
            let start = piece * PIECE;
            let end = self.len().min(start + PIECE);
            let of_candidates = products
                .chunks_exact(width)
                .zip(distances.chunks_mut(end - start));
            for (candidate, (products, distances)) in of_candidates.enumerate() {
                let norm = norms[candidate];
                let closest = &closest[candidate / trials][start..end];
                let columns = products.iter().zip(&self.squared_norms[start..end]);
                for ((distance, (&product, &row_norm)), &closest) in
                    distances.iter_mut().zip(columns).zip(closest)
                {
                    let to_candidate = (row_norm + norm) - 2.0 * f64::from(product);
                    let to_candidate = if to_candidate > 0.0 {
                        to_candidate
                    } else {
                        0.0
                    };
                    *distance = if to_candidate < closest {
                        to_candidate
                    } else {
                        closest
                    };
                }
            }
        });
    }
}

/// The distances of one candidate from what [`Sample::distances_with`] filled, by piece.
fn of_candidate(
    distances: &[f64],
    candidates: usize,
    candidate: usize,
) -> impl Iterator<Item = &[f64]> {
    distances.chunks(candidates * PIECE).map(move |piece| {
        let width = piece.len() / candidates;
        &piece[candidate * width..(candidate + 1) * width]
    })
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

    for center in 0..options.clusters {
        // The first centre is one uniform draw.
        let trials = if center == 0 {
            1
        } else {
            2 + libm::log(options.clusters as f64) as usize
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
        let mut distances = vec![0.0f64; count * sample.len()];
        sample.distances_with(
            options.instruction_set,
            &candidates,
            trials,
            &closest,
            &mut distances,
        );
        let potentials = parallel::map(count, |candidate| {
            of_candidate(&distances, count, candidate)
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
            for piece in of_candidate(&distances, count, best) {
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
