//! Mini-batch k-means on joint features.
//!
//! The algorithm and its defaults are those of scikit-learn's `MiniBatchKMeans` with the
//! published settings: several greedy k-means++ initialisations from a sample, of which the one
//! with the lowest inertia on another sample is kept (scikit-learn draws a sample for each
//! initialisation; one for all is ten times less to read); then mini-batches drawn
//! with replacement, each moving the centres by the running mean of all rows they have won;
//! centres that win too few rows are moved to rows of the batch; the end comes when the smoothed
//! inertia has not improved for a number of batches.
//!
//! Where such a run ends depends much on where it starts: with heavy-tailed cluster sizes the
//! inertia of one seed and the next differ by several percent. So not one but the best three
//! initialisations are taken, improved by swaps of single centres (the module `local_search`),
//! and run; the one with the lowest inertia after some batches goes on to its end. Which one is the best shows
//! early: on 665,298 rows the order after 20 batches was that at the end, after 200 to 340, with every seed
//! that was looked at.
//!
//! Random numbers, orders of summation and
//! therefore the bits are this project's own ([`crate::rng`], [`crate::arithmetic`]), the same
//! on every machine and with any number of threads.
//!
//! Joint features are computed from the stored f16 rows when they are needed: beyond the
//! features themselves, memory is one initialisation sample and one batch.
mod batch;
mod joint_rows;
mod local_search;
mod run;
mod sample;
mod seeding;
mod trial;

use std::ops::ControlFlow;

use crate::arithmetic::InstructionSet;
use crate::centers::{Assignment, Centers};
use crate::features::FeatureRows;
use crate::{Error, Result};
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
    /// How many of them, the best, are run.
    pub runs: usize,
    /// After how many batches only the best of several runs goes on.
    pub trial_batches: usize,
    /// Rounds of swaps before a run.
    pub swap_rounds: usize,
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
    /// The published settings; three runs, compared after 50 batches, and as many rounds of swaps as there
    /// are clusters.
    pub fn new(clusters: usize, seed: u64) -> Self {
        Self {
            clusters,
            batch: 8192,
            initialisations: 10,
            runs: 3,
            trial_batches: 50,
            swap_rounds: clusters,
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
            ("k-means runs", self.runs),
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
    /// Rounds of swaps that were tried on the best initialisations.
    Swapping {
        /// Rounds so far.
        done: usize,
        /// All rounds.
        of: usize,
    },
    /// A mini-batch was worked in.
    Batch {
        /// The run it belongs to, from 1.
        run: usize,
        /// All runs.
        runs: usize,
        /// Batches of this run so far.
        step: usize,
        /// Most batches a run can have; convergence usually comes much earlier.
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
    /// Mini-batches of the run that was kept.
    pub steps: usize,
    /// Whether the smoothed inertia had stopped improving.
    pub converged: bool,
}

/// Clusters the joint features of all rows.
///
/// `progress` hears how far it has come and may stop the work.
///
/// Cost: `(initialisations * clusters + runs * swap_rounds) * (2 + ln clusters) * 3 * batch` row
/// products to seed, `batch * clusters` a batch (some 300 batches), `rows * clusters` to assign
/// (`benches/whole_dataset.rs`).
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
    let options = &KMeansOptions {
        runs: options.runs.min(options.initialisations),
        ..*options
    };
    let rows = JointRows::new(features)?;
    let starts = seeding::best_initialisations(&rows, options, &mut report)?;

    let mut joints = Vec::new();
    let mut run = trial::best_run(&rows, starts, options, &mut joints, &mut report)?;
    run.go_on(usize::MAX, &rows, &mut joints, &mut report)?;
    let (steps, converged) = (run.steps, run.converged);
    let centers = run.into_centers();

    let prepared = Centers::prepare(
        options.instruction_set,
        &centers,
        options.clusters,
        rows.dim(),
    );
    let assignment = assign_all(features, &prepared, &mut |done| {
        report(KMeansProgress::Assigning {
            done,
            of: rows.len(),
        })
    })?;
    Ok(Clustering {
        centers,
        assignment,
        steps,
        converged,
    })
}

/// Assigns all rows, which were checked, in steps, reporting in between.
fn assign_all(
    features: &impl FeatureRows,
    centers: &Centers,
    report: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Assignment> {
    const STEP: usize = 16_384;
    let mut assignment = Assignment::default();
    for start in (0..features.rows()).step_by(STEP) {
        let end = features.rows().min(start + STEP);
        assignment.append(centers.assign_checked(features, start..end));
        report(end)?;
    }
    Ok(assignment)
}

#[cfg(test)]
mod tests;
