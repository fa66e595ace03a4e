//! How well image and text belong together, compared with the record's cluster.
use std::ops::Range;

use half::f16;

use crate::arithmetic::widen;
use crate::arithmetic::{dot_f64, dot_mixed};
use crate::features::FeatureRows;
use crate::{Error, Result, parallel};

/// Every f16 is a whole number of these: 2^-24.
const UNIT: f64 = 1.0 / (1u64 << 24) as f64;

/// Rows of one piece of parallel work; the sums are exact, so any number gives the same.
const ROWS_AT_ONCE: usize = 1 << 16;

/// The mean text embedding of each cluster of a pool.
///
/// The sums are exact integers in units of 2^-24, so they do not depend on the order of the
/// rows, on threads, or on how the pool is cut into shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterTextMeans {
    dim: usize,
    /// `[clusters, dim]`, modulo 2^64; [`Self::margins`] checks that none has wrapped.
    sums: Vec<i64>,
    counts: Vec<u64>,
    /// Largest absolute value by cluster.
    largest: Vec<i64>,
}

impl ClusterTextMeans {
    /// No rows yet.
    pub fn new(clusters: usize, dim: usize) -> Self {
        Self {
            dim,
            sums: vec![0; clusters * dim],
            counts: vec![0; clusters],
            largest: vec![0; clusters],
        }
    }

    /// Adds rows; `cluster` has the cluster of each.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many clusters as rows,
    /// [`Error::ClusterOutOfRange`] for a cluster that does not exist, [`Error::FeatureWidth`]
    /// for features of another width. Nothing is added then.
    pub fn add(
        &mut self,
        features: &impl FeatureRows,
        rows: Range<usize>,
        cluster: &[u32],
    ) -> Result<()> {
        self.check(features, &rows, cluster)?;
        let pieces = parallel::map(rows.len().div_ceil(ROWS_AT_ONCE), |piece| {
            let from = piece * ROWS_AT_ONCE;
            let mut sums = Self::new(self.counts.len(), self.dim);
            for (offset, &cluster) in cluster.iter().enumerate().skip(from).take(ROWS_AT_ONCE) {
                sums.add_row(cluster as usize, features.text(rows.start + offset));
            }
            sums
        });
        for piece in pieces {
            self.merge(&piece);
        }
        Ok(())
    }

    fn add_row(&mut self, cluster: usize, text: &[f16]) {
        let sums = &mut self.sums[cluster * self.dim..(cluster + 1) * self.dim];
        let mut largest = self.largest[cluster];
        for (sum, value) in sums.iter_mut().zip(text) {
            let units = units(*value);
            *sum = sum.wrapping_add(units);
            largest = largest.max(units.abs());
        }
        self.largest[cluster] = largest;
        self.counts[cluster] += 1;
    }

    fn merge(&mut self, other: &Self) {
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum = sum.wrapping_add(*other);
        }
        for (count, other) in self.counts.iter_mut().zip(&other.counts) {
            *count += other;
        }
        for (largest, other) in self.largest.iter_mut().zip(&other.largest) {
            *largest = (*largest).max(*other);
        }
    }

    /// The alignment margin of rows: `image.text - image.(mean text of the row's cluster)`, the
    /// mean over all rows that were added, not normalised again. In f64, then rounded to f32.
    ///
    /// # Errors
    /// As [`Self::add`]; [`Error::FeatureSumRange`] where a cluster's sum may have left the range
    /// of i64, which takes 2^39 rows of normalised embeddings or 2^23 rows of the largest f16.
    pub fn margins(
        &self,
        features: &impl FeatureRows,
        rows: Range<usize>,
        cluster: &[u32],
    ) -> Result<Vec<f32>> {
        const ROWS: usize = 1024;
        self.check(features, &rows, cluster)?;
        let means = self.means()?;
        let mut margins = vec![0.0f32; rows.len()];
        parallel::for_each_piece(&mut margins, ROWS, |piece, margins| {
            let (mut image, mut text) = (vec![0.0f32; self.dim], vec![0.0f32; self.dim]);
            for (offset, margin) in (piece * ROWS..).zip(margins) {
                widen(features.image(rows.start + offset), &mut image);
                widen(features.text(rows.start + offset), &mut text);
                let k = cluster[offset] as usize;
                let mean = &means[k * self.dim..(k + 1) * self.dim];
                *margin = (dot_f64(&image, &text) - dot_mixed(&image, mean)) as f32;
            }
        });
        Ok(margins)
    }

    /// `[clusters, dim]`; zeros for a cluster without rows.
    fn means(&self) -> Result<Vec<f64>> {
        let mut means = Vec::with_capacity(self.sums.len());
        for (k, sums) in self.sums.chunks_exact(self.dim).enumerate() {
            let bound = u128::from(self.counts[k]) * self.largest[k].unsigned_abs() as u128;
            if bound > i64::MAX as u128 {
                return Err(Error::FeatureSumRange {
                    cluster: k as u32,
                    rows: self.counts[k],
                    largest: self.largest[k] as f64 * UNIT,
                });
            }
            let count = self.counts[k].max(1) as f64;
            means.extend(sums.iter().map(|&sum| sum as f64 * UNIT / count));
        }
        Ok(means)
    }

    fn check(
        &self,
        features: &impl FeatureRows,
        rows: &Range<usize>,
        cluster: &[u32],
    ) -> Result<()> {
        if features.dim() != self.dim {
            return Err(Error::FeatureWidth {
                expected: self.dim,
                found: features.dim(),
            });
        }
        if cluster.len() != rows.len() {
            return Err(Error::Length {
                what: "clusters of rows".into(),
                expected: rows.len(),
                found: cluster.len(),
            });
        }
        let clusters = self.counts.len();
        match cluster.iter().position(|&k| k as usize >= clusters) {
            Some(offset) => Err(Error::ClusterOutOfRange {
                row: rows.start + offset,
                cluster: cluster[offset],
                clusters,
            }),
            None => Ok(()),
        }
    }
}

