//! One run of mini-batches, from centres to better ones.
use super::batch::BatchState;
use super::{JointRows, KMeansOptions, KMeansProgress};
use crate::Result;
use crate::features::FeatureRows;

/// Where a run has ended.
pub(super) struct Ended {
    pub(super) centers: Vec<f32>,
    pub(super) steps: usize,
    pub(super) converged: bool,
}

/// Works mini-batches in until the smoothed inertia has stopped improving.
pub(super) fn mini_batches<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    start: Vec<f32>,
    run: usize,
    options: &KMeansOptions,
    report: &mut dyn FnMut(KMeansProgress) -> Result<()>,
) -> Result<Ended> {
    let batch_rows = options.batch.min(rows.len());
    let max_steps = (options.max_epochs as u64 * rows.len() as u64 / batch_rows as u64) as usize;
    let mut state = BatchState::new(start, run, options);
    let mut convergence = Convergence::new(batch_rows, rows.len(), options.max_no_improvement);
    let (mut steps, mut converged) = (0, false);
    while steps < max_steps && !converged {
        let batch_inertia = state.step(rows, batch_rows, steps as u64);
        steps += 1;
        converged = convergence.reached(batch_inertia);
        report(KMeansProgress::Batch {
            run: run + 1,
            runs: options.runs,
            step: steps,
            max_steps,
            batch_inertia,
            smoothed_inertia: convergence.smoothed.unwrap_or(batch_inertia),
        })?;
    }
    Ok(Ended {
        centers: state.into_centers(),
        steps,
        converged,
    })
}

/// Tells when the exponentially weighted mean of the batches' inertia has stopped improving.
pub(super) struct Convergence {
    weight: f64,
    max_no_improvement: usize,
    batches: usize,
    pub(super) smoothed: Option<f64>,
    best: Option<f64>,
    no_improvement: usize,
}

impl Convergence {
    pub(super) fn new(batch_rows: usize, rows: usize, max_no_improvement: usize) -> Self {
        Self {
            weight: (batch_rows as f64 * 2.0 / (rows as f64 + 1.0)).min(1.0),
            max_no_improvement,
            batches: 0,
            smoothed: None,
            best: None,
            no_improvement: 0,
        }
    }

    pub(super) fn reached(&mut self, batch_inertia: f64) -> bool {
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
