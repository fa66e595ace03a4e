//! The dataset as a stream of records.

use std::collections::HashSet;

use crate::dirt::PairDirt;
use crate::error::Error;
use crate::questions;
use crate::record::record_json;
use crate::render::{image_bytes, image_dirt};
use crate::rng::{Rng, Subject};
use crate::scene::Scene;
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
/// A record takes about a millisecond, most of it for drawing and coding its image.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
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
    /// purpose, or the iterator has yielded it with an earlier record.
    pub bytes: Option<Vec<u8>>,
}

impl World {
    /// The world of this seed with this many records.
    ///
    /// # Errors
    /// [`Error::NoRecords`] for 0 records, [`Error::TooManyRecords`] for more than 2^48.
    pub fn new(seed: u64, records: u64) -> Result<Self, Error> {
        match records {
            0 => Err(Error::NoRecords),
            1..=MOST_RECORDS => Ok(Self {
                seed,
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

    /// The seed that the world is made from.
    pub fn seed(&self) -> u64 {
        self.seed
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

    /// Makes a record; `wants_bytes` says whether its picture is to be drawn.
    fn make(&self, position: u64, wants_bytes: &mut dyn FnMut(ImageId) -> bool) -> WorldRecord {
        let mut rng = Rng::new(self.seed, Subject::Record, position);
        let source = Source::ALL[rng.weighted(&Source::WEIGHTS)];
        let id = ImageId::sample(&mut rng, source, position);
        let pair_dirt = PairDirt::sample(&mut rng);
        // A text-only record has a scene too, which nobody sees.
        let scene = Scene::new(self.seed, id.scene);
        if source == Source::TextOnly {
            let pair_dirt = pair_dirt.filter(|&dirt| dirt == PairDirt::WrongAnswers);
            return self.text_only(position, &scene, pair_dirt);
        }

        let asked = match pair_dirt {
            Some(PairDirt::Mismatched) => self.other_scene(&mut rng, id, &scene),
            _ => scene.clone(),
        };
        let bytes = if wants_bytes(id) {
            image_bytes(self.seed, id, &scene)
        } else {
            None
        };
        let concepts = scene
            .concepts()
            .into_iter()
            .map(|concept| concept.name())
            .collect();
        WorldRecord {
            position,
            source,
            image: Some(WorldImage {
                path: id.path(),
                bytes,
            }),
            json: self.json(position, source, Some(id), &asked, pair_dirt),
            truth: Truth {
                position,
                source,
                scene: Some(id.scene.name()),
                variant: Some(id.variant),
                concepts,
                objects: scene.objects.len() as u32,
                image_dirt: image_dirt(self.seed, id),
                pair_dirt,
            },
        }
    }

    fn text_only(&self, position: u64, scene: &Scene, pair_dirt: Option<PairDirt>) -> WorldRecord {
        let source = Source::TextOnly;
        WorldRecord {
            position,
            source,
            image: None,
            json: self.json(position, source, None, scene, pair_dirt),
            truth: Truth {
                position,
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
    fn other_scene(&self, rng: &mut Rng, id: ImageId, scene: &Scene) -> Scene {
        loop {
            let mut other = id.scene;
            other.slot = rng.below(1 << 12);
            let candidate = Scene::new(self.seed, other);
            if candidate
                .concepts()
                .iter()
                .all(|&concept| !scene.has(concept))
            {
                return candidate;
            }
        }
    }

    fn json(
        &self,
        position: u64,
        source: Source,
        image: Option<ImageId>,
        scene: &Scene,
        pair_dirt: Option<PairDirt>,
    ) -> String {
        let mut rng = Rng::new(self.seed, Subject::Conversation, position);
        let exchanges = questions::conversation(source, scene, &mut rng);
        let answers_are_false = pair_dirt == Some(PairDirt::WrongAnswers);
        record_json(source, image, &exchanges, answers_are_false, &mut rng)
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
