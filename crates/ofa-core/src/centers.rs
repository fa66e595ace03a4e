//! Cluster centres and the nearest one to a row.
use std::ops::Range;

use crate::arithmetic::{DEPTH_BLOCK, InstructionSet, PackedMatrix, dot_f64, sum_of_squares};
use crate::features::{self, FeatureRows, joint};
use crate::{Error, Result, parallel};

/// Rows that are computed together. Any number gives the same result.
pub(crate) const ROWS_AT_ONCE: usize = 64;

/// Cluster centres, prepared for finding the nearest.
///
/// Squared distances are `(|x|^2 + |c|^2) - 2 x.c`, the product in f32 and the rest in f64. Where
/// the rounding of the products could decide which centre is the nearest, those in question are
/// compared with products in f64; on exact ties the lowest index is the nearest.
#[derive(Debug, Clone)]
pub struct Centers {
    /// `[clusters, joint_dim]`.
    values: Vec<f32>,
    packed: PackedMatrix<f32>,
    squared_norms: Vec<f64>,
    largest_norm: f64,
    set: InstructionSet,
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
        Ok(Self::prepare(centers, clusters, joint_dim))
    }

    /// [`Self::new`] for values known to be right.
    pub(crate) fn prepare(centers: &[f32], clusters: usize, joint_dim: usize) -> Self {
        let squared_norms: Vec<f64> = (0..clusters)
            .map(|k| sum_of_squares(&centers[k * joint_dim..(k + 1) * joint_dim]))
            .collect();
        Self {
            values: centers.to_vec(),
            packed: PackedMatrix::new(centers, clusters, joint_dim, |value| value),
            largest_norm: squared_norms.iter().copied().fold(0.0, f64::max).sqrt(),
            squared_norms,
            set: InstructionSet::detect(),
        }
    }

    /// Computes with these instructions instead of the widest; the result is the same.
    pub fn with_instruction_set(mut self, set: InstructionSet) -> Self {
        self.set = set;
        self
    }

    /// The number of centres.
    pub fn clusters(&self) -> usize {
        self.packed.outputs()
    }

    /// The width of a centre.
    pub fn joint_dim(&self) -> usize {
        self.packed.inputs()
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
        for (row, slot) in rows.zip(joints.chunks_exact_mut(dim)) {
            joint(features, row, slot);
        }
        self.nearest(&joints)
    }

    /// The nearest centre of each row of `joints` f32 `[rows, joint_dim]`.
    pub(crate) fn nearest(&self, joints: &[f32]) -> Assignment {
        let dim = self.joint_dim();
        let rows = joints.len() / dim;
        let stride = self.packed.padded_outputs();
        let mut products = vec![0.0f32; rows * stride];
        self.packed
            .multiply(self.set, joints, dim, rows, &mut products);
        let mut distances = vec![0.0f64; self.clusters()];
        let mut assignment = Assignment::default();
        for (row, products) in joints.chunks_exact(dim).zip(products.chunks_exact(stride)) {
            let norm = sum_of_squares(row);
            let mut nearest = (0, f64::INFINITY);
            let mut second = f64::INFINITY;
            for (k, (distance, (&product, &center_norm))) in distances
                .iter_mut()
                .zip(products.iter().zip(&self.squared_norms))
                .enumerate()
            {
                *distance = (norm + center_norm) - 2.0 * f64::from(product);
                if *distance < nearest.1 {
                    (nearest, second) = ((k, *distance), nearest.1);
                } else if *distance < second {
                    second = *distance;
                }
            }
            let margin = self.margin(norm);
            // False for NaN too: then nothing that f32 says counts.
            let is_clear = second - nearest.1 > margin;
            if !is_clear {
                nearest = self.nearest_in_f64(row, norm, &distances, nearest.1 + margin);
            }
            assignment.labels.push(nearest.0 as u32);
            assignment.squared_distances.push(nearest.1.max(0.0) as f32);
        }
        assignment
    }

    /// Squared distances to a row that are further apart than this are in the right order.
    ///
    /// A product in blocks is off by at most `(block + blocks) 2^-24 |x| |c|`, with it a distance
    /// by twice as much, and two distances by twice that; for unit rows and centres of 1024
    /// values that makes 2e-5.
    fn margin(&self, squared_norm: f64) -> f64 {
        let size = squared_norm.sqrt() * self.largest_norm;
        if size >= f64::from(f32::MAX) {
            // The products may have left the range of f32.
            return f64::INFINITY;
        }
        let dim = self.joint_dim();
        let roundings = DEPTH_BLOCK.min(dim) + dim.div_ceil(DEPTH_BLOCK);
        4.0 * roundings as f64 / (1u64 << 24) as f64 * size
    }

    /// The nearest centre among those whose distance in f32 is not above `most`.
    fn nearest_in_f64(&self, row: &[f32], norm: f64, distances: &[f64], most: f64) -> (usize, f64) {
        let mut nearest = (0, f64::INFINITY);
        let centers = self.values.chunks_exact(self.joint_dim()).enumerate();
        for ((k, center), &distance) in centers.zip(distances) {
            if distance > most {
                continue;
            }
            let distance = (norm + self.squared_norms[k]) - 2.0 * dot_f64(row, center);
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

    /// Pairs of centres between which f32 products cannot decide.
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
        let prepared = Centers::prepare(&centers, 20, dim);
        let expected: Vec<u32> = rows
            .chunks_exact(dim)
            .map(|row| by_definition(row, &centers))
            .collect();
        for set in InstructionSet::available() {
            let found = prepared.clone().with_instruction_set(set).nearest(&rows);
            assert_eq!(found.labels, expected, "{set:?}");
        }
        // Two of each: the first of the two.
        let twice = [centers.clone(), centers].concat();
        assert_eq!(
            Centers::prepare(&twice, 40, dim).nearest(&rows).labels,
            expected
        );
    }

    #[test]
    fn centres_beyond_the_products_of_f32_are_told_apart() {
        // 512 equal products of 1e38 leave the range of f32.
        let row = vec![0.1f32; 512];
        let centers: Vec<f32> = [-3e38f32, 2e38, 3e38]
            .iter()
            .flat_map(|&value| std::iter::repeat_n(value, 512))
            .collect();
        let found = Centers::prepare(&centers, 3, 512).nearest(&row);
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
