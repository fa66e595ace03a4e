//! Mini-batch k-means on joint features.
//!
//! The algorithm and its defaults are those of scikit-learn's `MiniBatchKMeans` with the
//! published settings: several greedy k-means++ initialisations from a sample, of which the one
//! with the lowest inertia on another sample is kept (scikit-learn draws a sample for each
//! initialisation; one for all is ten times less to read); then mini-batches drawn
//! with replacement, each moving the centres by the running mean of all rows they have won;
//! centres that win too few rows are moved to rows of the batch; the end comes when the smoothed
//! inertia has not improved for a number of batches. Random numbers, orders of summation and
//! therefore the bits are this project's own ([`crate::rng`], [`crate::arithmetic`]), the same
//! on every machine and with any number of threads.
//!
//! Joint features are computed from the stored f16 rows when they are needed: beyond the
//! features themselves, memory is one initialisation sample and one batch.
mod batch;
mod joint_rows;
mod seeding;

use std::ops::ControlFlow;

use crate::arithmetic::InstructionSet;
use crate::centers::{Assignment, Centers};
use crate::features::FeatureRows;
use crate::{Error, Result};
use batch::BatchState;
use joint_rows::JointRows;

/// Settings of [`fit`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeansOptions {
    /// Number of clusters (`K`).
    pub clusters: usize,
    /// Rows of a mini-batch.
    pub batch: usize,
    /// Initialisations that are tried.
    pub initialisations: usize,
    /// At most so many times as many rows are drawn as there are.
    pub max_epochs: usize,
    /// Stop after so many batches without improvement of the smoothed inertia.
    pub max_no_improvement: usize,
    /// Centres with less than this share of the largest count are moved.
    pub reassignment_ratio: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// Instructions to compute with; the result is the same with each.
    pub instruction_set: InstructionSet,
}

impl KMeansOptions {
    /// The published settings.
    pub fn new(clusters: usize, seed: u64) -> Self {
        Self {
            clusters,
            batch: 8192,
            initialisations: 10,
            max_epochs: 300,
            max_no_improvement: 30,
            reassignment_ratio: 0.01,
            seed,
            instruction_set: InstructionSet::detect(),
        }
    }

    fn check(&self, rows: usize) -> Result<()> {
        for (option, value) in [
            ("clusters", self.clusters),
            ("k-means batch", self.batch),
            ("k-means initialisations", self.initialisations),
            ("k-means epochs", self.max_epochs),
            (
                "k-means batches without improvement",
                self.max_no_improvement,
            ),
        ] {
            if value == 0 {
                return Err(Error::Option {
                    option,
                    expected: "at least 1",
                    found: "0".into(),
                });
            }
        }
        if !(0.0..=1.0).contains(&self.reassignment_ratio) {
            return Err(Error::Option {
                option: "k-means reassignment ratio",
                expected: "from 0 to 1",
                found: self.reassignment_ratio.to_string(),
            });
        }
        if self.clusters > rows {
            return Err(Error::TooFewRows {
                clusters: self.clusters,
                rows,
            });
        }
        Ok(())
    }
}

/// How far k-means has come.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum KMeansProgress {
    /// Seeding: centres placed, over all initialisations.
    Seeding {
        /// Centres placed so far.
        done: usize,
        /// Centres to place.
        of: usize,
    },
    /// A mini-batch was worked in.
    Batch {
        /// Batches so far.
        step: usize,
        /// Most batches there can be; convergence usually comes much earlier.
        max_steps: usize,
        /// Mean squared distance of the batch's rows to their centres.
        batch_inertia: f64,
        /// The same, smoothed over batches.
        smoothed_inertia: f64,
    },
    /// Every row is assigned to its nearest centre.
    Assigning {
        /// Rows done.
        done: usize,
        /// All rows.
        of: usize,
    },
}

/// A finished clustering.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustering {
    /// f32 `[clusters, 2 * dim]`. Not normalised.
    pub centers: Vec<f32>,
    /// The nearest centre of each row, and the squared distance to it.
    pub assignment: Assignment,
    /// Mini-batches that were worked in.
    pub steps: usize,
    /// Whether the smoothed inertia had stopped improving.
    pub converged: bool,
}

