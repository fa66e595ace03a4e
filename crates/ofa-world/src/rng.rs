//! Random numbers that are the same on every platform: ChaCha8, one stream for each thing drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::realm::Realm;

/// What every random number of one world depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorldKey {
    pub(crate) realm: Realm,
    pub(crate) seed: u64,
}

/// What a stream of random numbers decides. The numbers are part of the dataset's definition: a
/// changed number changes every dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    /// Which source and scene a record has, and its pair dirt.
    Record = 1,
    /// The scene graph of a scene.
    Scene = 2,
    /// How one variant of a scene is moved, lit, coded and broken.
    Variant = 3,
    /// The words of a record's conversation.
    Conversation = 4,
    /// A captioned picture: its scene, how it is drawn and what is said about it.
    Captioned = 5,
}

/// The random numbers for one item of one subject.
pub(crate) struct Rng(ChaCha8Rng);

impl Rng {
    /// Key: seed, realm and subject; ChaCha stream: the item. So every item can be drawn alone, in any
    /// order.
    pub(crate) fn new(key: WorldKey, subject: Subject, item: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&key.seed.to_le_bytes());
        bytes[8] = subject as u8;
        bytes[9] = key.realm as u8;
        let mut generator = ChaCha8Rng::from_seed(bytes);
        generator.set_stream(item);
        Self(generator)
    }

    /// A number in `0..count`, unbiased.
    pub(crate) fn below(&mut self, count: u32) -> u32 {
        assert!(count > 0, "cannot draw one of nothing");
        // Lemire's multiplication, with rejection of the short first stretch.
        let rejected = count.wrapping_neg() % count;
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(count);
            if product as u32 >= rejected {
                return (product >> 32) as u32;
            }
        }
    }

    /// True half of the time.
    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    /// True once in `count` times on average.
    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    /// One of the items, all equally likely.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u32) as usize]
    }

    /// The index of one of the weights, each as likely as it is large.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut ticket = self.below(weights.iter().sum());
        for (index, &weight) in weights.iter().enumerate() {
            if ticket < weight {
                return index;
            }
            ticket -= weight;
        }
        unreachable!("a ticket is below the sum of the weights")
    }

    /// An index in `0..count`, the r-th with a likelihood proportional to 1 / (r + 1).
    pub(crate) fn zipf(&mut self, count: u32) -> u32 {
        const ONE: u32 = 1 << 16;
        let mut ticket = self.below((1..=count).map(|rank| ONE / rank).sum());
        for rank in 1..=count {
            let weight = ONE / rank;
            if ticket < weight {
                return rank - 1;
            }
            ticket -= weight;
        }
        unreachable!("a ticket is below the sum of the weights")
    }

    /// Puts the items in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end as u32 + 1) as usize);
        }
    }

    /// A seed for the cheap per-pixel generator.
    pub(crate) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_realm_subject_and_item() {
        let key = |realm, seed| WorldKey { realm, seed };
        let first = |key, subject, item| Rng::new(key, subject, item).word();
        let one = key(Realm::Shapes, 1);
        let base = first(one, Subject::Scene, 1);
        assert_eq!(base, first(one, Subject::Scene, 1));
        assert_ne!(base, first(key(Realm::Shapes, 2), Subject::Scene, 1));
        assert_ne!(base, first(key(Realm::Things, 1), Subject::Scene, 1));
        assert_ne!(base, first(one, Subject::Record, 1));
        assert_ne!(base, first(one, Subject::Scene, 2));
    }

    const SEVEN: WorldKey = WorldKey {
        realm: Realm::Shapes,
        seed: 7,
    };

    #[test]
    fn zipf_is_heavy_tailed_and_in_range() {
        let mut rng = Rng::new(SEVEN, Subject::Scene, 0);
        let mut counts = [0; 10];
        for _ in 0..29_290 {
            counts[rng.zipf(10) as usize] += 1;
        }
        // Harmonic number of 10 is 2.929, so the r-th is expected 10,000 / (r + 1) times.
        for (rank, &count) in counts.iter().enumerate() {
            let expected = 10_000 / (rank as i32 + 1);
            assert!(
                (count - expected).abs() < 400,
                "rank {rank}: {count} against {expected}"
            );
        }
    }

    #[test]
    fn below_reaches_every_value_evenly() {
        let mut rng = Rng::new(SEVEN, Subject::Scene, 1);
        let mut counts = [0; 6];
        for _ in 0..60_000 {
            counts[rng.below(6) as usize] += 1;
        }
        assert!(
            counts
                .iter()
                .all(|&count: &i32| (count - 10_000).abs() < 500),
            "{counts:?}"
        );
    }
}
