//! Records as tensors.

use burn::tensor::backend::Backend;
use burn::tensor::{Int, Tensor, TensorData};

use super::head::Targets;
use crate::examples_of_records::{Examples, Target, Turn, Vocabularies};
use crate::{Pictures, Texts};

/// Added to the weight of a place where there is no word.
const ABSENT: f32 = -1e4;

/// Some records with all of their turns.
#[derive(Debug, Clone)]
pub struct Batch<B: Backend> {
    /// `[records, side * side, width]`.
    pub(super) patches: Tensor<B, 3>,
    /// `[records, embedding]`.
    pub(super) pictures: Tensor<B, 2>,
    /// `[t]`: the record of each turn.
    pub(super) picture_of_turn: Tensor<B, 1, Int>,
    /// `[t * length]`.
    pub(super) words: Tensor<B, 1, Int>,
    /// `[t, length]`.
    pub(super) absent: Tensor<B, 2>,
    /// `[t, embedding]`.
    pub(super) questions: Tensor<B, 2>,
}

/// The turns of records, one after the other.
pub(super) fn turns_of<'a>(
    examples: &'a Examples,
    records: &'a [usize],
) -> impl Iterator<Item = &'a Turn> {
    (records.iter()).flat_map(|&record| &examples.turns[examples.records[record].turns.clone()])
}

impl<B: Backend> Batch<B> {
    /// The batch of some records, by their numbers in `examples`. A `blind` batch shows
    /// zeros instead of the pictures.
    pub(super) fn new(
        examples: &Examples,
        pictures: &Pictures,
        texts: &Texts,
        records: &[usize],
        blind: bool,
        device: &B::Device,
    ) -> Self {
        let numbers: Vec<u32> = (records.iter())
            .map(|&record| examples.records[record].picture)
            .collect();
        let (sizes, n) = (pictures.sizes(), numbers.len());
        let (patches, embeddings) = if blind {
            let none = |values: usize| vec![0.0; n * values];
            (none(sizes.patch_values()), none(sizes.embedding))
        } else {
            (pictures.patches(&numbers), pictures.embeddings(&numbers))
        };
        let patches = TensorData::new(patches, [n, sizes.side * sizes.side, sizes.width]);
        let embeddings = TensorData::new(embeddings, [n, sizes.embedding]);
        let turns: Vec<&Turn> = turns_of(examples, records).collect();
        let length = (turns.iter())
            .map(|turn| turn.question.len())
            .max()
            .unwrap_or(1);
        let mut words = vec![0_i64; turns.len() * length];
        let mut absent = vec![ABSENT; turns.len() * length];
        for (nth, turn) in turns.iter().enumerate() {
            for (place, &word) in turn.question.iter().enumerate() {
                words[nth * length + place] = i64::from(word);
                absent[nth * length + place] = 0.0;
            }
        }
        let picture_of_turn: Vec<i64> = (0..)
            .zip(records)
            .flat_map(|(nth, &record)| examples.records[record].turns.clone().map(move |_| nth))
            .collect();
        let absent = TensorData::new(absent, [turns.len(), length]);
        let asked: Vec<u32> = turns.iter().map(|turn| turn.text).collect();
        let questions = TensorData::new(texts.embeddings(&asked), [turns.len(), sizes.embedding]);
        Self {
            patches: Tensor::from_data(patches, device),
            pictures: Tensor::from_data(embeddings, device),
            picture_of_turn: line(picture_of_turn, device),
            words: line(words, device),
            absent: Tensor::from_data(absent, device),
            questions: Tensor::from_data(questions, device),
        }
    }
}

impl<B: Backend> Targets<B> {
    /// What the turns of some records are to be answered with, and how many of them have a target.
    pub(super) fn new(
        examples: &Examples,
        vocabularies: &Vocabularies,
        records: &[usize],
        device: &B::Device,
    ) -> (Self, usize) {
        let (mut classes, mut short_turns) = (Vec::new(), Vec::new());
        let (mut words, mut long_turns) = (Vec::new(), Vec::new());
        let width = vocabularies.answer_words();
        for (nth, turn) in (0_i64..).zip(turns_of(examples, records)) {
            match &turn.target {
                Target::Short(None) => {}
                Target::Short(Some(class)) => {
                    classes.push(i64::from(*class));
                    short_turns.push(nth);
                }
                Target::Long { known, .. } if known.is_empty() => {}
                Target::Long { known, .. } => {
                    let start = words.len();
                    words.resize(start + width, 0.0_f32);
                    for &word in known {
                        words[start + word as usize] = 1.0 / known.len() as f32;
                    }
                    long_turns.push(nth);
                }
            }
        }
        let (short, long) = (short_turns.len(), long_turns.len());
        let targets = Self {
            short: (short > 0).then(|| {
                let classes = TensorData::new(classes, [short, 1]);
                (
                    line(short_turns, device),
                    Tensor::from_data(classes, device),
                )
            }),
            long: (long > 0).then(|| {
                let words = TensorData::new(words, [long, width]);
                (line(long_turns, device), Tensor::from_data(words, device))
            }),
        };
        (targets, short + long)
    }
}

fn line<B: Backend>(values: Vec<i64>, device: &B::Device) -> Tensor<B, 1, Int> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}
