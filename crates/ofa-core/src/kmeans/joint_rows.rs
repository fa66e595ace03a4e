//! Joint features on demand.
use crate::features::{self, FeatureRows, check_finite};
use crate::{Result, parallel};

/// The rows to cluster, as joint features that are computed when they are asked for.
pub(super) struct JointRows<'a, F> {
    features: &'a F,
}

impl<'a, F: FeatureRows> JointRows<'a, F> {
    /// Checks every row once, so that rows can be gathered without errors afterwards.
    pub(super) fn new(features: &'a F) -> Result<Self> {
        check_finite(features)?;
        Ok(Self { features })
    }

    pub(super) fn len(&self) -> usize {
        self.features.rows()
    }

    /// Width of a joint feature.
    pub(super) fn dim(&self) -> usize {
        2 * self.features.dim()
    }

    /// The joint features of `rows`, one after the other.
    pub(super) fn gather(&self, rows: &[usize], joints: &mut [f32]) {
        features::joints(self.features, rows.iter().copied(), joints);
    }

    /// As [`Self::gather`], on several threads.
    pub(super) fn gather_batch(&self, rows: &[usize]) -> Vec<f32> {
        let mut joints = vec![0.0f32; rows.len() * self.dim()];
        self.gather_batch_into(rows, &mut joints);
        joints
    }

    /// As [`Self::gather_batch`], into memory that is there.
    pub(super) fn gather_batch_into(&self, rows: &[usize], joints: &mut [f32]) {
        const ROWS: usize = 64;
        parallel::for_each_piece(joints, ROWS * self.dim(), |piece, joints| {
            let start = piece * ROWS;
            let count = joints.len() / self.dim();
            self.gather(&rows[start..start + count], joints);
        });
    }
}
