//! A look at a dataset before it is encoded: what encoding would skip, and what else is odd.

mod context;
mod digest;
mod duplicates;
mod folders;
mod images;
mod placeholders;
mod report;
mod sample;
mod scripts;
mod skipped;

use std::sync::Arc;

use ofa_clip::ClipTokenizer;
use ofa_data::{Dataset, DatasetImages, Format, ImageFile, ImageReference, Record, Skip};

use crate::encode::MultiImage;
use crate::error::{Error, Result};
use crate::store::{Note, ReasonCounts};
use context::TurnsOverContext;
use duplicates::Duplicates;
use folders::Folders;
pub(crate) use folders::{MOST_FOLDERS, source_folder};
pub use images::DecodeTrial;
use images::{InTurn, KnownImages, Untried};
use placeholders::PlaceholderTally;
pub use report::{
    CheckReport, DuplicateIds, DuplicateRecord, DuplicateRecords, Folder, OtherFolders,
    PlaceholderExample, Placeholders, SkippedExample, SkippedRecords, TurnsOver,
};
use sample::Sample;
use scripts::script_of_turns;
use skipped::SkippedTally;

/// Records of a step.
const STEP_RECORDS: u64 = 256;

/// Tokens of the text encoder of the CLIPs that there are, start and end included.
const USUAL_CONTEXT: usize = 77;

/// How a dataset is looked at.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// What encoding is to make of records with several images.
    pub multi_image: MultiImage,
    /// Decode every image and not only a sample of them.
    pub deep: bool,
    /// The encoder's tokeniser, fitted to its model; without it, turns over the context are
    /// estimated from below.
    pub tokenizer: Option<Arc<ClipTokenizer>>,
    /// Tokens of the encoder's text, start and end included.
    pub context: usize,
    /// Whether the format was given, and not told from the content.
    pub format_given: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self {
            multi_image: MultiImage::default(),
            deep: false,
            tokenizer: None,
            context: USUAL_CONTEXT,
            format_given: false,
        }
    }
}

/// How far a check has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckProgress {
    /// Records of the dataset.
    pub records: u64,
    /// Records looked at; none of them while images are sampled, which comes first.
    pub records_done: u64,
    /// Distinct images decoded.
    pub images_decoded: u64,
    /// Records that encoding would skip.
    pub skipped: u64,
}

/// What encoding would note of a record's images.
#[derive(Default)]
struct Noted {
    left_out: u64,
    repaired: u64,
}

/// Who decodes the images of the sample, or of the records ahead.
enum Trial {
    /// This.
    Here(Box<dyn DecodeTrial>),
    /// The caller, so many at a time.
    Elsewhere(usize),
}

impl Trial {
    fn images_at_a_time(&self) -> usize {
        match self {
            Self::Here(trial) => trial.images_at_a_time(),
            Self::Elsewhere(images) => *images,
        }
        .max(1)
    }
}

/// A check, pulled forward a few hundred records or a few images at a time.
///
/// First a sample of the images is decoded, unless all of them are to be; then one pass over the
/// records tells what becomes of each. What is held grows with the numbers of distinct records,
/// ids and images, by a hash for each, never by their lengths.
pub struct Check {
    images: Arc<DatasetImages>,
    options: CheckOptions,
    sample: Option<Sample>,
    trial: Trial,
    /// Images of the next step that the caller was asked to decode.
    asked: Option<Untried>,
    /// Whether the images of the next step are decoded.
    tried: bool,
    next_record: u64,
    /// Up to which record images are decoded, where all are.
    tried_up_to: u64,
    finished: bool,
    known: KnownImages,
    counts: Counts,
    skipped: SkippedTally,
    notes: ReasonCounts,
    placeholders: PlaceholderTally,
    duplicates: Duplicates,
    turns: TurnsOverContext,
    scripts: ReasonCounts,
    folders: Folders,
}

#[derive(Default)]
struct Counts {
    with_image: u64,
    text_only: u64,
    several_images: u64,
    images: u64,
    human_turns: u64,
    encoded: u64,
}

impl Check {
    /// Begins a check. Nothing is read yet.
    #[must_use]
    pub fn begin(images: Arc<DatasetImages>, options: CheckOptions) -> Self {
        let sample = (!options.deep).then(|| Sample::of(images.dataset().len()));
        Self {
            images,
            options,
            sample,
            trial: Trial::Here(Box::new(InTurn)),
            asked: None,
            tried: false,
            next_record: 0,
            tried_up_to: 0,
            finished: false,
            known: KnownImages::default(),
            counts: Counts::default(),
            skipped: SkippedTally::default(),
            notes: ReasonCounts::new(),
            placeholders: PlaceholderTally::default(),
            duplicates: Duplicates::default(),
            turns: TurnsOverContext::default(),
            scripts: ReasonCounts::new(),
            folders: Folders::default(),
        }
    }

