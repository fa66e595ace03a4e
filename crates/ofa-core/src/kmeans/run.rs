//! One run of mini-batches, from centres to better ones.
use super::batch::BatchState;
use super::{JointRows, KMeansOptions, KMeansProgress};
use crate::Result;
use crate::features::FeatureRows;

/// A run, which can stop between two batches and go on later.
pub(super) struct Run<'a> {
    number: usize,
    state: BatchState<'a>,
    convergence: Convergence,
    /// Rows of a batch.
    batch_rows: usize,
    /// Most batches of the run.
    max_steps: usize,
    /// Batches so far.
    pub(super) steps: usize,
    /// Whether the smoothed inertia has stopped improving.
    pub(super) converged: bool,
    options: &'a KMeansOptions,
}

impl<'a> Run<'a> {
    /// The run with this number over so many rows, before its first batch.
    pub(super) fn new(
        number: usize,
        start: Vec<f32>,
        rows: usize,
        options: &'a KMeansOptions,
    ) -> Self {
        let batch_rows = options.batch.min(rows);
        Self {
            number,
            state: BatchState::new(start, number, options),
            convergence: Convergence::new(batch_rows, rows, options.max_no_improvement),
            batch_rows,
            max_steps: (options.max_epochs as u64 * rows as u64 / batch_rows as u64) as usize,
            steps: 0,
            converged: false,
            options,
        }
    }

    /// Works mini-batches in until there were `steps` of them, or the smoothed inertia has stopped improving.
    ///
    /// `joints` is room for the rows of a batch.
    pub(super) fn go_on<F: FeatureRows>(
        &mut self,
        steps: usize,
        rows: &JointRows<'_, F>,
        joints: &mut Vec<f32>,
        report: &mut dyn FnMut(KMeansProgress) -> Result<()>,
    ) -> Result<()> {
        while self.steps < self.max_steps.min(steps) && !self.converged {
            let step = self.steps as u64;
            let batch_inertia = self.state.step(rows, self.batch_rows, step, joints);
            self.steps += 1;
            self.converged = self.convergence.reached(batch_inertia);
            report(KMeansProgress::Batch {
                run: self.number + 1,
                runs: self.options.runs,
                step: self.steps,
                max_steps: self.max_steps,
                batch_inertia,
                smoothed_inertia: self.convergence.smoothed.unwrap_or(batch_inertia),
            })?;
        }
        Ok(())
    }

    pub(super) fn centers(&self) -> &[f32] {
        self.state.centers()
    }

    pub(super) fn into_centers(self) -> Vec<f32> {
        self.state.into_centers()
    }
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