/// Clusters the joint features of all rows.
///
/// `progress` hears how far it has come and may stop the work.
///
/// Cost: `initialisations * clusters * (2 + ln clusters) * 3 * batch` row products to seed,
/// `batch * clusters` a batch (a few hundred batches), `rows * clusters` to assign. With
/// AVX-512 the processor time for 665,298 joint rows of 1024 values in 128 clusters is about
/// 45 s (`benches/whole_dataset.rs`).
///
/// # Errors
/// [`Error::Option`] for a setting outside its range, [`Error::TooFewRows`] for more clusters
/// than rows, [`Error::NotFinite`] for the first row with NaN or an infinity,
/// [`Error::Cancelled`] where `progress` breaks.
///
/// Source: METHOD section 2; scikit-learn 1.9 `sklearn/cluster/_kmeans.py` for the rules.
pub fn fit(
    features: &impl FeatureRows,
    options: &KMeansOptions,
    progress: &mut dyn FnMut(KMeansProgress) -> ControlFlow<()>,
) -> Result<Clustering> {
    options.check(features.rows())?;
    let mut report = |event| match progress(event) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    };
    let rows = JointRows::new(features)?;
    let centers = seeding::best_initialisation(&rows, options, &mut report)?;

    let batch_rows = options.batch.min(rows.len());
    let max_steps = (options.max_epochs as u64 * rows.len() as u64 / batch_rows as u64) as usize;
    let mut state = BatchState::new(centers, options);
    let mut convergence = Convergence::new(batch_rows, rows.len(), options.max_no_improvement);
    let (mut steps, mut converged) = (0, false);
    while steps < max_steps && !converged {
        let batch_inertia = state.step(&rows, batch_rows, steps as u64);
        steps += 1;
        converged = convergence.reached(batch_inertia);
        report(KMeansProgress::Batch {
            step: steps,
            max_steps,
            batch_inertia,
            smoothed_inertia: convergence.smoothed.unwrap_or(batch_inertia),
        })?;
    }

    let centers = state.into_centers();
    let prepared = Centers::prepare(&centers, options.clusters, rows.dim())
        .with_instruction_set(options.instruction_set);
    let assignment = assign_all(features, &prepared, &mut |done, of| {
        report(KMeansProgress::Assigning { done, of })
    })?;
    Ok(Clustering {
        centers,
        assignment,
        steps,
        converged,
    })
}

/// Assigns all rows in steps, reporting in between.
fn assign_all(
    features: &impl FeatureRows,
    centers: &Centers,
    report: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<Assignment> {
    const STEP: usize = 16_384;
    let mut assignment = Assignment::default();
    for start in (0..features.rows()).step_by(STEP) {
        let end = features.rows().min(start + STEP);
        assignment.append(centers.assign(features, start..end)?);
        report(end, features.rows())?;
    }
    Ok(assignment)
}

/// Tells when the exponentially weighted mean of the batches' inertia has stopped improving.
struct Convergence {
    weight: f64,
    max_no_improvement: usize,
    batches: usize,
    smoothed: Option<f64>,
    best: Option<f64>,
    no_improvement: usize,
}

impl Convergence {
    fn new(batch_rows: usize, rows: usize, max_no_improvement: usize) -> Self {
        Self {
            weight: (batch_rows as f64 * 2.0 / (rows as f64 + 1.0)).min(1.0),
            max_no_improvement,
            batches: 0,
            smoothed: None,
            best: None,
            no_improvement: 0,
        }
    }

    fn reached(&mut self, batch_inertia: f64) -> bool {
        self.batches += 1;
        if self.batches == 1 {
            // The first batch measures the initialisation.
            return false;
        }
        let smoothed = match self.smoothed {
            None => batch_inertia,
            Some(smoothed) => smoothed * (1.0 - self.weight) + batch_inertia * self.weight,
        };
        self.smoothed = Some(smoothed);
        if self.best.is_none_or(|best| smoothed < best) {
            self.best = Some(smoothed);
            self.no_improvement = 0;
        } else {
            self.no_improvement += 1;
        }
        self.no_improvement >= self.max_no_improvement
    }
}

#[cfg(test)]
mod tests;
