//! What a subset holds, by the truths that no method has seen.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::GeneratedRecord;
use crate::generated_data::PairDirt;

/// The rarest concepts are rare that together make at most this share of all mentions.
const RARE_SHARE: f64 = 0.1;

/// What is in a set of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    /// How many there are.
    pub records: u64,
    /// Records that share their scene with another record of the set.
    pub near_duplicates: u64,
    /// Distinct scenes.
    pub scenes: u64,
    /// Records whose conversation is about another scene.
    pub mismatched: u64,
    /// Records whose answers are false.
    pub wrong_answers: u64,
    /// Records that show a rare concept.
    pub with_rare_concepts: u64,
    /// Distinct rare concepts.
    pub rare_concepts: u64,
}

/// The rare concepts of a pool.
#[derive(Debug, Clone, Default)]
pub struct RareConcepts(BTreeSet<String>);

impl RareConcepts {
    /// Those of the rarest that together make at most a tenth of all mentions. Equally rare ones
    /// are rare together or not at all.
    #[must_use]
    pub fn of_pool<'a>(pool: impl IntoIterator<Item = &'a GeneratedRecord>) -> Self {
        let mut counts = BTreeMap::<&str, u64>::new();
        for concept in pool.into_iter().flat_map(|record| &record.truth.concepts) {
            *counts.entry(concept).or_default() += 1;
        }
        let mut by_count = BTreeMap::<u64, Vec<&str>>::new();
        for (&concept, &count) in &counts {
            by_count.entry(count).or_default().push(concept);
        }
        let most = RARE_SHARE * counts.values().sum::<u64>() as f64;
        let mut mentions = 0;
        let mut rare = BTreeSet::new();
        for (count, concepts) in by_count {
            mentions += count * concepts.len() as u64;
            if mentions as f64 > most {
                break;
            }
            rare.extend(concepts.into_iter().map(str::to_owned));
        }
        Self(rare)
    }
}

impl Composition {
    /// Of some records.
    #[must_use]
    pub fn of<'a>(
        records: impl IntoIterator<Item = &'a GeneratedRecord>,
        rare: &RareConcepts,
    ) -> Self {
        let mut of_scene = BTreeMap::<&str, u64>::new();
        let mut concepts = BTreeSet::new();
        let mut found = Self::default();
        for record in records {
            found.records += 1;
            if let Some(scene) = &record.truth.scene {
                *of_scene.entry(scene).or_default() += 1;
            }
            match record.truth.pair_dirt {
                Some(PairDirt::Mismatched) => found.mismatched += 1,
                Some(PairDirt::WrongAnswers) => found.wrong_answers += 1,
                None => {}
            }
            let shown: Vec<&String> = (record.truth.concepts.iter())
                .filter(|concept| rare.0.contains(*concept))
                .collect();
            found.with_rare_concepts += u64::from(!shown.is_empty());
            concepts.extend(shown);
        }
        found.scenes = of_scene.len() as u64;
        found.near_duplicates = of_scene.into_values().filter(|&count| count > 1).sum();
        found.rare_concepts = concepts.len() as u64;
        found
    }

    /// A count as a share of the records.
    #[must_use]
    pub fn share(&self, count: u64) -> f64 {
        count as f64 / self.records.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples_of_records::tests::record;

    fn shows(
        position: u64,
        scene: &str,
        concepts: &[&str],
        dirt: Option<PairDirt>,
    ) -> GeneratedRecord {
        let mut record = record(position, "a", &[]);
        record.truth.scene = Some(scene.to_owned());
        record.truth.concepts = concepts.iter().map(|&concept| concept.to_owned()).collect();
        record.truth.pair_dirt = dirt;
        record
    }

    #[test]
    fn subsets_are_counted_out() {
        let mut pool: Vec<GeneratedRecord> = (0..18)
            .map(|n| shows(n, &format!("scene {}", n / 2), &["common"], None))
            .collect();
        pool.push(shows(
            18,
            "alone",
            &["common", "rare"],
            Some(PairDirt::Mismatched),
        ));
        pool.push(shows(
            19,
            "other",
            &["seldom", "rare"],
            Some(PairDirt::WrongAnswers),
        ));
        // 19 common, 2 rare, 1 seldom of 22 mentions: seldom is 4.5%, with rare it is 13.6%.
        let rare = RareConcepts::of_pool(&pool);
        assert_eq!(rare.0.iter().collect::<Vec<_>>(), ["seldom"]);
        let whole = Composition::of(&pool, &rare);
        let expected = Composition {
            records: 20,
            near_duplicates: 18,
            scenes: 11,
            mismatched: 1,
            wrong_answers: 1,
            with_rare_concepts: 1,
            rare_concepts: 1,
        };
        assert_eq!(whole, expected);
        assert_eq!(whole.share(whole.near_duplicates), 0.9);
        // One of each pair is no duplicate within the subset.
        let apart = Composition::of(pool.iter().step_by(2), &rare);
        assert_eq!(
            (apart.records, apart.near_duplicates, apart.scenes),
            (10, 0, 10)
        );
        assert_eq!(Composition::of([], &rare), Composition::default());
    }
}
