//! The dataset as a stream of records.

use std::collections::HashSet;

use crate::captioned::{Captioned, captioned};
use crate::conversation::conversation;
use crate::dirt::{ImageDirt, PairDirt};
use crate::drawing::{Variation, code, gif};
use crate::error::Error;
use crate::realm::Realm;
use crate::record::record_json;
use crate::rng::{Rng, Subject, WorldKey};
use crate::scene::{self, Scene};
use crate::scene_id::{ImageId, STRETCH};
use crate::source::Source;
use crate::truth::Truth;

/// The largest number of records: positions must fit beside a scene's other numbers.
const MOST_RECORDS: u64 = 1 << 48;

/// A dataset of so many records, made as it is read.
///
/// As an iterator it yields the records in order and each image file once, with the first record
/// that shows it. What it remembers for that is bounded. [`World::record`] gives any one record,
/// always with its file.
///
/// A record takes a millisecond or two, most of it for drawing and coding its image.
#[derive(Debug, Clone)]
pub struct World {
    key: WorldKey,
    records: u64,
    next: u64,
    /// Pictures already yielded that may come again: those of this stretch, and the famous ones.
    yielded: HashSet<ImageId>,
}

/// One record of a [`World`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorldRecord {
    /// The position in the dataset, from 0.
    pub position: u64,
    /// The source that the record is from; its images are below [`Source::folder`].
    pub source: Source,
    /// The image that the record names; `None` for a text-only record.
    pub image: Option<WorldImage>,
    /// The record as JSON text, an object on one line; [`json_array`](crate::json_array) has what
    /// goes between.
    pub json: String,
    /// What is known about the record, for the side file.
    pub truth: Truth,
}

/// An image of a [`WorldRecord`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorldImage {
    /// The path below the images root, with `/`: exactly what the record's `image` key says.
    pub path: String,
    /// The bytes to write there. `None` where nothing is to be written: the file is missing on
    /// purpose, the iterator has yielded it with an earlier record, or [`World::annotation`] was
    /// asked.
    pub bytes: Option<Vec<u8>>,
}

impl World {
    /// The world of this realm and seed with this many records.
    ///
    /// # Errors
    /// [`Error::NoRecords`] for 0 records, [`Error::TooManyRecords`] for more than 2^48.
    pub fn new(realm: Realm, seed: u64, records: u64) -> Result<Self, Error> {
        match records {
            0 => Err(Error::NoRecords),
            1..=MOST_RECORDS => Ok(Self {
                key: WorldKey { realm, seed },
                records,
                next: 0,
                yielded: HashSet::new(),
            }),
            _ => Err(Error::TooManyRecords {
                max: MOST_RECORDS,
                found: records,
            }),
        }
    }

    /// The realm of the world.
    pub fn realm(&self) -> Realm {
        self.key.realm
    }

    /// The seed that the world is made from.
    pub fn seed(&self) -> u64 {
        self.key.seed
    }

    /// How many records the world has, whatever the iterator has yielded of them.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The record at a position, with the bytes of its image file whether or not other records show
    /// it too; `None` beyond the last record. Independent of the iterator.
    pub fn record(&self, position: u64) -> Option<WorldRecord> {
        (position < self.records).then(|| self.make(position, &mut |_| true))
    }

    /// The record at a position without the bytes of its image file, which saves
    /// nearly all of the time; `None` beyond the last record. Independent of the iterator.
    pub fn annotation(&self, position: u64) -> Option<WorldRecord> {
        (position < self.records).then(|| self.make(position, &mut |_| false))
    }

    /// The captioned picture of a position: a clean picture, whose scene no record and no other
    /// position shares, with sentences that describe it.
    ///
    /// Depends on the realm, the seed and the position only. Any position will do, whatever the
    /// number of records. Takes a millisecond or two.
    pub fn captioned(&self, position: u64) -> Captioned {
        captioned(self.key, position)
    }

