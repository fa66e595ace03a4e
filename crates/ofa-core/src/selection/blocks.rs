//! The cut of a cluster's candidates into blocks, and the choice from each by its DPP.
use super::Method;
use crate::arithmetic::InstructionSet;
use crate::dpp::{JITTERS, KDpp, Kernel, greedy_map};
use crate::features::{FeatureRows, check_row};
use crate::quota::quotas;
use crate::rng::{Purpose, Rng};
use crate::{Error, Result};

/// Candidates of a block; the last one of a cluster takes what is left over.
pub const BLOCK: usize = 128;

/// One block of a cluster's candidates.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) cluster: usize,
    /// Its number in the cluster.
    number: usize,
    /// Places among the cluster's candidates, least confident first.
    places: Vec<usize>,
    /// How many are chosen from it.
    quota: usize,
    /// Candidates of the whole cluster.
    candidates: usize,
}

/// How many of `kept` records are candidates for `quota` places: twice as many.
pub(super) fn candidates(kept: usize, quota: usize) -> usize {
    kept.min(quota.saturating_mul(2))
}

/// Cuts `candidates` of a cluster into blocks and shares the quota out among them.
///
/// A seeded permutation decides who stands with whom; within a block the candidates are in order
/// again, so that only the cut depends on the seed.
pub(super) fn cut(seed: u64, cluster: usize, candidates: usize, quota: usize) -> Vec<Block> {
    let mut order: Vec<usize> = (0..candidates).collect();
    Rng::new(seed, Purpose::DppBlocks, cluster as u64, 0).shuffle(&mut order);
    let sizes: Vec<u64> = order
        .chunks(BLOCK)
        .map(|block| block.len() as u64)
        .collect();
    let shares = quotas(&sizes, quota as u64);
    order
        .chunks(BLOCK)
        .zip(shares)
        .enumerate()
        .map(|(number, (places, quota))| {
            let mut places = places.to_vec();
            places.sort_unstable();
            Block {
                cluster,
                number,
                places,
                quota: quota as usize,
                candidates,
            }
        })
        .collect()
}

impl Block {
    /// The places chosen from this block. `rows` are the features' rows of the cluster's
    /// candidates, least confident first.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for an embedding that is not finite; [`Error::Kernel`] where the kernel
    /// cannot be decomposed with any jitter.
    pub(super) fn choose(
        &self,
        set: InstructionSet,
        features: &impl FeatureRows,
        rows: &[usize],
        method: Method,
        seed: u64,
    ) -> Result<Vec<usize>> {
        if self.quota == 0 {
            return Ok(vec![]);
        }
        if self.quota == self.places.len() {
            return Ok(self.places.clone());
        }
        let own: Vec<usize> = self.places.iter().map(|&place| rows[place]).collect();
        own.iter().try_for_each(|&row| check_row(features, row))?;
        let quality: Vec<f64> = (self.places.iter())
            .map(|&place| 1.0 - place as f64 / self.candidates as f64)
            .collect();
        let kernel = Kernel::new(set, features, &own, &quality);
        let chosen = if method == Method::KdppMap {
            greedy_map(&kernel, JITTERS[0], self.quota)
        } else {
            let dpp = (JITTERS.into_iter())
                .find_map(|jitter| KDpp::new(set, &kernel, jitter))
                .ok_or(Error::Kernel {
                    cluster: self.cluster,
                    block: self.number,
                })?;
            let (cluster, number) = (self.cluster as u64, self.number as u64);
            let mut rng = Rng::new(seed, Purpose::DppSample, cluster, number);
            dpp.sample(self.quota, &mut rng)
        };
        Ok(chosen.into_iter().map(|i| self.places[i]).collect())
    }
}