/// A finite f16 in units of 2^-24, exactly.
#[inline(always)]
fn units(value: f16) -> i64 {
    let bits = i64::from(value.to_bits());
    let (exponent, fraction) = ((bits >> 10) & 0x1f, bits & 0x3ff);
    // Subnormals have the exponent of the smallest normal and no leading one.
    let leading = if exponent == 0 { 0 } else { 0x400 };
    let magnitude = (fraction | leading) << (exponent - 1).max(0);
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;

    #[test]
    fn units_are_exact_for_every_finite_f16() {
        for bits in 0..=u16::MAX {
            let value = f16::from_bits(bits);
            if value.is_finite() {
                assert_eq!(units(value) as f64 * UNIT, value.to_f64());
            }
        }
    }

    fn features(dim: usize, image: &[f32], text: &[f32]) -> FeatureMatrix {
        let half = |v: &[f32]| v.iter().map(|&x| f16::from_f32(x)).collect();
        FeatureMatrix::new(dim, half(image), half(text)).expect("whole rows")
    }

    #[test]
    fn margins_are_against_the_mean_of_the_cluster() {
        let rows = features(
            2,
            &[1.0, 0.0, 0.5, 0.5, 0.0, 1.0],
            &[1.0, 0.0, 0.0, 1.0, 0.25, 0.5],
        );
        let cluster = [0, 0, 1];
        let mut means = ClusterTextMeans::new(3, 2);
        means.add(&rows, 0..3, &cluster).expect("valid");
        // Means (0.5, 0.5) and (0.25, 0.5).
        let margins = means.margins(&rows, 0..3, &cluster).expect("valid");
        assert_eq!(margins, [0.5, 0.0, 0.0]);
        // In parts, in another order: the same sums.
        let mut parts = ClusterTextMeans::new(3, 2);
        parts.add(&rows, 2..3, &cluster[2..]).expect("valid");
        parts.add(&rows, 0..2, &cluster[..2]).expect("valid");
        assert_eq!(parts, means);
    }

    #[test]
    fn wrong_input_is_refused() {
        let rows = features(1, &[1.0, 1.0], &[1.0, 1.0]);
        let mut means = ClusterTextMeans::new(1, 1);
        assert!(matches!(
            means.add(&rows, 0..2, &[0]),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            means.add(&rows, 0..2, &[0, 1]),
            Err(Error::ClusterOutOfRange {
                row: 1,
                cluster: 1,
                clusters: 1
            })
        ));
        let mut wide = ClusterTextMeans::new(1, 2);
        assert!(matches!(
            wide.add(&rows, 0..1, &[0]),
            Err(Error::FeatureWidth { .. })
        ));
    }

    #[test]
    fn sums_beyond_the_exact_range_are_refused() {
        let rows = features(1, &[1.0], &[65504.0]);
        let mut means = ClusterTextMeans::new(1, 1);
        means.add(&rows, 0..1, &[0]).expect("valid");
        means.counts[0] = 1 << 24;
        assert!(matches!(
            means.margins(&rows, 0..1, &[0]),
            Err(Error::FeatureSumRange { cluster: 0, .. })
        ));
    }
}
