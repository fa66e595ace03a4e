//! Cluster centres and the nearest one to a row.
use std::ops::Range;

use crate::arithmetic::quantised::{LENGTH, PairMatrix, pairs_of, product_error, quantise};
use crate::arithmetic::{InstructionSet, dot_f64, sum_of_squares, sums_of_squares};
use crate::features::{self, FeatureRows};
use crate::{Error, Result, parallel};

/// Rows that are computed together. Any number gives the same result.
pub(crate) const ROWS_AT_ONCE: usize = 64;

/// Cluster centres, prepared for finding the nearest.
///
/// Squared distances are `(|x|^2 + |c|^2) - 2 x.c` in f64; on exact ties the lowest index is the
/// nearest. Only the centres that can be the nearest are looked at so closely: products of rows and
/// centres as integers of 16 bits tell which those are, for most rows one.
#[derive(Debug, Clone)]
pub struct Centers {
    /// `[clusters, joint_dim]`.
    values: Vec<f32>,
    squared_norms: Vec<f64>,
    rough: Option<RoughCenters>,
    set: InstructionSet,
}

/// Centres as integers.
#[derive(Debug, Clone)]
struct RoughCenters {
    integers: PairMatrix,
    /// What their values were multiplied by.
    scale: f32,
    squared_norms: Vec<f32>,
    largest_squared_norm: f64,
    /// As [`product_error`] has it.
    product_error: f64,
}

/// Lengths of vectors that are looked at as integers. What is shorter or longer would leave the range
/// of f32 on the way.
const ROUGH_LENGTHS: std::ops::RangeInclusive<f64> = 1e-12..=1e12;

impl RoughCenters {
    /// Nothing where the longest centre is too short or too long.
    fn new(
        set: InstructionSet,
        values: &[f32],
        squared_norms: &[f64],
        joint_dim: usize,
    ) -> Option<Self> {
        let largest_squared_norm = squared_norms.iter().copied().fold(0.0, f64::max);
        let scale = scale_to_length(largest_squared_norm)?;
        let pairs = pairs_of(joint_dim);
        let mut integers = vec![0i32; squared_norms.len() * pairs];
        for (center, integers) in values
            .chunks_exact(joint_dim)
            .zip(integers.chunks_exact_mut(pairs))
        {
            quantise(center, scale, integers);
        }
        Some(Self {
            integers: PairMatrix::new(set, &integers, squared_norms.len(), pairs),
            scale,
            squared_norms: squared_norms.iter().map(|&norm| norm as f32).collect(),
            largest_squared_norm,
            product_error: product_error(joint_dim),
        })
    }

    /// Writes half of each squared distance to a row, in units of the products and without the row's
    /// own norm, and gives what the nearest centre is not above. `row_scale` is what the row's values
    /// were multiplied by.
    fn half_distances(&self, products: &[i32], row_scale: f32, half: &mut [f32]) -> f32 {
        let weight = f64::from(row_scale) * f64::from(self.scale) / 2.0;
        let factor = weight as f32;
        for ((half, &product), &norm) in half.iter_mut().zip(products).zip(&self.squared_norms) {
            *half = norm * factor - product as f32;
        }
        // In f32 five numbers are rounded, of which none is larger than this.
        let size = self.largest_squared_norm * weight + f64::from(LENGTH).powi(2);
        let error = self.product_error + size / f64::from(1 << 21);
        (f64::from(least(half)) + 2.0 * error) as f32
    }
}

/// What makes a vector of this squared length as long as an integer vector may be.
fn scale_to_length(squared_norm: f64) -> Option<f32> {
    let length = squared_norm.sqrt();
    ROUGH_LENGTHS
        .contains(&length)
        .then(|| (f64::from(LENGTH) / length) as f32)
}

/// The smallest of some numbers, of which none is NaN.
fn least(values: &[f32]) -> f32 {
    // Side by side; a single running minimum would wait for each comparison.
    let mut smallest = [f32::INFINITY; 16];
    for values in values.chunks(16) {
        for (least, &value) in smallest.iter_mut().zip(values) {
            *least = if value < *least { value } else { *least };
        }
    }
    smallest.into_iter().fold(f32::INFINITY, f32::min)
}

/// The nearest centre of each of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Assignment {
    /// Index of the nearest centre.
    pub labels: Vec<u32>,
    /// Squared Euclidean distance to it.
    pub squared_distances: Vec<f32>,
}

