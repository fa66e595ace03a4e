//! Exact samples from a DPP of a fixed size.
//!
//! A k-DPP is a mixture of projection DPPs, one for each set of `k` eigenvectors, with weights
//! proportional to the product of their eigenvalues. So a set of eigenvectors is drawn first, and
//! then the records one by one.
//!
//! # No number runs out of range
//! The weights are elementary symmetric polynomials `e_k`, which leave the range of f64 where a
//! kernel is nearly singular. Only the ratios `r_k = e_k / e_(k-1)` are computed here. With one
//! eigenvalue `v` more they become `(r_k + v) / (1 + v / r_(k-1))`: sums and quotients of positive
//! numbers, none far from an eigenvalue.
//!
//! Source: Kulesza and Taskar, Determinantal point processes for machine learning, section 5.2;
//! the ratios are this project's.
use super::Kernel;
use super::eigen::Eigen;
use crate::arithmetic::{InstructionSet, for_each_width};
use crate::rng::Rng;

/// A kernel that is ready to be sampled from.
#[derive(Debug, Clone)]
pub struct KDpp {
    n: usize,
    eigen: Eigen,
}

impl KDpp {
    /// Prepares a kernel with this jitter on its diagonal. `None` where it cannot be decomposed.
    ///
    /// The kernel without the jitter has no negative eigenvalue, so one that comes out below the
    /// jitter is rounding, and is taken as the jitter.
    ///
    /// Cost: an eigen-decomposition.
    pub fn new(set: InstructionSet, kernel: &Kernel, jitter: f64) -> Option<Self> {
        let n = kernel.len();
        let mut eigen = Eigen::of(set, kernel.with_jitter(jitter), n)?;
        for value in &mut eigen.values {
            *value = value.max(jitter);
        }
        Some(Self { n, eigen })
    }

    /// Draws `k` different candidates, ascending.
    ///
    /// The stream gives a uniform `f64` for each eigenvalue, from the last, until `k` are chosen;
    /// then one for each record.
    ///
    /// Cost: about `2 n k^2` operations.
    ///
    /// # Panics
    /// Where `k` is above the number of candidates.
    pub fn sample(&self, k: usize, rng: &mut Rng) -> Vec<usize> {
        assert!(k <= self.n, "{k} of {} candidates", self.n);
        if k == self.n {
            return (0..k).collect();
        }
        let vectors = self.draw_eigenvectors(k, rng);
        self.draw_records(vectors, rng)
    }

    /// Draws which `k` eigenvectors the projection is made of.
    fn draw_eigenvectors(&self, k: usize, rng: &mut Rng) -> Vec<usize> {
        let values = &self.eigen.values;
        let ratios = ratio_table(values, k);
        let mut chosen = Vec::with_capacity(k);
        for i in (0..self.n).rev() {
            let missing = k - chosen.len();
            if missing == 0 {
                break;
            }
            // With all the values before it the missing ones have the weight e_missing, and with
            // this one and one less of those before v * e_(missing-1).
            let without = ratios[i * (k + 1) + missing];
            if rng.unit_f64() < values[i] / (values[i] + without) {
                chosen.push(i);
            }
        }
        chosen
    }

    /// Draws a record for each eigenvector: each time with the square of what is left of its
    /// place in their span, which is then made orthogonal to it.
    fn draw_records(&self, vectors: Vec<usize>, rng: &mut Rng) -> Vec<usize> {
        let n = self.n;
        let row = |i: usize| &self.eigen.vectors[i * n..(i + 1) * n];
        let mut left = vec![0.0; n];
        for &i in &vectors {
            for (left, v) in left.iter_mut().zip(row(i)) {
                *left += v * v;
            }
        }
        let mut chosen = Vec::with_capacity(vectors.len());
        // The directions that chosen records took, as coordinates of every record.
        let mut taken: Vec<f64> = Vec::with_capacity(vectors.len() * n);
        for _ in 0..vectors.len() {
            let record = draw(&left, rng.unit_f64());
            chosen.push(record);
            if chosen.len() == vectors.len() {
                break;
            }
            let start = taken.len();
            taken.resize(start + n, 0.0);
            let (before, direction) = taken.split_at_mut(start);
            take_direction(
                &self.eigen.vectors,
                &vectors,
                before,
                record,
                &mut left,
                direction,
            );
            // Exactly, so that no rounding draws it twice.
            left[record] = 0.0;
            chosen.iter().for_each(|&c| left[c] = 0.0);
        }
        chosen.sort_unstable();
        chosen
    }
}

for_each_width! {
    /// The direction in the span of some eigenvectors that a record takes, made orthogonal to those taken before
    /// it, and what it leaves of every record.
    ///
    /// # Shapes
    /// `all` `[n, n]`, `vectors` rows of it, `before` `[taken, n]`, `left` and `direction` `[n]`, the latter zeros.
    fn take_direction(
        all: &[f64],
        vectors: &[usize],
        before: &[f64],
        record: usize,
        left: &mut [f64],
        direction: &mut [f64]
    ) {
        take_direction_in_width
    }
}

#[inline(always)]
fn take_direction_in_width(
    all: &[f64],
    vectors: &[usize],
    before: &[f64],
    record: usize,
    left: &mut [f64],
    direction: &mut [f64],
) {
    let n = left.len();
    let length = left[record].sqrt();
    for &i in vectors {
        let v = &all[i * n..(i + 1) * n];
        let own = v[record];
        for (to, v) in direction.iter_mut().zip(v) {
            *to += own * v;
        }
    }
    for before in before.chunks_exact(n) {
        let own = before[record];
        for (to, before) in direction.iter_mut().zip(before) {
            *to -= own * before;
        }
    }
    for (left, to) in left.iter_mut().zip(direction) {
        *to /= length;
        *left = (*left - *to * *to).max(0.0);
    }
}

/// `r_j` of the first `i` values at `[i, j]`, for `j` up to `k`; 0 where `j` is above `i`.
fn ratio_table(values: &[f64], k: usize) -> Vec<f64> {
    let width = k + 1;
    let mut table = vec![0.0; (values.len() + 1) * width];
    for (i, &value) in values.iter().enumerate() {
        let (before, now) = table[i * width..(i + 2) * width].split_at_mut(width);
        for j in 1..=k.min(i + 1) {
            // e_0 is 1 whatever is added.
            let shrink = if j == 1 {
                1.0
            } else {
                1.0 + value / before[j - 1]
            };
            now[j] = (before[j] + value) / shrink;
        }
    }
    table
}

/// An index by weight; `unit` is uniform in [0, 1). Weights of 0 are never drawn.
fn draw(weights: &[f64], unit: f64) -> usize {
    let total: f64 = weights.iter().sum();
    let target = unit * total;
    let mut running = 0.0;
    let mut last = 0;
    for (i, &weight) in weights.iter().enumerate() {
        if weight > 0.0 {
            running += weight;
            last = i;
            if running > target {
                break;
            }
        }
    }
    last
}

#[cfg(test)]
mod tests;
