//! Which of several runs is worth its end.
use super::run::Run;
use super::seeding::{draw_sorted, inertia};
use super::{JointRows, KMeansOptions, KMeansProgress};
use crate::Result;
use crate::features::FeatureRows;
use crate::rng::{Purpose, Rng};

/// Rows that runs are compared on, in batches.
const COMPARED_ON: usize = 8;

/// Begins a run from each of `starts` and gives the one with the lowest inertia after
/// [`trial_batches`](KMeansOptions::trial_batches), the earlier one on ties. The inertia is that of all rows,
/// or of so many as there are in 8 batches.
pub(super) fn best_run<'a, F: FeatureRows>(
    rows: &JointRows<'_, F>,
    starts: Vec<Vec<f32>>,
    options: &'a KMeansOptions,
    joints: &mut Vec<f32>,
    report: &mut dyn FnMut(KMeansProgress) -> Result<()>,
) -> Result<Run<'a>> {
    let mut runs: Vec<Run<'a>> = (starts.into_iter().enumerate())
        .map(|(number, start)| Run::new(number, start, rows.len(), options))
        .collect();
    if let [_] = runs.as_slice() {
        return Ok(runs.remove(0));
    }
    let compared_on = COMPARED_ON.saturating_mul(options.batch);
    let sample = if compared_on < rows.len() {
        let mut rng = Rng::new(options.seed, Purpose::KMeansSample, 2, 0);
        draw_sorted(&mut rng, rows.len(), compared_on)
    } else {
        (0..rows.len()).collect()
    };
    let mut best: Option<(f64, Run<'a>)> = None;
    for mut run in runs {
        run.go_on(options.trial_batches, rows, joints, report)?;
        let found = inertia(rows, &sample, run.centers(), options);
        if best.as_ref().is_none_or(|(lowest, _)| found < *lowest) {
            best = Some((found, run));
        }
    }
    Ok(best.expect("at least one run was checked for").1)
}