impl Assignment {
    /// The sum of the squared distances, in f64 in the order of the rows.
    pub fn inertia(&self) -> f64 {
        self.squared_distances.iter().map(|&d| f64::from(d)).sum()
    }
}

impl Centers {
    /// Prepares centres.
    ///
    /// # Shapes
    /// `centers` f32 `[clusters, joint_dim]`, in the space of joint features.
    ///
    /// # Errors
    /// [`Error::Option`] for no cluster, [`Error::Length`] for another length than the shape's,
    /// [`Error::TensorValue`] for a value that is not finite.
    pub fn new(centers: &[f32], clusters: usize, joint_dim: usize) -> Result<Self> {
        if clusters == 0 {
            return Err(Error::Option {
                option: "clusters",
                expected: "at least 1",
                found: "0".into(),
            });
        }
        if centers.len() != clusters * joint_dim {
            return Err(Error::Length {
                what: format!("cluster centres [{clusters}, {joint_dim}]"),
                expected: clusters * joint_dim,
                found: centers.len(),
            });
        }
        if let Some(element) = centers.iter().position(|value| !value.is_finite()) {
            return Err(Error::TensorValue {
                name: "cluster_centers".into(),
                element,
                value: centers[element],
                problem: "every centre must be finite",
            });
        }
        let set = InstructionSet::detect();
        Ok(Self::prepare(set, centers, clusters, joint_dim))
    }

    /// [`Self::new`] for values known to be right, computing with these instructions; the result is the same
    /// with any.
    pub(crate) fn prepare(
        set: InstructionSet,
        centers: &[f32],
        clusters: usize,
        joint_dim: usize,
    ) -> Self {
        let squared_norms: Vec<f64> = (0..clusters)
            .map(|k| sum_of_squares(&centers[k * joint_dim..(k + 1) * joint_dim]))
            .collect();
        Self {
            values: centers.to_vec(),
            rough: RoughCenters::new(set, centers, &squared_norms, joint_dim),
            squared_norms,
            set,
        }
    }

    /// The number of centres.
    pub fn clusters(&self) -> usize {
        self.squared_norms.len()
    }

    /// The width of a centre.
    pub fn joint_dim(&self) -> usize {
        self.values.len() / self.clusters()
    }

    /// The nearest centre of each of `rows`, and the squared distance.
    ///
    /// # Errors
    /// [`Error::FeatureWidth`] where a joint feature is not as wide as a centre,
    /// [`Error::NotFinite`] for the first row with NaN or an infinity.
    pub fn assign(&self, features: &impl FeatureRows, rows: Range<usize>) -> Result<Assignment> {
        if 2 * features.dim() != self.joint_dim() {
            return Err(Error::FeatureWidth {
                expected: self.joint_dim() / 2,
                found: features.dim(),
            });
        }
        let pieces = parallel::map(rows.len().div_ceil(ROWS_AT_ONCE), |piece| {
            let start = rows.start + piece * ROWS_AT_ONCE;
            let piece = start..rows.end.min(start + ROWS_AT_ONCE);
            for row in piece.clone() {
                features::check_row(features, row)?;
            }
            Ok(self.assign_piece(features, piece))
        });
        let mut all = Assignment::default();
        for piece in pieces {
            all.append(piece?);
        }
        Ok(all)
    }

    /// As [`Self::assign`], for rows that are known to be finite and as wide as the centres.
    pub(crate) fn assign_checked(
        &self,
        features: &impl FeatureRows,
        rows: Range<usize>,
    ) -> Assignment {
        let pieces = parallel::map(rows.len().div_ceil(ROWS_AT_ONCE), |piece| {
            let start = rows.start + piece * ROWS_AT_ONCE;
            self.assign_piece(features, start..rows.end.min(start + ROWS_AT_ONCE))
        });
        let mut all = Assignment::default();
        pieces.into_iter().for_each(|piece| all.append(piece));
        all
    }

    fn assign_piece(&self, features: &impl FeatureRows, rows: Range<usize>) -> Assignment {
        let dim = self.joint_dim();
        let mut joints = vec![0.0; rows.len() * dim];
        features::joints(features, rows, &mut joints);
        self.nearest(&joints)
    }

