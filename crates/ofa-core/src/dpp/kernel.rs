//! The kernel of a block of candidates.
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix, widen};
use crate::features::FeatureRows;

/// What is put on the diagonal, in this order, until the decomposition works.
pub const JITTERS: [f64; 3] = [1e-8, 1e-6, 1e-4];

/// `L_ij = sqrt(q_i q_j) * (cos(i, j) + 1) / 2` of some candidates, in f64.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    n: usize,
    /// `[n, n]`.
    values: Vec<f64>,
}

impl Kernel {
    /// The kernel of rows of the features with a quality each, on their joint features.
    ///
    /// The cosine of joint features is that of image and text one after the other. The products
    /// of f16 values are exact, their sums are in f64.
    ///
    /// Cost: `n^2 dim` multiplications.
    ///
    /// # Panics
    /// Where a row is not there, or `quality` is of another length.
    pub fn new(
        set: InstructionSet,
        features: &impl FeatureRows,
        rows: &[usize],
        quality: &[f64],
    ) -> Self {
        let width = 2 * features.dim();
        let mut joint = vec![0.0f64; rows.len() * width];
        let mut wide = vec![0.0f32; features.dim()];
        for (&row, joint) in rows.iter().zip(joint.chunks_exact_mut(width)) {
            let (image, text) = joint.split_at_mut(features.dim());
            for (part, values) in [(image, features.image(row)), (text, features.text(row))] {
                widen(values, &mut wide);
                let values = part.iter_mut().zip(&wide);
                values.for_each(|(to, &value)| *to = f64::from(value));
            }
        }
        Self::of_products(products(set, &joint, rows.len(), width), quality)
    }

    /// The kernel of plain rows, for other uses and for tests.
    ///
    /// # Shapes
    /// `rows` `[n, width]`.
    ///
    /// # Panics
    /// Where `rows` is not `n` whole rows, or `quality` not of length `n`.
    pub fn from_rows(rows: &[f64], n: usize, quality: &[f64]) -> Self {
        assert!(n > 0 && rows.len().is_multiple_of(n), "whole rows");
        let width = rows.len() / n;
        let set = InstructionSet::detect();
        Self::of_products(products(set, rows, n, width), quality)
    }

    fn of_products(mut values: Vec<f64>, quality: &[f64]) -> Self {
        let n = quality.len();
        assert_eq!(values.len(), n * n, "a quality for each row");
        let norms: Vec<f64> = (0..n).map(|i| values[i * n + i].sqrt()).collect();
        for i in 0..n {
            for j in 0..=i {
                let norm = norms[i] * norms[j];
                // A row of zeros is like no other, and not even like itself.
                let cosine = match norm {
                    0.0 => 0.0,
                    _ if i == j => 1.0,
                    norm => (values[i * n + j] / norm).clamp(-1.0, 1.0),
                };
                let value = (quality[i] * quality[j]).sqrt() * (cosine + 1.0) / 2.0;
                values[i * n + j] = value;
                values[j * n + i] = value;
            }
        }
        Self { n, values }
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there is no candidate.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// `[n, n]`, with something added to the diagonal.
    pub fn with_jitter(&self, jitter: f64) -> Vec<f64> {
        let mut values = self.values.clone();
        for i in 0..self.n {
            values[i * self.n + i] += jitter;
        }
        values
    }
}

/// The lower triangle of `rows rows^T`, `[n, n]`; what is above it means nothing.
fn products(set: InstructionSet, rows: &[f64], n: usize, width: usize) -> Vec<f64> {
    let packed = PackedMatrix::new(rows, n, width, |value: f64| value);
    let mut values = vec![0.0; n * n];
    let mut panel_values = vec![0.0; n * PANEL];
    for (panel, start) in (0..n).step_by(PANEL).enumerate() {
        let below = n - start;
        packed.multiply_panels(
            set,
            &rows[start * width..],
            width,
            below,
            panel..panel + 1,
            &mut panel_values,
        );
        let columns = PANEL.min(below);
        for (row, from) in (start..n).zip(panel_values.chunks_exact(PANEL)) {
            values[row * n + start..][..columns].copy_from_slice(&from[..columns]);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use crate::rng::{Purpose, Rng};
    use half::f16;

    #[test]
    fn the_kernel_is_that_of_the_joint_features() {
        let (n, dim) = (70, 24);
        let mut rng = Rng::new(4, Purpose::Baseline, 0, 0);
        let mut random = || -> Vec<f16> {
            let values = (0..n * dim).map(|_| f16::from_f64(rng.unit_f64() - 0.5));
            values.collect()
        };
        let (image, text) = (random(), random());
        let features = FeatureMatrix::new(dim, image, text).expect("whole rows");
        // Every second row, backwards.
        let rows: Vec<usize> = (0..n).step_by(2).rev().collect();
        let quality: Vec<f64> = (0..rows.len()).map(|r| 1.0 - r as f64 / 99.0).collect();
        let joint = |row: usize| -> Vec<f64> {
            let parts = features.image(row).iter().chain(features.text(row));
            parts.map(|v| v.to_f64()).collect()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        for set in InstructionSet::available() {
            let kernel = Kernel::new(set, &features, &rows, &quality);
            let values = kernel.with_jitter(0.5);
            for (i, &a) in rows.iter().enumerate() {
                for (j, &b) in rows.iter().enumerate() {
                    let (x, y) = (joint(a), joint(b));
                    let cosine = dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt();
                    let expected = (quality[i] * quality[j]).sqrt() * (cosine + 1.0) / 2.0;
                    let expected = expected + if i == j { 0.5 } else { 0.0 };
                    let found = values[i * rows.len() + j];
                    assert!((found - expected).abs() < 1e-14, "{set:?} {i} {j}");
                    assert_eq!(found, values[j * rows.len() + i]);
                }
            }
            assert_eq!(
                kernel,
                Kernel::new(InstructionSet::Baseline, &features, &rows, &quality)
            );
        }
    }

    #[test]
    fn rows_of_zeros_are_like_nothing() {
        let kernel = Kernel::from_rows(&[0.0, 0.0, 3.0, 4.0], 2, &[1.0, 1.0]);
        assert_eq!(kernel.with_jitter(0.0), [0.5, 0.5, 0.5, 1.0]);
    }
}
