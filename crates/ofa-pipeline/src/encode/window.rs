//! A window: the run of records that is planned, embedded and written down together.

use std::ops::Range;

use half::f16;
use ofa_clip::ClipTokenizer;
use ofa_data::{Dataset, ImageFile, ImageSource, Skip, SkipReason, encoder_text};
use sha2::{Digest, Sha256};

use super::cache::{Cache, Key};
use super::distinct::Distinct;
use crate::error::Result;

/// Most records of a window.
const MOST_RECORDS: u64 = 1024;

/// A window ends with the record that brings its turns or its images to this number, so that
/// records with hundreds of them do not fill the memory.
const ENOUGH_ITEMS: usize = 8192;

/// A record of the window, as far as it is known before the model has run.
struct Planned {
    index: u64,
    content: Result<Content, Skip>,
}

/// What a record is made of: numbers of distinct images and turns.
struct Content {
    images: Vec<u32>,
    turns: Vec<u32>,
}

/// The features of one record, or why it has none.
pub(crate) struct Row {
    pub(crate) index: u64,
    pub(crate) features: Result<(Vec<f16>, Vec<f16>), Skip>,
}

/// Records that are embedded together.
///
/// Where a window ends, and so what its batches are, follows from the dataset alone.
pub(crate) struct Window {
    pub(crate) range: Range<u64>,
    records: Vec<Planned>,
    pub(crate) images: Distinct<ImageFile>,
    pub(crate) turns: Distinct<Vec<u32>>,
    /// Images and turns that the records name, repetitions included.
    pub(crate) image_uses: u64,
    pub(crate) turn_uses: u64,
}

impl Window {
    /// Reads and tokenises the records from `start` on, up to `end` or a window's worth.
    pub(crate) fn plan(
        dataset: &Dataset,
        images: &dyn ImageSource,
        tokenizer: &ClipTokenizer,
        dim: usize,
        start: u64,
        end: u64,
    ) -> Result<Self> {
        let mut window = Self {
            range: start..start,
            records: Vec::new(),
            images: Distinct::new(dim),
            turns: Distinct::new(dim),
            image_uses: 0,
            turn_uses: 0,
        };
        let end = end.min(start + MOST_RECORDS);
        let has_room = |window: &Self| window.turns.len().max(window.images.len()) < ENOUGH_ITEMS;
        while window.range.end < end && has_room(&window) {
            let index = window.range.end;
            let content = window.content(dataset, images, tokenizer, index)?;
            window.records.push(Planned { index, content });
            window.range.end += 1;
        }
        Ok(window)
    }

    fn content(
        &mut self,
        dataset: &Dataset,
        images: &dyn ImageSource,
        tokenizer: &ClipTokenizer,
        index: u64,
    ) -> Result<Result<Content, Skip>> {
        let record = match dataset.record(index)? {
            Ok(record) => record,
            Err(skip) => return Ok(Err(skip)),
        };
        if let Some(skip) = record.skip() {
            return Ok(Err(skip));
        }
        let files: Result<Vec<ImageFile>, Skip> = record
            .images
            .iter()
            .map(|reference| images.locate(reference.name()))
            .collect();
        let files = match files {
            Ok(files) => files,
            Err(skip) => return Ok(Err(skip)),
        };
        let mut content = Content {
            images: Vec::new(),
            turns: Vec::new(),
        };
        for file in files {
            self.image_uses += 1;
            content.images.push(self.images.number(file.key, || file));
        }
        for turn in &record.human_turns {
            self.turn_uses += 1;
            let input_ids = tokenizer.encode(&encoder_text(turn))?;
            content
                .turns
                .push(self.turns.number(key_of(&input_ids), || input_ids));
        }
        Ok(Ok(content))
    }

    /// Takes what the caches hold; gives the images and turns still to be embedded.
    pub(crate) fn recall(
        &mut self,
        images: &Cache<'_>,
        turns: &Cache<'_>,
    ) -> Result<(Vec<u32>, Vec<u32>)> {
        Ok((self.images.recall(images)?, self.turns.recall(turns)?))
    }

