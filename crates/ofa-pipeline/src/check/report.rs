//! What a check found.

use std::collections::BTreeMap;

use ofa_data::Format;
use serde::Serialize;

use crate::encode::MultiImage;
use crate::store::ReasonCounts;

/// What a dataset is, and what encoding would make of it.
///
/// `records` is `would_be_encoded` and the counts of `skipped` together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The dataset's name.
    pub dataset: String,
    /// Its format.
    pub format: Format,
    /// How many files its records are in.
    pub files: u64,
    /// How the format was told.
    pub why: String,
    /// The dataset's fingerprint.
    pub fingerprint: String,
    /// What was seen on opening it.
    pub remarks: Vec<String>,
    /// Records, usable or not.
    pub records: u64,
    /// Records with an image or more.
    pub with_image: u64,
    /// Records with human turns and no image.
    pub text_only: u64,
    /// Records with several images.
    pub several_images: u64,
    /// Image references of all records.
    pub images: u64,
    /// Different ones of them.
    pub distinct_images: u64,
    /// Human turns of all records.
    pub human_turns: u64,
    /// What encoding was taken to make of records with several images.
    pub multi_image: MultiImage,
    /// Records that encoding would give features, as far as the images were decoded.
    pub would_be_encoded: u64,
    /// Records that it would skip, by the stable name of the reason.
    pub skipped: BTreeMap<String, SkippedRecords>,
    /// What encoding would note of the images of the records that it encodes, by kind of note.
    pub notes: ReasonCounts,
    /// Distinct references for which there is no file.
    pub images_missing: u64,
    /// Distinct references that lead to no file that could be read, by reason; those that are
    /// missing are among them.
    pub images_not_located: ReasonCounts,
    /// Distinct images that were decoded.
    pub images_sampled: u64,
    /// Those of them that could not be read or decoded, or are too large.
    pub images_unreadable: u64,
    /// Whether every image was decoded that encoding would decode.
    pub deep: bool,
    /// Records whose text names more or fewer images than they have.
    pub placeholders: Placeholders,
    /// Ids that repeat.
    pub duplicate_ids: DuplicateIds,
    /// Records that can be read and have no id.
    pub without_id: u64,
    /// Records that repeat, to the byte.
    pub duplicate_records: DuplicateRecords,
    /// Human turns that the encoder would cut.
    pub turns_over_context: TurnsOver,
    /// Records by the script that most letters of their human turns are of; `none` has no letter.
    pub scripts: ReasonCounts,
    /// The folders that most image references begin with, two levels deep.
    pub folders: Vec<Folder>,
    /// The others.
    pub other_folders: OtherFolders,
}

impl CheckReport {
    /// Records that encoding would skip.
    #[must_use]
    pub fn skipped_records(&self) -> u64 {
        self.skipped.values().map(|skipped| skipped.count).sum()
    }
}

/// Records that would be skipped for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SkippedRecords {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<SkippedExample>,
}

/// A record that would be skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedExample {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// Its id, cut where it is long.
    pub id: Option<String>,
    /// In words, what was found, cut where it is long; may be empty.
    pub detail: String,
}

/// Records whose human turns have another number of `<image>` than the record has images.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Placeholders {
    /// More than images.
    pub too_many: u64,
    /// Fewer than images, but some.
    pub too_few: u64,
    /// None, although there are images; some formats have none at all.
    pub none: u64,
    /// The first records with too many or too few.
    pub examples: Vec<PlaceholderExample>,
}

/// A record with too many or too few placeholders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceholderExample {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// Its id, cut where it is long.
    pub id: Option<String>,
    /// `<image>` in its human turns.
    pub placeholders: u64,
    /// Its images.
    pub images: u64,
}

/// Ids that repeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DuplicateIds {
    /// Distinct ids that more than one record has.
    pub ids: u64,
    /// Records whose id an earlier record has.
    pub records: u64,
}

/// Records that repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DuplicateRecords {
    /// Records whose bytes are those of an earlier one.
    pub records: u64,
    /// The first of them.
    pub examples: Vec<DuplicateRecord>,
}

/// A record that repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DuplicateRecord {
    /// Its position.
    pub index: u64,
    /// The position of the first record with these bytes.
    pub first_index: u64,
}

/// Human turns that are longer than the encoder's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TurnsOver {
    /// How many; at least so many where it is not `exact`.
    pub turns: u64,
    /// Tokens of the context, start and end included.
    pub context: u64,
    /// Whether the encoder's own tokeniser counted.
    pub exact: bool,
}

/// A folder that image references begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// Its path, at most two levels deep; `.` for images in no folder.
    pub folder: String,
    /// References that begin with it.
    pub images: u64,
    /// Those of them that lead to no file.
    pub not_located: u64,
}

/// Folders beside those that are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OtherFolders {
    /// How many are known; more where `complete` is false.
    pub folders: u64,
    /// References that begin with them.
    pub images: u64,
    /// Those of them that lead to no file.
    pub not_located: u64,
    /// Whether every folder was counted by itself: that ends at ten thousand of them.
    pub complete: bool,
}
