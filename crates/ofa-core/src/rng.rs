//! The random numbers of this project: ChaCha8 keystreams, one for each seed and purpose.
//!
//! # The stream layout is part of the contract
//! A stream is the ChaCha8 keystream (nonce 0, counter from 0) under a 256-bit key made of four
//! little-endian `u64`: the seed, the [`Purpose`]'s number, and two numbers `a` and `b` that tell
//! apart streams of one purpose (an initialisation, a cluster, a block, an epoch). So a stream
//! can be opened anywhere, in any order, on any thread, and no draw in one moves another.
//!
//! From a stream, in this order of use:
//! - `u64`: the next 8 keystream bytes, little-endian;
//! - uniform index below `n`: the high half of the 128-bit product `u64 * n`, drawn again while
//!   the low half is below `2^64 mod n` (so every index is exactly equally likely);
//! - uniform `f64` in [0, 1): the top 53 bits of a `u64` times 2^-53;
//! - shuffle: for `i` from `len - 1` down to 1, swap `i` with a uniform index below `i + 1`;
//! - sample of `m` of `n` without replacement: the first `m` swaps of the same shuffle run
//!   upwards (for `i` from 0, swap with `i +` a uniform index below `n - i`), in drawn order;
//! - weighted draw: one uniform `f64` times the total weight, then the first entry whose running
//!   total exceeds it.
//!
//! A change to any of it changes subsets, so it needs a new format version.
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream is for. The numbers are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
#[non_exhaustive]
pub enum Purpose {
    /// k-means: the samples (`a` = 0: that centres are seeded from; 1: that initialisations are
    /// compared on).
    KMeansSample = 1,
    /// k-means: one initialisation (`a` = its number); with `b` = 1 the swaps of a run (`a` = its
    /// number).
    KMeansInit = 2,
    /// k-means: one mini-batch and its reassignments (`a` = the step, `b` = the run).
    KMeansStep = 3,
    /// The split of a cluster's core (`a` = the cluster).
    CoreSplit = 4,
    /// The initial weights of a selector (`a` = the parameter's number).
    SelectorInit = 5,
    /// The rows drawn in one epoch (`a` = the epoch).
    TrainingDraws = 6,
    /// Dropout masks (`a` = the epoch, `b` = the batch).
    Dropout = 7,
    /// The cut of a cluster's candidates into blocks (`a` = the cluster).
    DppBlocks = 8,
    /// The sample from one block's DPP (`a` = the cluster, `b` = the block).
    DppSample = 9,
    /// Baselines: `random` (`a` = the cluster; with `b` = 1 the pool as a whole), the first centre
    /// of `k-center` (`a` = the cluster, `b` = 2).
    Baseline = 10,
    /// The weights that an encoder's training starts from (`a` = the parameter's number).
    EncoderInit = 11,
    /// The pairs of an encoder's training (`a` = the pass over the pictures, `b` = 0: their order;
    /// otherwise the texts of a step, `b` = the step within the pass plus 1).
    EncoderPairs = 12,
    /// The evaluation's answer model: its initial weights (`a` = the parameter's number).
    AnswerInit = 13,
    /// The evaluation's answer model: the order of the records in one pass (`a` = the pass).
    AnswerOrder = 14,
    /// The two dimensions of [`crate::projection`] (`a` = 0: the sample; 1: the vectors that the axes
    /// start from).
    Projection = 15,
}

/// A stream of random numbers that is the same on every machine.
///
/// ```
/// use ofa_core::rng::{Purpose, Rng};
/// let mut one = Rng::new(42, Purpose::CoreSplit, 7, 0);
/// let mut two = Rng::new(42, Purpose::CoreSplit, 7, 0);
/// assert_eq!(one.next_u64(), two.next_u64());
/// ```
#[derive(Debug, Clone)]
pub struct Rng {
    keystream: ChaCha8Rng,
}

