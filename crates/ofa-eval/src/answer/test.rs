//! How well questions are answered, by a model and by always saying the same.

use std::collections::BTreeMap;

use burn::tensor::backend::Backend;
use serde::{Deserialize, Serialize};

use super::batch::turns_of;
use super::train::read;
use super::{AnswerModel, Batch};
use crate::examples_of_records::{Examples, Target};
use crate::{Pictures, Result, Texts};

/// Records that are asked about at a time.
const BATCH: usize = 32;

/// How the questions of one source were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Questions with a short answer.
    pub short: u64,
    /// How many of them were answered right.
    pub correct: u64,
    /// Questions with a long answer.
    pub long: u64,
    /// The sum of their recalls: of the k distinct words of an answer, how many are among the k
    /// that the model finds likeliest.
    pub recall: f64,
}

impl Score {
    /// Share of the short answers that are right; `None` without any.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        (self.short > 0).then(|| self.correct as f64 / self.short as f64)
    }

    /// Mean over all questions: 1 or 0 for a short answer, the recall for a long one.
    #[must_use]
    pub fn mean(&self) -> f64 {
        (self.correct as f64 + self.recall) / ((self.short + self.long) as f64).max(1.0)
    }

    /// Questions of both kinds.
    #[must_use]
    pub fn questions(&self) -> u64 {
        self.short + self.long
    }

    fn add(&mut self, target: &Target, class: u32, likeliest: &mut dyn FnMut(usize) -> Vec<u32>) {
        match target {
            Target::Short(answer) => {
                self.short += 1;
                self.correct += u64::from(*answer == Some(class));
            }
            Target::Long { known, words } => {
                self.long += 1;
                let said = likeliest(*words);
                let found = said.iter().filter(|word| known.binary_search(word).is_ok());
                self.recall += found.count() as f64 / (*words).max(1) as f64;
            }
        }
    }
}

/// Asks a model all questions; a score for each of the examples' sources, in their order.
///
/// # Errors
/// Where the backend fails.
pub fn test<B: Backend>(
    model: &AnswerModel<B>,
    examples: &Examples,
    pictures: &Pictures,
    texts: &Texts,
    blind: bool,
    device: &B::Device,
) -> Result<Vec<Score>> {
    let mut scores = vec![Score::default(); examples.sources.len()];
    let all: Vec<usize> = (0..examples.records.len()).collect();
    for records in all.chunks(BATCH) {
        let batch = Batch::<B>::new(examples, pictures, texts, records, blind, device);
        let logits = model.forward(&batch);
        let (classes, words) = (logits.short.dims()[1], logits.long.dims()[1]);
        let (short, long) = (read(logits.short)?, read(logits.long)?);
        let sources = (records.iter()).flat_map(|&record| {
            let record = &examples.records[record];
            record.turns.clone().map(|_| record.source)
        });
        for (nth, (turn, source)) in turns_of(examples, records).zip(sources).enumerate() {
            let class = highest(&short[nth * classes..][..classes], 1)[0];
            let words = &long[nth * words..][..words];
            scores[source].add(&turn.target, class, &mut |count| highest(words, count));
        }
    }
    Ok(scores)
}

/// What always giving the pool's most frequent answer of a source comes to: the most frequent class
/// for short answers, the k most frequent words for long ones. A score for each source of `asked`.
#[must_use]
pub fn majority(pool: &Examples, asked: &Examples) -> Vec<Score> {
    let mut classes = BTreeMap::<&str, BTreeMap<u32, f32>>::new();
    let mut words = BTreeMap::<&str, BTreeMap<u32, f32>>::new();
    for record in &pool.records {
        let source = pool.sources[record.source].as_str();
        for turn in &pool.turns[record.turns.clone()] {
            match &turn.target {
                Target::Short(Some(class)) => {
                    *classes
                        .entry(source)
                        .or_default()
                        .entry(*class)
                        .or_default() += 1.0;
                }
                Target::Short(None) => {}
                Target::Long { known, .. } => known.iter().for_each(|&word| {
                    *words.entry(source).or_default().entry(word).or_default() += 1.0;
                }),
            }
        }
    }
    let mut scores = vec![Score::default(); asked.sources.len()];
    for record in &asked.records {
        let source = asked.sources[record.source].as_str();
        let by_count = |counts: &BTreeMap<&str, BTreeMap<u32, f32>>, most: usize| -> Vec<u32> {
            let Some(counts) = counts.get(source) else {
                return vec![];
            };
            let numbers: Vec<u32> = counts.keys().copied().collect();
            let counts: Vec<f32> = counts.values().copied().collect();
            let found = highest(&counts, most);
            found.into_iter().map(|nth| numbers[nth as usize]).collect()
        };
        let class = by_count(&classes, 1).first().copied().unwrap_or(u32::MAX);
        for turn in &asked.turns[record.turns.clone()] {
            let mut likeliest = |count| by_count(&words, count);
            scores[record.source].add(&turn.target, class, &mut likeliest);
        }
    }
    scores
}

/// The places of the `count` highest values, the earlier one of equal ones first.
fn highest(values: &[f32], count: usize) -> Vec<u32> {
    let mut places: Vec<u32> = (0..values.len() as u32).collect();
    let order = |&a: &u32, &b: &u32| {
        let (x, y) = (values[a as usize], values[b as usize]);
        y.total_cmp(&x).then(a.cmp(&b))
    };
    if count < places.len() {
        places.select_nth_unstable_by(count, order);
        places.truncate(count);
    }
    places.sort_unstable_by(order);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GeneratedRecord;
    use crate::examples_of_records::Vocabularies;
    use crate::examples_of_records::tests::record;
    use crate::frozen_encoder::FrozenSizes;

    #[test]
    fn the_highest_come_in_order() {
        assert_eq!(highest(&[0.1, 3.0, 3.0, 2.0], 3), [1, 2, 3]);
        assert_eq!(highest(&[0.1, 0.2], 5), [1, 0]);
    }

    #[test]
    fn the_majority_is_that_of_the_source() {
        let long = "The red circle is above.";
        let pool = [
            record(
                0,
                "a",
                &[
                    ("?", "Yes"),
                    ("?", "Yes"),
                    ("?", "No"),
                    ("?", long),
                    ("?", long),
                ],
            ),
            record(1, "b", &[("?", "No"), ("?", "No"), ("?", long)]),
        ];
        let asked = [
            record(0, "a", &[("?", "yes."), ("?", "No"), ("?", "Never so")]),
            record(1, "b", &[("?", "Yes"), ("?", "The red square is above.")]),
        ];
        let pool: Vec<&GeneratedRecord> = pool.iter().collect();
        let asked: Vec<&GeneratedRecord> = asked.iter().collect();
        let vocabularies = Vocabularies::of_pool(&pool);
        let mut pictures = Pictures::new(FrozenSizes {
            side: 1,
            width: 1,
            embedding: 1,
        });
        pictures.push("a", &[0.0], &[0.0]);
        let mut texts = Texts::default();
        texts.push("?", &[0.0]);
        let pool = Examples::new(&pool, &pictures, &texts, &vocabularies);
        let asked = Examples::new(&asked, &pictures, &texts, &vocabularies);
        let scores = majority(&pool, &asked);
        assert_eq!((scores[0].short, scores[0].correct), (3, 1));
        assert_eq!(
            (scores[1].short, scores[1].correct, scores[1].long),
            (1, 0, 1)
        );
        // Of red, square and above, two of the pool's three words are right.
        assert!((scores[1].recall - 2.0 / 3.0).abs() < 1e-12);
        assert!((scores[1].mean() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(scores[1].accuracy(), Some(0.0));
    }
}