    /// The nearest centre of each row of `joints` f32 `[rows, joint_dim]`.
    pub(crate) fn nearest(&self, joints: &[f32]) -> Assignment {
        let dim = self.joint_dim();
        let mut norms = vec![0.0f64; joints.len() / dim];
        sums_of_squares(joints, dim, &mut norms);
        let scales: Vec<Option<f32>> = norms.iter().map(|&norm| scale_to_length(norm)).collect();
        let products = (self.rough.as_ref())
            .map(|rough| self.rough_products(rough, joints, &scales))
            .unwrap_or_default();
        let stride = products.len() / norms.len().max(1);
        let mut half = vec![0.0f32; self.clusters()];
        let mut assignment = Assignment::default();
        for (nth, (row, &norm)) in joints.chunks_exact(dim).zip(&norms).enumerate() {
            let nearest = match (&self.rough, scales[nth]) {
                (Some(rough), Some(scale)) => {
                    let products = &products[nth * stride..(nth + 1) * stride];
                    let most = rough.half_distances(products, scale, &mut half);
                    self.nearest_of(row, norm, |k| half[k] <= most)
                }
                _ => self.nearest_of(row, norm, |_| true),
            };
            assignment.labels.push(nearest.0 as u32);
            assignment.squared_distances.push(nearest.1.max(0.0) as f32);
        }
        assignment
    }

    /// Products of rows and centres as integers, `[rows, padded]`.
    fn rough_products(
        &self,
        rough: &RoughCenters,
        joints: &[f32],
        scales: &[Option<f32>],
    ) -> Vec<i32> {
        let pairs = pairs_of(self.joint_dim());
        let mut integers = vec![0i32; scales.len() * pairs];
        let rows = joints.chunks_exact(self.joint_dim());
        for ((row, scale), integers) in rows.zip(scales).zip(integers.chunks_exact_mut(pairs)) {
            if let &Some(scale) = scale {
                quantise(row, scale, integers);
            }
        }
        rough.integers.multiply(self.set, &integers, scales.len())
    }

    /// The nearest centre among some, and the squared distance to it.
    fn nearest_of(&self, row: &[f32], norm: f64, is_near: impl Fn(usize) -> bool) -> (usize, f64) {
        let mut nearest = (0, f64::INFINITY);
        for (k, &center_norm) in self.squared_norms.iter().enumerate() {
            if !is_near(k) {
                continue;
            }
            let center = &self.values[k * row.len()..(k + 1) * row.len()];
            let distance = (norm + center_norm) - 2.0 * dot_f64(row, center);
            if distance < nearest.1 {
                nearest = (k, distance);
            }
        }
        nearest
    }
}