    /// Makes a record; `wants_bytes` says whether its picture is to be drawn.
    fn make(&self, position: u64, wants_bytes: &mut dyn FnMut(ImageId) -> bool) -> WorldRecord {
        let mut rng = Rng::new(self.key, Subject::Record, position);
        let source = Source::sample(self.key.realm, &mut rng);
        let id = ImageId::sample(&mut rng, source, position);
        let pair_dirt = PairDirt::sample(&mut rng);
        if !source.has_images() {
            let pair_dirt = pair_dirt.filter(|&dirt| dirt == PairDirt::WrongAnswers);
            return self.without_image(position, source, pair_dirt);
        }

        let (image_dirt, variation) = Variation::of(self.key, id);
        let mut scene = scene::named(self.key, id.scene);
        scene.shift(variation.motion);
        let bytes = if wants_bytes(id) {
            file_bytes(&*scene, source, image_dirt, &variation)
        } else {
            None
        };
        let json = match pair_dirt {
            Some(PairDirt::Mismatched) => {
                let asked = self.other_scene(&mut rng, id, &*scene);
                self.json(position, source, Some((id, &*asked)), pair_dirt)
            }
            _ => self.json(position, source, Some((id, &*scene)), pair_dirt),
        };
        WorldRecord {
            position,
            source,
            image: Some(WorldImage {
                path: id.path(),
                bytes,
            }),
            json,
            truth: Truth {
                position,
                realm: self.key.realm,
                source,
                scene: Some(id.scene.name()),
                variant: Some(id.variant),
                concepts: scene.concepts(),
                objects: scene.object_count(),
                image_dirt,
                pair_dirt,
            },
        }
    }

    fn without_image(
        &self,
        position: u64,
        source: Source,
        pair_dirt: Option<PairDirt>,
    ) -> WorldRecord {
        WorldRecord {
            position,
            source,
            image: None,
            json: self.json(position, source, None, pair_dirt),
            truth: Truth {
                position,
                realm: self.key.realm,
                source,
                scene: None,
                variant: None,
                concepts: Vec::new(),
                objects: 0,
                image_dirt: None,
                pair_dirt,
            },
        }
    }

    /// A scene of the same source with other things in it.
    fn other_scene(&self, rng: &mut Rng, id: ImageId, scene: &dyn Scene) -> Box<dyn Scene> {
        let contents = scene.contents();
        loop {
            let mut other = id.scene;
            other.slot = rng.below(1 << 12);
            let candidate = scene::named(self.key, other);
            if candidate
                .contents()
                .iter()
                .all(|content| !contents.contains(content))
            {
                return candidate;
            }
        }
    }

    fn json(
        &self,
        position: u64,
        source: Source,
        shown: Option<(ImageId, &dyn Scene)>,
        pair_dirt: Option<PairDirt>,
    ) -> String {
        let mut rng = Rng::new(self.key, Subject::Conversation, position);
        let exchanges = conversation(source, shown.map(|(_, scene)| scene), &mut rng);
        let answers_are_false = pair_dirt == Some(PairDirt::WrongAnswers);
        let image = shown.map(|(id, _)| id);
        record_json(source, image, &exchanges, answers_are_false, &mut rng)
    }
}

const NOT_FOUND_PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head>\
    <body><h1>Not Found</h1></body></html>\n";

/// The bytes of a picture's file; `None` where the file is missing on purpose.
fn file_bytes(
    scene: &dyn Scene,
    source: Source,
    dirt: Option<ImageDirt>,
    variation: &Variation,
) -> Option<Vec<u8>> {
    let coding = source.coding();
    match dirt {
        Some(ImageDirt::Missing) => None,
        Some(ImageDirt::Empty) => Some(Vec::new()),
        Some(ImageDirt::NotAnImage) => Some(NOT_FOUND_PAGE.to_vec()),
        Some(ImageDirt::GifBytes) => Some(gif(&mut scene.paint(), variation)),
        Some(ImageDirt::Truncated) => {
            let mut bytes = code(&mut scene.paint(), coding, variation);
            bytes.truncate(bytes.len() / 2);
            Some(bytes)
        }
        None => Some(code(&mut scene.paint(), coding, variation)),
    }
}

impl Iterator for World {
    type Item = WorldRecord;

    fn next(&mut self) -> Option<WorldRecord> {
        if self.next == self.records {
            return None;
        }
        let position = self.next;
        self.next += 1;
        if position.is_multiple_of(STRETCH) {
            self.yielded.retain(|id| id.scene.stretch.is_none());
        }
        let mut yielded = std::mem::take(&mut self.yielded);
        let record = self.make(position, &mut |id| yielded.insert(id));
        self.yielded = yielded;
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match usize::try_from(self.records - self.next) {
            Ok(left) => (left, Some(left)),
            Err(_) => (usize::MAX, None),
        }
    }
}
