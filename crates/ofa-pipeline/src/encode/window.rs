//! A window: the run of records that is planned, embedded and written down together.

use std::ops::Range;

use half::f16;
use ofa_clip::ClipTokenizer;
use ofa_data::{DatasetImages, ImageFile, Located, Skip, encoder_text, shortened};
use sha2::{Digest, Sha256};

use super::cache::{Cache, Key};
use super::distinct::Distinct;
use super::multi_image::{MultiImage, mean_embedding};
use crate::error::Result;
use crate::store::{Note, NoteLine};

/// Most records of a window.
const MOST_RECORDS: u64 = 1024;

/// A window ends with the record that brings its turns or its images to this number, so that
/// records with hundreds of them do not fill the memory.
const ENOUGH_ITEMS: usize = 8192;

/// A record of the window, as far as it is known before the model has run.
struct Planned {
    index: u64,
    content: Result<Content, Skip>,
    notes: Vec<NoteLine>,
}

/// What a record is made of: numbers of distinct images and turns.
struct Content {
    images: Vec<Image>,
    turns: Vec<u32>,
}

/// An image of a record: what it is called there, and its number where it was found.
struct Image {
    name: String,
    number: Result<u32, Skip>,
}

/// The features of one record, or why it has none.
pub(crate) struct Row {
    pub(crate) index: u64,
    pub(crate) features: Result<(Vec<f16>, Vec<f16>), Skip>,
    /// What is to be said of its images.
    pub(crate) notes: Vec<NoteLine>,
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
        images: &DatasetImages,
        multi_image: MultiImage,
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
            let mut notes = Vec::new();
            let content = window.content(images, multi_image, tokenizer, index, &mut notes)?;
            window.records.push(Planned {
                index,
                content,
                notes,
            });
            window.range.end += 1;
        }
        Ok(window)
    }

    fn content(
        &mut self,
        images: &DatasetImages,
        multi_image: MultiImage,
        tokenizer: &ClipTokenizer,
        index: u64,
        notes: &mut Vec<NoteLine>,
    ) -> Result<Result<Content, Skip>> {
        let record = match images.dataset().record(index)? {
            Ok(record) => record,
            Err(skip) => return Ok(Err(skip)),
        };
        if let Some(skip) = record.skip() {
            return Ok(Err(skip));
        }
        let used = match multi_image.images_used(record.images.len()) {
            Ok(used) => used,
            Err(skip) => return Ok(Err(skip)),
        };
        let located: Vec<_> = (0..)
            .zip(&record.images[..used])
            .map(|(nth, reference)| images.locate(index, nth, reference))
            .collect();
        if let Some(Err(first)) = located.first()
            && located.iter().all(Result::is_err)
        {
            return Ok(Err(first.clone()));
        }
        let mut content = Content {
            images: Vec::new(),
            turns: Vec::new(),
        };
        for (reference, located) in record.images.iter().zip(located) {
            let number = located.map(|Located { file, repairs }| {
                self.image_uses += 1;
                if !repairs.is_empty() {
                    let repairs: Vec<_> = repairs.iter().map(|repair| repair.as_str()).collect();
                    notes.push(NoteLine {
                        index,
                        note: Note::ImageRepaired,
                        image: shortened(reference.name().to_owned()),
                        detail: format!("{}: {}", repairs.join(", "), file.path),
                    });
                }
                self.images.number(file.key, || file)
            });
            content.images.push(Image {
                name: shortened(reference.name().to_owned()),
                number,
            });
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
        records.into_iter().map(move |planned| {
            let mut notes = planned.notes;
            let features = planned.content.and_then(|content| {
                let image = image_embedding(&images, planned.index, content.images, &mut notes)?;
                let text: Result<Vec<&[f32]>, &Skip> = content
                    .turns
                    .iter()
                    .map(|&number| turns.embedding(number))
                    .collect();
                Ok((image, mean_embedding(&text.map_err(Clone::clone)?)?))
            });
            // Of a record without features, `skipped.jsonl` says all there is to say.
            if features.is_err() {
                notes.clear();
            }
            Row {
                index: planned.index,
                features,
                notes,
            }
        })
    }
}

/// The embedding of a record's images, of which those that cannot be used are left out and noted.
///
/// # Errors
/// The first image's reason where none can be used.
fn image_embedding(
    distinct: &Distinct<ImageFile>,
    index: u64,
    images: Vec<Image>,
    notes: &mut Vec<NoteLine>,
) -> Result<Vec<f16>, Skip> {
    let mut rows: Vec<&[f32]> = Vec::with_capacity(images.len());
    let mut first = None;
    for image in images {
        let found = image
            .number
            .and_then(|number| distinct.embedding(number).map_err(Clone::clone));
        match found {
            Ok(row) => rows.push(row),
            Err(skip) => {
                notes.push(NoteLine {
                    index,
                    note: Note::ImageLeftOut,
                    image: image.name,
                    detail: skip.to_string(),
                });
                first.get_or_insert(skip);
            }
        }
    }
    match first {
        Some(skip) if rows.is_empty() => Err(skip),
        _ => mean_embedding(&rows),
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
}