impl Assignment {
    pub(crate) fn append(&mut self, other: Self) {
        self.labels.extend(other.labels);
        self.squared_distances.extend(other.squared_distances);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use half::f16;

    /// The nearest centre by the definition, in f64.
    fn by_definition(row: &[f32], centers: &[f32]) -> u32 {
        let distances = centers.chunks_exact(row.len()).map(|center| {
            let terms = row.iter().zip(center);
            terms
                .map(|(x, c)| (f64::from(*x) - f64::from(*c)).powi(2))
                .sum::<f64>()
        });
        let mut nearest = (0, f64::INFINITY);
        for (k, distance) in distances.enumerate() {
            if distance < nearest.1 {
                nearest = (k as u32, distance);
            }
        }
        nearest.0
    }

    /// Centres between which products of integers, and of f32, cannot decide.
    #[test]
    fn near_ties_are_decided_in_f64() {
        let dim = 200;
        let mut rng = crate::rng::Rng::new(3, crate::rng::Purpose::Baseline, 0, 0);
        let mut vector = |scale: f64| -> Vec<f32> {
            (0..dim)
                .map(|_| ((rng.unit_f64() - 0.5) * scale) as f32)
                .collect()
        };
        let base = vector(1.0);
        let mut centers = Vec::new();
        for _ in 0..20 {
            let shift = vector(1e-6);
            centers.extend(base.iter().zip(&shift).map(|(b, s)| b + s));
        }
        let rows: Vec<f32> = (0..50).flat_map(|_| vector(1.0)).collect();
        let detected = InstructionSet::detect();
        let expected: Vec<u32> = rows
            .chunks_exact(dim)
            .map(|row| by_definition(row, &centers))
            .collect();
        for set in InstructionSet::available() {
            let found = Centers::prepare(set, &centers, 20, dim).nearest(&rows);
            assert_eq!(found.labels, expected, "{set:?}");
        }
        // Two of each: the first of the two.
        let twice = [centers.clone(), centers].concat();
        assert_eq!(
            Centers::prepare(detected, &twice, 40, dim)
                .nearest(&rows)
                .labels,
            expected
        );
    }

    /// Whatever lengths rows and centres have, beside each other.
    #[test]
    fn the_nearest_is_found_at_every_scale() {
        let dim = 40;
        let mut rng = crate::rng::Rng::new(8, crate::rng::Purpose::Baseline, 0, 0);
        let mut vectors = |count: usize, scale: f64| -> Vec<f32> {
            (0..count * dim)
                .map(|_| ((rng.unit_f64() - 0.5) * scale) as f32)
                .collect()
        };
        let mut rows = vec![0.0; dim];
        for scale in [1e-20, 1e-6, 0.3, 1.0, 40.0, 1e7, 1e15] {
            rows.extend(vectors(6, scale));
        }
        for scale in [1e-20, 1e-3, 1.0, 30.0, 1e15] {
            let centers = [vectors(33, scale), vectors(1, 0.0)].concat();
            for set in InstructionSet::available() {
                let found = Centers::prepare(set, &centers, 34, dim).nearest(&rows);
                for (nth, row) in rows.chunks_exact(dim).enumerate() {
                    let distance = |k: u32| {
                        let center = &centers[k as usize * dim..][..dim];
                        let product = sum_of_squares(row) + sum_of_squares(center);
                        product - 2.0 * dot_f64(row, center)
                    };
                    let expected = (0..34).min_by(|&a, &b| distance(a).total_cmp(&distance(b)));
                    let found = found.labels[nth];
                    // -0 and 0 are the same distance.
                    let expected = expected.expect("a centre");
                    assert_eq!(
                        distance(found),
                        distance(expected),
                        "row {nth}, centres {scale}"
                    );
                }
            }
        }
    }

    #[test]
    fn centres_beyond_the_products_of_f32_are_told_apart() {
        // 512 equal products of 1e38 leave the range of f32.
        let row = vec![0.1f32; 512];
        let centers: Vec<f32> = [-3e38f32, 2e38, 3e38]
            .iter()
            .flat_map(|&value| std::iter::repeat_n(value, 512))
            .collect();
        let found = Centers::prepare(InstructionSet::detect(), &centers, 3, 512).nearest(&row);
        assert_eq!(found.labels, [by_definition(&row, &centers)]);
        assert_eq!(found.labels, [1]);
    }

    #[test]
    fn ties_go_to_the_lowest_index_and_distances_are_euclidean() {
        let half = |v: &[f32]| v.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>();
        let features = FeatureMatrix::new(1, half(&[1.0, 0.0]), half(&[0.0, -1.0])).expect("rows");
        // Joints (1, 0) and (0, -1); centres 1 and 3 are equal.
        let centers =
            Centers::new(&[0.0, 1.0, 0.0, -0.5, 1.0, 1.0, 0.0, -0.5], 4, 2).expect("four centres");
        let found = centers.assign(&features, 0..2).expect("finite rows");
        assert_eq!(found.labels, [2, 1]);
        assert_eq!(found.squared_distances, [1.0, 0.25]);
        assert_eq!(found.inertia(), 1.25);
        assert_eq!(centers.assign(&features, 1..2).expect("finite").labels, [1]);
    }

    #[test]
    fn wrong_shapes_are_refused() {
        assert!(matches!(Centers::new(&[], 0, 2), Err(Error::Option { .. })));
        assert!(matches!(
            Centers::new(&[0.0; 3], 2, 2),
            Err(Error::Length { .. })
        ));
        assert!(matches!(
            Centers::new(&[0.0, f32::NAN], 1, 2),
            Err(Error::TensorValue { element: 1, .. })
        ));
        let features =
            FeatureMatrix::new(2, vec![f16::ONE; 2], vec![f16::NAN; 2]).expect("one row");
        let narrow = Centers::new(&[0.0; 2], 1, 2).expect("a centre");
        assert!(matches!(
            narrow.assign(&features, 0..1),
            Err(Error::FeatureWidth {
                expected: 1,
                found: 2
            })
        ));
        let right = Centers::new(&[0.0; 4], 1, 4).expect("a centre");
        assert!(matches!(
            right.assign(&features, 0..1),
            Err(Error::NotFinite { row: 0, .. })
        ));
    }
}
