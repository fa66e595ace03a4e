//! Cluster centres and the nearest one to a row.
use std::ops::Range;

use crate::arithmetic::{InstructionSet, PackedMatrix, sum_of_squares};
use crate::features::{self, FeatureRows, joint};
use crate::{Error, Result, parallel};

/// Rows that are computed together. Any number gives the same result.
pub(crate) const ROWS_AT_ONCE: usize = 64;

/// Cluster centres, prepared for finding the nearest.
///
/// Squared distances are `(|x|^2 + |c|^2) - 2 x.c`, the product in f32 and the rest in f64; on
/// exact ties the lowest index is the nearest.
#[derive(Debug, Clone)]
pub struct Centers {
    packed: PackedMatrix<f32>,
    squared_norms: Vec<f64>,
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
        Self {
            packed: PackedMatrix::new(centers, clusters, joint_dim, |value| value),
            squared_norms: (0..clusters)
                .map(|k| sum_of_squares(&centers[k * joint_dim..(k + 1) * joint_dim]))
                .collect(),
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
        let dim = self.joint_dim();
        let pieces = parallel::map(rows.len().div_ceil(ROWS_AT_ONCE), |piece| {
            let start = rows.start + piece * ROWS_AT_ONCE;
            let count = ROWS_AT_ONCE.min(rows.end - start);
            let mut joints = vec![0.0; count * dim];
            for (offset, slot) in joints.chunks_exact_mut(dim).enumerate() {
                features::check_row(features, start + offset)?;
                joint(features, start + offset, slot);
            }
            Ok(self.nearest(&joints))
        });
        let mut all = Assignment::default();
        for piece in pieces {
            all.append(piece?);
        }
        Ok(all)
    }

    /// The nearest centre of each row of `joints` f32 `[rows, joint_dim]`.
    pub(crate) fn nearest(&self, joints: &[f32]) -> Assignment {
        let dim = self.joint_dim();
        let rows = joints.len() / dim;
        let stride = self.packed.padded_outputs();
        let mut products = vec![0.0f32; rows * stride];
        self.packed
            .multiply(self.set, joints, dim, rows, &mut products);
        let mut assignment = Assignment::default();
        for (row, products) in joints.chunks_exact(dim).zip(products.chunks_exact(stride)) {
            let norm = sum_of_squares(row);
            let mut nearest = (0u32, f64::INFINITY);
            for (k, (&product, &center_norm)) in
                products.iter().zip(&self.squared_norms).enumerate()
            {
                let distance = (norm + center_norm) - 2.0 * f64::from(product);
                if distance < nearest.1 {
                    nearest = (k as u32, distance);
                }
            }
            assignment.labels.push(nearest.0);
            assignment.squared_distances.push(nearest.1.max(0.0) as f32);
        }
        assignment
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
