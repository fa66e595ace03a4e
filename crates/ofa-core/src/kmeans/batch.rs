//! One mini-batch: assign, move the centres, reassign those that win too few rows.
use super::seeding::draw_sorted;
use super::{JointRows, KMeansOptions};
use crate::arithmetic::{for_each_width, prefetch};
use crate::centers::{Assignment, Centers, ROWS_AT_ONCE};
use crate::features::FeatureRows;
use crate::parallel;
use crate::rng::{Purpose, Rng};

/// The centres as they move, and how many rows each has won.
pub(super) struct BatchState<'a> {
    centers: Vec<f32>,
    counts: Vec<f64>,
    rows_since_reassignment: usize,
    run: u64,
    options: &'a KMeansOptions,
}

impl<'a> BatchState<'a> {
    pub(super) fn new(centers: Vec<f32>, run: usize, options: &'a KMeansOptions) -> Self {
        Self {
            centers,
            counts: vec![0.0; options.clusters],
            rows_since_reassignment: 0,
            run: run as u64,
            options,
        }
    }

    pub(super) fn centers(&self) -> &[f32] {
        &self.centers
    }

    pub(super) fn into_centers(self) -> Vec<f32> {
        self.centers
    }

    /// Works one batch in. Gives the mean squared distance of its rows to the centres before it.
    ///
    /// `joints` is room for its rows: to ask the system for so much memory for each batch costs more than
    /// to fill it.
    pub(super) fn step<F: FeatureRows>(
        &mut self,
        rows: &JointRows<'_, F>,
        batch_rows: usize,
        step: u64,
        joints: &mut Vec<f32>,
    ) -> f64 {
        let dim = rows.dim();
        let mut rng = Rng::new(self.options.seed, Purpose::KMeansStep, step, self.run);
        let drawn = draw_sorted(&mut rng, rows.len(), batch_rows);
        joints.resize(batch_rows * dim, 0.0);
        rows.gather_batch_into(&drawn, joints);
        let centers = Centers::prepare(
            self.options.instruction_set,
            &self.centers,
            self.options.clusters,
            dim,
        );
        let pieces = parallel::map(batch_rows.div_ceil(ROWS_AT_ONCE), |piece| {
            let start = piece * ROWS_AT_ONCE;
            let end = batch_rows.min(start + ROWS_AT_ONCE);
            centers.nearest(&joints[start * dim..end * dim])
        });
        let mut assignment = Assignment::default();
        pieces
            .into_iter()
            .for_each(|piece| assignment.append(piece));

        // Whether to reassign is decided on the counts before this batch.
        let reassign = self.reassignment_is_due(batch_rows);
        self.move_centers(joints, dim, &assignment.labels);
        if reassign {
            self.reassign(joints, dim, &mut rng);
        }
        assignment.inertia() / batch_rows as f64
    }

    fn reassignment_is_due(&mut self, batch_rows: usize) -> bool {
        self.rows_since_reassignment += batch_rows;
        let due = self.counts.contains(&0.0)
            || self.rows_since_reassignment >= 10 * self.options.clusters;
        if due {
            self.rows_since_reassignment = 0;
        }
        due
    }

    /// Each centre becomes the mean of all rows it has won so far, this batch included.
    fn move_centers(&mut self, joints: &[f32], dim: usize, labels: &[u32]) {
        let mut members = vec![Vec::new(); self.options.clusters];
        for (row, &label) in labels.iter().enumerate() {
            members[label as usize].push(row);
        }
        let counts = &self.counts;
        parallel::for_each_piece(&mut self.centers, dim, |cluster, center| {
            let rows = &members[cluster];
            if rows.is_empty() {
                return;
            }
            let count = counts[cluster];
            let mut sums: Vec<f64> = center.iter().map(|&c| f64::from(c) * count).collect();
            let mut values = rows.iter().map(|&row| &joints[row * dim..(row + 1) * dim]);
            let mut next = values.next();
            while let Some(row) = next {
                next = values.next();
                next.into_iter().for_each(prefetch);
                add_to(&mut sums, row);
            }
            let total = count + rows.len() as f64;
            center
                .iter_mut()
                .zip(sums)
                .for_each(|(c, sum)| *c = (sum / total) as f32);
        });
        for (count, rows) in self.counts.iter_mut().zip(&members) {
            *count += rows.len() as f64;
        }
    }

    /// Moves centres with few rows to rows of the batch, drawn uniformly.
    fn reassign(&mut self, joints: &[f32], dim: usize, rng: &mut Rng) {
        let batch_rows = joints.len() / dim;
        let largest = self.counts.iter().copied().fold(0.0, f64::max);
        let threshold = self.options.reassignment_ratio * largest;
        let mut weak: Vec<usize> = (0..self.counts.len())
            .filter(|&k| self.counts[k] < threshold)
            .collect();
        // At most half as many as the batch has rows: those with the lowest counts.
        if weak.len() > batch_rows / 2 {
            weak.sort_by(|&a, &b| self.counts[a].total_cmp(&self.counts[b]));
            weak.truncate(batch_rows / 2);
            weak.sort_unstable();
        }
        if weak.is_empty() {
            return;
        }
        let rows = rng.sample_without_replacement(batch_rows, weak.len());
        for (&cluster, row) in weak.iter().zip(rows) {
            self.centers[cluster * dim..(cluster + 1) * dim]
                .copy_from_slice(&joints[row * dim..(row + 1) * dim]);
        }
        // The count of the weakest centre that stays, so that the moved ones are not moved again
        // at once.
        let least = (0..self.counts.len())
            .filter(|k| weak.binary_search(k).is_err())
            .map(|k| self.counts[k])
            .fold(f64::INFINITY, f64::min);
        weak.iter()
            .for_each(|&cluster| self.counts[cluster] = least);
    }
}

for_each_width! {
    fn add_to(sums: &mut [f64], row: &[f32]) {
        add_each
    }
}

#[inline(always)]
fn add_each(sums: &mut [f64], row: &[f32]) {
    for (sum, &value) in sums.iter_mut().zip(row) {
        *sum += f64::from(value);
    }
}