    /// Images are decoded by this, and not one after the other. What the check finds is the same.
    #[must_use]
    pub fn decoding_with(self, trial: Box<dyn DecodeTrial>) -> Self {
        Self {
            trial: Trial::Here(trial),
            ..self
        }
    }

    /// The caller decodes images: before each [`step`](Self::step) it has those of [`ahead`](Self::ahead), of which
    /// there are some `images_at_a_time`, and says what came of them to [`tried`](Self::tried). What the check finds
    /// is the same.
    #[must_use]
    pub fn decoding_elsewhere(self, images_at_a_time: usize) -> Self {
        Self {
            trial: Trial::Elsewhere(images_at_a_time),
            ..self
        }
    }

    /// The images of the next step that the caller is to decode; none where it has nothing to do.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub fn ahead(&mut self) -> Result<&[ImageFile]> {
        let is_asked = matches!(self.trial, Trial::Elsewhere(_));
        if is_asked && self.asked.is_none() && !self.tried && !self.finished {
            self.asked = Some(self.untried()?);
        }
        Ok(self.asked.as_ref().map_or(&[], Untried::files))
    }

    /// Takes what came of the images of [`ahead`](Self::ahead), in their order.
    pub fn tried(&mut self, results: Vec<std::result::Result<(), Skip>>) {
        if let Some(asked) = self.asked.take() {
            self.known.were_tried(&asked, results);
            self.tried = true;
        }
    }

    fn dataset(&self) -> &Dataset {
        self.images.dataset()
    }

    /// Goes a step further. `None` once every record was looked at.
    ///
    /// # Errors
    /// [`Error::Data`] where the dataset cannot be read any more or was changed meanwhile;
    /// [`Error::Encoder`] where the tokeniser fails.
    pub fn step(&mut self) -> Result<Option<CheckProgress>> {
        if self.finished {
            return Ok(None);
        }
        if !std::mem::take(&mut self.tried) {
            let untried = match self.asked.take() {
                // Nobody said what came of them.
                Some(asked) => asked,
                None => self.untried()?,
            };
            let trial: &dyn DecodeTrial = match &self.trial {
                Trial::Here(trial) => &**trial,
                Trial::Elsewhere(_) => &InTurn,
            };
            self.known.try_all(&self.images, &untried, trial);
        }
        if let Some(sample) = &self.sample {
            if sample.is_done() {
                self.sample = None;
            }
            return Ok(Some(self.progress()));
        }
        let end = match self.options.deep {
            true => self.tried_up_to,
            false => self.end_of_step(),
        };
        while self.next_record < end {
            self.look_at(self.next_record)?;
            self.next_record += 1;
        }
        if self.next_record == self.dataset().len() {
            self.dataset().check_unchanged()?;
            self.finished = true;
        }
        Ok(Some(self.progress()))
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> CheckProgress {
        CheckProgress {
            records: self.dataset().len(),
            records_done: self.next_record,
            images_decoded: self.known.decoded(),
            skipped: self.skipped.records(),
        }
    }

    fn end_of_step(&self) -> u64 {
        self.dataset().len().min(self.next_record + STEP_RECORDS)
    }

    /// Distinct images that are to be decoded before the next step and are not yet: of the sample, or of the next
    /// records.
    fn untried(&mut self) -> Result<Untried> {
        let most = self.trial.images_at_a_time();
        if let Some(sample) = &mut self.sample {
            let images = &self.images;
            return sample.untried(images, self.options.multi_image, &mut self.known, most);
        }
        if !self.options.deep {
            return Ok(Untried::default());
        }
        let end = self.end_of_step();
        let mut untried = Untried::default();
        while self.tried_up_to < end && !untried.has(most) {
            let position = self.tried_up_to;
            let record = self.images.dataset().record(position)?;
            if let Ok(record) = &record
                && let Ok(used) = images_to_encode(record, self.options.multi_image)
            {
                for (nth, reference) in (0..).zip(used) {
                    self.known
                        .collect(&self.images, position, nth, reference, &mut untried);
                }
            }
            self.tried_up_to += 1;
        }
        Ok(untried)
    }

    fn look_at(&mut self, position: u64) -> Result<()> {
        // A record that cannot be put down as bytes is equal to none.
        let record = self.dataset().record(position)?;
        // What a record carries beside its text may differ where the text does not.
        let carries = |record: &Record| {
            let is_carried = |image: &ImageReference| matches!(image, ImageReference::Embedded(_));
            record.images.iter().any(is_carried)
        };
        let is_text = matches!(self.dataset().format(), Format::Json | Format::Jsonl);
        if is_text || record.as_ref().is_ok_and(|record| !carries(record)) {
            match self.dataset().record_bytes(position) {
                Ok(bytes) => self.duplicates.record(position, &bytes),
                Err(error @ ofa_data::Error::Read { .. }) => return Err(error.into()),
                Err(_) => {}
            }
        }
        let record = match record {
            Ok(record) => record,
            Err(skip) => {
                self.skipped.add(position, None, &skip);
                return Ok(());
            }
        };
        self.count(position, &record)?;
        match self.fate(position, &record) {
            Ok(noted) => {
                self.counts.encoded += 1;
                for (note, images) in [
                    (Note::ImageLeftOut, noted.left_out),
                    (Note::ImageRepaired, noted.repaired),
                ] {
                    if images > 0 {
                        *self.notes.entry(note.as_str().to_owned()).or_default() += images;
                    }
                }
            }
            Err(skip) => self.skipped.add(position, record.id.as_deref(), &skip),
        }
        Ok(())
    }

    /// What can be said of a record whatever encoding makes of it.
    fn count(&mut self, position: u64, record: &Record) -> Result<()> {
        let counts = &mut self.counts;
        counts.with_image += u64::from(!record.images.is_empty());
        counts.text_only += u64::from(record.images.is_empty() && !record.human_turns.is_empty());
        counts.several_images += u64::from(record.images.len() > 1);
        counts.images += record.images.len() as u64;
        counts.human_turns += record.human_turns.len() as u64;
        self.duplicates.id(record.id.as_deref());
        self.placeholders.add(position, record);
        let texts: Vec<String> = record.encoder_texts().collect();
        for text in &texts {
            self.turns.add(text, &self.options)?;
        }
        let script = script_of_turns(&texts);
        *self.scripts.entry(script.to_owned()).or_default() += 1;
        for (nth, reference) in (0..).zip(&record.images) {
            let located = self.known.locate(&self.images, position, nth, reference);
            self.folders.add(reference, located.is_err());
        }
        Ok(())
    }

    /// What encoding would make of a record: what it would note of its images, or why it would skip
    /// the record. The rules are those of `encode::window`.
    fn fate(&mut self, position: u64, record: &Record) -> Result<Noted, Skip> {
        let used = images_to_encode(record, self.options.multi_image)?;
        let mut first = None;
        let mut noted = Noted::default();
        for (nth, reference) in (0..).zip(used) {
            if self
                .known
                .is_repaired(&self.images, position, nth, reference)
            {
                noted.repaired += 1;
            }
            let usable = self.known.usable(&self.images, position, nth, reference);
            if let Err(reason) = usable {
                noted.left_out += 1;
                first.get_or_insert((nth, reference, reason));
            }
        }
        match first {
            Some((nth, reference, reason)) if noted.left_out == used.len() as u64 => {
                Err(match self.skipped.wants_example(reason) {
                    true => (self.known).words_of(&self.images, position, nth, reference, reason),
                    false => Skip::new(reason, ""),
                })
            }
            _ => Ok(noted),
        }
    }

    /// The report, of all records where [`step`](Self::step) was called until it gave `None`.
    ///
    /// # Errors
    /// [`Error::Counts`] where records that would be encoded and those that would be skipped do
    /// not make up all records that were looked at.
    pub fn finish(self) -> Result<CheckReport> {
        let dataset = self.images.dataset();
        let skipped = self.skipped.records();
        let sum = self.counts.encoded + skipped;
        if sum != self.next_record {
            return Err(Error::Counts {
                records: self.next_record,
                scored: self.counts.encoded,
                skipped,
                sum,
                advice: "this is a mistake in ofa itself: please report it",
            });
        }
        let (folders, other_folders) = self.folders.finish();
        let (duplicate_ids, without_id, duplicate_records) = self.duplicates.finish();
        Ok(CheckReport {
            dataset: dataset.name().to_owned(),
            format: dataset.format(),
            files: dataset.file_count() as u64,
            why: match self.options.format_given {
                true => "the format was given",
                false => dataset.format().reason(),
            }
            .to_owned(),
            fingerprint: dataset.fingerprint().to_owned(),
            remarks: dataset.remarks().to_vec(),
            records: self.next_record,
            with_image: self.counts.with_image,
            text_only: self.counts.text_only,
            several_images: self.counts.several_images,
            images: self.counts.images,
            distinct_images: self.known.distinct(),
            human_turns: self.counts.human_turns,
            multi_image: self.options.multi_image,
            would_be_encoded: self.counts.encoded,
            skipped: self.skipped.finish(),
            notes: self.notes,
            images_missing: self.known.missing(),
            images_not_located: self.known.not_located(),
            images_sampled: self.known.decoded(),
            images_unreadable: self.known.unreadable(),
            deep: self.options.deep,
            placeholders: self.placeholders.finish(),
            duplicate_ids,
            without_id,
            duplicate_records,
            turns_over_context: self.turns.finish(&self.options),
            scripts: self.scripts,
            folders,
            other_folders,
        })
    }
}

/// The images of a record that encoding looks at.
///
/// # Errors
/// Why it looks at none.
fn images_to_encode(record: &Record, multi_image: MultiImage) -> Result<&[ImageReference], Skip> {
    if let Some(skip) = record.skip() {
        return Err(skip);
    }
    let used = multi_image.images_used(record.images.len())?;
    Ok(&record.images[..used])
}

#[cfg(test)]
mod tests;