impl Rng {
    /// The stream of one seed and purpose; `a` and `b` as [`Purpose`] says, 0 where it is silent.
    pub fn new(seed: u64, purpose: Purpose, a: u64, b: u64) -> Self {
        let mut key = [0u8; 32];
        for (slot, part) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
            slot.copy_from_slice(&part.to_le_bytes());
        }
        Self {
            keystream: ChaCha8Rng::from_seed(key),
        }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.keystream.next_u64()
    }

    /// A uniform index in `0..n`.
    ///
    /// # Panics
    /// Where `n` is 0: there is no such index.
    pub fn index(&mut self, n: usize) -> usize {
        assert!(n > 0, "an index below 0 does not exist");
        let n = n as u64;
        // 2^64 mod n, without 128-bit division.
        let reject_below = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= reject_below {
                return (product >> 64) as usize;
            }
        }
    }

    /// A uniform number in [0, 1), a multiple of 2^-53.
    pub fn unit_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Puts `items` in a uniformly random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.index(i + 1);
            items.swap(i, j);
        }
    }

    /// `count` different indices below `n`, in drawn order.
    ///
    /// # Panics
    /// Where `count` is above `n`.
    pub fn sample_without_replacement(&mut self, n: usize, count: usize) -> Vec<usize> {
        assert!(
            count <= n,
            "cannot draw {count} different indices below {n}"
        );
        let mut indices: Vec<usize> = (0..n).collect();
        for i in 0..count {
            let j = i + self.index(n - i);
            indices.swap(i, j);
        }
        indices.truncate(count);
        indices
    }
}

/// Draws indices with given weights, with replacement.
///
/// Cost: one pass to build, a binary search a draw.
#[derive(Debug, Clone)]
pub struct WeightedIndex {
    running_total: Vec<f64>,
}

impl WeightedIndex {
    /// Prepares the draw. `None` where a weight is negative or not finite, or none is positive.
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut total = 0.0;
        let mut running_total = Vec::new();
        for weight in weights {
            if !(weight.is_finite() && weight >= 0.0) {
                return None;
            }
            total += weight;
            running_total.push(total);
        }
        (total > 0.0 && total.is_finite()).then_some(Self { running_total })
    }

    /// One index; it consumes one `u64` of the stream.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let total = *self
            .running_total
            .last()
            .expect("new() refuses an empty list");
        let target = rng.unit_f64() * total;
        let found = self.running_total.partition_point(|&t| t <= target);
        if found < self.running_total.len() {
            return found;
        }
        // Rounding can bring the target up to the total: then the last index of positive weight.
        self.running_total.partition_point(|&t| t < total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream is ChaCha8 with the documented key: the first block of an all-zero key is
    /// published (draft-strombergson-chacha-test-vectors, TC1, 256-bit key, 8 rounds).
    #[test]
    fn keystream_is_chacha8() {
        let mut rng = Rng {
            keystream: ChaCha8Rng::from_seed([0; 32]),
        };
        assert_eq!(
            rng.next_u64().to_le_bytes(),
            [0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]
        );
    }

    /// The layout is a contract, so its first numbers are written down.
    #[test]
    fn layout_is_fixed() {
        let mut rng = Rng::new(42, Purpose::CoreSplit, 7, 1);
        let drawn = [rng.next_u64(), rng.index(1000) as u64, rng.next_u64()];
        assert_eq!(drawn, LAYOUT);
        let mut order: Vec<u8> = (0..10).collect();
        Rng::new(1, Purpose::DppBlocks, 0, 0).shuffle(&mut order);
        assert_eq!(order, SHUFFLED);
    }
    const LAYOUT: [u64; 3] = [17305532437522402446, 160, 9830886915750937118];
    const SHUFFLED: [u8; 10] = [2, 9, 8, 3, 1, 0, 5, 4, 7, 6];

    #[test]
    fn index_is_uniform() {
        let mut rng = Rng::new(3, Purpose::Baseline, 0, 0);
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[rng.index(7)] += 1;
        }
        // Six standard deviations of a binomial(70000, 1/7).
        assert!(seen.iter().all(|&n| n.abs_diff(10_000) < 556), "{seen:?}");
    }

    #[test]
    fn weighted_draw_follows_the_weights() {
        let weights = WeightedIndex::new([0.0, 1.0, 3.0, 0.0]).expect("valid weights");
        let mut rng = Rng::new(5, Purpose::Baseline, 0, 0);
        let mut seen = [0u32; 4];
        for _ in 0..40_000 {
            seen[weights.draw(&mut rng)] += 1;
        }
        assert_eq!((seen[0], seen[3]), (0, 0));
        assert!(seen[1].abs_diff(10_000) < 520, "{seen:?}");
        assert!(WeightedIndex::new([0.0]).is_none());
        assert!(WeightedIndex::new([]).is_none());
        assert!(WeightedIndex::new([1.0, f64::NAN]).is_none());
        assert!(WeightedIndex::new([1.0, -1.0]).is_none());
    }

    #[test]
    fn sample_is_without_replacement() {
        let mut drawn = Rng::new(9, Purpose::Baseline, 0, 0).sample_without_replacement(50, 50);
        drawn.sort_unstable();
        assert_eq!(drawn, (0..50).collect::<Vec<_>>());
    }
}