    /// The features of every record, in order, once everything is embedded.
    pub(crate) fn rows(self) -> impl Iterator<Item = Row> {
        let Self {
            records,
            images,
            turns,
            ..
        } = self;
        records
            .into_iter()
            .map(move |Planned { index, content }| Row {
                index,
                features: content.and_then(|content| {
                    let image = mean_embedding(&images, &content.images)?;
                    let text = mean_embedding(&turns, &content.turns)?;
                    Ok((image, text))
                }),
            })
    }
}

/// The mean of normalised embeddings, normalised again, as f16.
///
/// One embedding is taken as it is: to normalise it a second time would only add rounding.
fn mean_embedding<T>(distinct: &Distinct<T>, numbers: &[u32]) -> Result<Vec<f16>, Skip> {
    let mut sum: Vec<f64> = Vec::new();
    for &number in numbers {
        let row = distinct.embedding(number).map_err(Clone::clone)?;
        if numbers.len() == 1 {
            return finite(row.iter().map(|&value| f16::from_f32(value)).collect());
        }
        sum.resize(row.len(), 0.0);
        for (total, &value) in sum.iter_mut().zip(row) {
            *total += f64::from(value);
        }
    }
    let norm = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    finite(
        sum.iter()
            .map(|&value| f16::from_f64(value / norm))
            .collect(),
    )
}

fn finite(embedding: Vec<f16>) -> Result<Vec<f16>, Skip> {
    if embedding.iter().all(|value| value.is_finite()) {
        Ok(embedding)
    } else {
        Err(Skip::new(
            SkipReason::EmbeddingNotFinite,
            "the encoder gave a value that is not a finite number; its weights or its precision do not suffice for this record",
        ))
    }
}

/// Equal ids are equal texts to the encoder, whatever their case or white space was.
fn key_of(input_ids: &[u32]) -> Key {
    let mut hash = Sha256::new();
    for id in input_ids {
        hash.update(id.to_le_bytes());
    }
    let digest = hash.finalize();
    Key::from_le_bytes(digest[..16].try_into().expect("sixteen of 32 bytes"))
}

/// Cuts turns into batches of about equal length.
///
/// Sorted by length, and by first appearance among equals, so that next to nothing is
/// computed past an end token; a batch has at most `most_tokens` tokens with its padding.
pub(crate) fn text_batches(
    turns: &Distinct<Vec<u32>>,
    mut wanted: Vec<u32>,
    most_tokens: usize,
) -> Vec<Vec<u32>> {
    wanted.sort_by_key(|&number| (turns.item(number).len(), number));
    let mut batches: Vec<Vec<u32>> = Vec::new();
    for number in wanted {
        let longest = turns.item(number).len();
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * longest <= most_tokens => batch.push(number),
            _ => batches.push(vec![number]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_batches_hold_every_turn_once_within_their_tokens() {
        let mut turns = Distinct::new(2);
        let lengths = [5_usize, 77, 3, 3, 40, 5, 77, 1];
        for (key, &length) in lengths.iter().enumerate() {
            turns.number(key as Key, || vec![7; length]);
        }
        let batches = text_batches(&turns, (0..8).collect(), 100);
        assert_eq!(batches, [vec![7, 2, 3, 0, 5], vec![4], vec![1], vec![6]]);
    }

    #[test]
    fn a_mean_of_several_is_normalised_and_one_is_kept() {
        let mut images: Distinct<()> = Distinct::new(2);
        let numbers: Vec<u32> = (0..2).map(|key| images.number(key, || ())).collect();
        images.enter(&numbers, &[1.0, 0.0, 0.0, 1.0]);
        let one = mean_embedding(&images, &[1]).expect("finite");
        assert_eq!(one, [f16::from_f32(0.0), f16::from_f32(1.0)]);
        let two = mean_embedding(&images, &[0, 1]).expect("finite");
        assert_eq!(two, [f16::from_f64(0.5_f64.sqrt()); 2]);
        // The same turn twice weighs twice.
        let three = mean_embedding(&images, &[0, 0, 1]).expect("finite");
        assert_eq!(three[0], f16::from_f64(2.0 / 5_f64.sqrt()));
    }
}
