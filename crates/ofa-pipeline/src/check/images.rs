//! Which images can be used, as far as each was looked at.

use std::collections::{HashMap, HashSet};

use ofa_data::{DatasetImages, ImageFile, ImageReference, Located, Skip, SkipReason};

use super::digest::{Digest, digest};
use crate::encode::try_to_decode;
use crate::store::ReasonCounts;

/// Decodes images for nothing but to see whether that is possible, some at a time.
pub trait DecodeTrial {
    /// How many it wants to be given at a time.
    fn images_at_a_time(&self) -> usize;

    /// Tries each of them, and says in their order what is wrong with it.
    fn try_all(&self, images: &DatasetImages, files: &[ImageFile]) -> Vec<Result<(), Skip>>;
}

/// One after the other.
pub(super) struct InTurn;

impl DecodeTrial for InTurn {
    fn images_at_a_time(&self) -> usize {
        // Few, so that the caller hears of progress.
        8
    }

    fn try_all(&self, images: &DatasetImages, files: &[ImageFile]) -> Vec<Result<(), Skip>> {
        let results = files.iter().map(|file| try_to_decode(images, file));
        results.collect()
    }
}

/// The identity of an image that was found; as bytes, which takes less room in a table.
type FileKey = [u8; 16];

/// Images that failed of which the words are kept: more are not asked for, however many fail.
const MOST_WORDS: usize = 1000;

/// What is known of the images so far: a digest and a word for each distinct reference, and for
/// each image that was decoded.
#[derive(Default)]
pub(super) struct KnownImages {
    located: HashMap<Digest, Result<Known, SkipReason>>,
    decoded: HashMap<FileKey, Result<(), SkipReason>>,
    /// What was found where somebody else decoded: what ended him is not to be tried here.
    words: HashMap<FileKey, String>,
}

/// An image that was found.
#[derive(Clone, Copy)]
struct Known {
    key: FileKey,
    /// Whether its name had to be repaired.
    repaired: bool,
}

/// Distinct images that are to be decoded.
#[derive(Default)]
pub(super) struct Untried {
    keys: HashSet<FileKey>,
    files: Vec<ImageFile>,
    bytes: u64,
}

/// Bytes of images that are decoded at a time: whoever does it may hold all of their files.
const MOST_BYTES: u64 = 64 << 20;

impl Untried {
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether it has so many images, or fewer where they are large.
    pub(super) fn has(&self, most: usize) -> bool {
        self.files.len() >= most || self.bytes >= MOST_BYTES
    }

    pub(super) fn files(&self) -> &[ImageFile] {
        &self.files
    }
}

impl KnownImages {
    /// Whether the image that a reference means was found only because its name was repaired.
    pub(super) fn is_repaired(
        &mut self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
    ) -> bool {
        self.known(images, position, nth, reference)
            .is_ok_and(|known| known.repaired)
    }

    /// The image that a reference means; the file system is asked once for each reference.
    pub(super) fn locate(
        &mut self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
    ) -> Result<FileKey, SkipReason> {
        self.known(images, position, nth, reference)
            .map(|known| known.key)
    }

    fn known(
        &mut self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
    ) -> Result<Known, SkipReason> {
        let digest = digest_of(images.source_of(position), reference);
        *self.located.entry(digest).or_insert_with(|| {
            match find(images, position, nth, reference) {
                Ok(located) => Ok(Known {
                    key: located.file.key.to_le_bytes(),
                    repaired: !located.repairs.is_empty(),
                }),
                Err(skip) => Err(skip.reason),
            }
        })
    }

    /// Whether an image can be used: it is located, and did not fail if it was decoded.
    pub(super) fn usable(
        &mut self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
    ) -> Result<(), SkipReason> {
        let key = self.locate(images, position, nth, reference)?;
        self.decoded.get(&key).copied().unwrap_or(Ok(()))
    }

    /// Adds to `files` the image that a reference means, where it is found, was not decoded and is
    /// none of them.
    pub(super) fn collect(
        &mut self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
        files: &mut Untried,
    ) {
        if let Ok(key) = self.locate(images, position, nth, reference)
            && !self.decoded.contains_key(&key)
            && !files.keys.contains(&key)
            && let Ok(located) = find(images, position, nth, reference)
        {
            files.keys.insert(key);
            files.bytes += located.file.len.unwrap_or(0);
            files.files.push(located.file);
        }
    }

    /// Decodes images, and keeps what comes of each.
    pub(super) fn try_all(
        &mut self,
        images: &DatasetImages,
        untried: &Untried,
        trial: &dyn DecodeTrial,
    ) {
        let results = trial.try_all(images, &untried.files);
        for (file, result) in untried.files.iter().zip(results) {
            let usable = result.map_err(|skip| skip.reason);
            self.decoded.insert(file.key.to_le_bytes(), usable);
        }
    }

    /// Keeps what somebody else met who decoded images.
    pub(super) fn were_tried(&mut self, untried: &Untried, results: Vec<Result<(), Skip>>) {
        for (file, result) in untried.files.iter().zip(results) {
            let key = file.key.to_le_bytes();
            let usable = result.map_err(|skip| {
                if self.words.len() < MOST_WORDS {
                    self.words.insert(key, skip.detail);
                }
                skip.reason
            });
            self.decoded.insert(key, usable);
        }
    }

    /// What was found of an image that cannot be used, in words, which are not kept for most.
    pub(super) fn words_of(
        &self,
        images: &DatasetImages,
        position: u64,
        nth: u32,
        reference: &ImageReference,
        reason: SkipReason,
    ) -> Skip {
        let located = find(images, position, nth, reference);
        let known = (located.as_ref().ok())
            .and_then(|located| self.words.get(&located.file.key.to_le_bytes()));
        if let Some(words) = known {
            return Skip::new(reason, words.clone());
        }
        match located.and_then(|located| try_to_decode(images, &located.file)) {
            Err(skip) if skip.reason == reason => skip,
            // It was mended or broken since.
            _ => Skip::new(reason, format!("{reference}: it has changed meanwhile")),
        }
    }

    /// Distinct references.
    pub(super) fn distinct(&self) -> u64 {
        self.located.len() as u64
    }

    /// Distinct references to no file, by reason.
    pub(super) fn not_located(&self) -> ReasonCounts {
        let mut counts = ReasonCounts::new();
        for located in self.located.values() {
            if let Err(reason) = located {
                *counts.entry(reason.to_string()).or_default() += 1;
            }
        }
        counts
    }

    /// Those that are missing.
    pub(super) fn missing(&self) -> u64 {
        let is_missing = |located: &&Result<_, _>| matches!(located, Err(SkipReason::ImageMissing));
        self.located.values().filter(is_missing).count() as u64
    }

    /// Distinct images that were decoded, whether that succeeded or not.
    pub(super) fn decoded(&self) -> u64 {
        self.decoded.len() as u64
    }

    /// Those that failed.
    pub(super) fn unreadable(&self) -> u64 {
        self.decoded
            .values()
            .filter(|decoded| decoded.is_err())
            .count() as u64
    }
}

/// The one place at which a reference is looked up.
fn find(
    images: &DatasetImages,
    position: u64,
    nth: u32,
    reference: &ImageReference,
) -> Result<Located, Skip> {
    images.locate(position, nth, reference)
}

fn digest_of(source: u32, reference: &ImageReference) -> Digest {
    match reference {
        ImageReference::Path(path) => digest(&[b"path", &source.to_le_bytes(), path.as_bytes()]),
        // Equal keys are equal images, whatever they are called.
        ImageReference::Embedded(image) => digest(&[b"embedded", &image.key.to_le_bytes()]),
    }
}
