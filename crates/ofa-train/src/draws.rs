//! The random numbers of a training run: which rows are drawn and which units are dropped.
//!
//! They come from the project's own generator and not from the backend's, so that a run follows
//! from its seed alone.
use ofa_core::rng::{Purpose, Rng};

/// Draws rows with replacement, each with probability proportional to 1 / (size of its class).
///
/// That is: a class uniformly among those that have rows, then one of its rows uniformly.
#[derive(Debug)]
pub(crate) struct ClassBalancedDraws {
    /// The rows of each class that has rows.
    rows_of: Vec<Vec<usize>>,
    rows: usize,
    seed: u64,
}

impl ClassBalancedDraws {
    pub(crate) fn new(labels: &[u32], classes: usize, seed: u64) -> Self {
        let mut rows_of = vec![Vec::new(); classes];
        for (row, &label) in labels.iter().enumerate() {
            rows_of[label as usize].push(row);
        }
        rows_of.retain(|rows| !rows.is_empty());
        Self {
            rows_of,
            rows: labels.len(),
            seed,
        }
    }

    /// The rows of an epoch (from 1): as many draws as there are rows.
    pub(crate) fn epoch(&self, epoch: usize) -> Vec<usize> {
        let mut rng = Rng::new(self.seed, Purpose::TrainingDraws, epoch as u64, 0);
        let draw = |_| {
            let class = &self.rows_of[rng.index(self.rows_of.len())];
            class[rng.index(class.len())]
        };
        (0..self.rows).map(draw).collect()
    }
}

/// A dropout mask: 0 with probability `p`, else 1 / (1 - p).
///
/// One 32-bit half of a `u64` of the stream decides a unit, low half first.
pub(crate) fn dropout_mask(
    seed: u64,
    epoch: usize,
    batch: usize,
    units: usize,
    p: f64,
) -> Vec<f32> {
    let mut rng = Rng::new(seed, Purpose::Dropout, epoch as u64, batch as u64);
    let dropped_below = (p * (1u64 << 32) as f64) as u64;
    let kept = (1.0 / (1.0 - p)) as f32;
    let mut mask = Vec::with_capacity(units + 1);
    while mask.len() < units {
        let word = rng.next_u64();
        for half in [word & 0xffff_ffff, word >> 32] {
            mask.push(if half < dropped_below { 0.0 } else { kept });
        }
    }
    mask.truncate(units);
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_drawn_alike_and_rows_within_a_class_too() {
        // Class 0 has 900 rows, class 2 has 100, class 1 none.
        let labels: Vec<u32> = (0..1000).map(|row| if row < 900 { 0 } else { 2 }).collect();
        let draws = ClassBalancedDraws::new(&labels, 3, 7);
        let mut seen = vec![0u32; 1000];
        for epoch in 1..=100 {
            let rows = draws.epoch(epoch);
            assert_eq!(rows.len(), 1000);
            rows.into_iter().for_each(|row| seen[row] += 1);
        }
        let small: u32 = seen[900..].iter().sum();
        // Binomial(100000, 1/2): six standard deviations are 949.
        assert!(small.abs_diff(50_000) < 949, "{small}");
        // A row of the small class is expected 500 times (sd 22), of the large one 55.6 (sd 7.5).
        assert!(
            seen[900..].iter().all(|&n| n.abs_diff(500) < 134),
            "{:?}",
            &seen[900..]
        );
        assert!(
            seen[..900].iter().all(|&n| n.abs_diff(56) < 45),
            "{:?}",
            &seen[..900]
        );
    }

    #[test]
    fn epochs_and_seeds_differ() {
        let labels: Vec<u32> = (0..50).map(|row| row % 5).collect();
        let draws = |seed, epoch| ClassBalancedDraws::new(&labels, 5, seed).epoch(epoch);
        assert_eq!(draws(1, 1), draws(1, 1));
        assert_ne!(draws(1, 1), draws(1, 2));
        assert_ne!(draws(1, 1), draws(2, 1));
    }

    #[test]
    fn masks_drop_the_share_asked_for() {
        let mask = dropout_mask(3, 1, 0, 100_001, 0.1);
        assert_eq!(mask.len(), 100_001);
        let dropped = mask.iter().filter(|&&m| m == 0.0).count();
        // Six standard deviations of a binomial(100001, 0.1).
        assert!(dropped.abs_diff(10_000) < 570, "{dropped}");
        assert!(
            mask.iter()
                .all(|&m| m == 0.0 || (m - 1.0 / 0.9).abs() < 1e-6)
        );
        assert_eq!(mask, dropout_mask(3, 1, 0, 100_001, 0.1));
        assert_ne!(mask, dropout_mask(3, 1, 1, 100_001, 0.1));
        assert!(dropout_mask(3, 1, 0, 64, 0.0).iter().all(|&m| m == 1.0));
    }
}
