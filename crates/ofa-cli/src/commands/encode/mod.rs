//! `ofa encode`: every record of a dataset to a row of a feature store.

mod estimate;

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ofa_backends::Encoder;
use ofa_clip::{ClipTokenizer, Preprocessor};
use ofa_data::{Dataset, DatasetImages, SkipReason};
use ofa_pipeline::Event;
use ofa_pipeline::encode::{
    Encode, EncodeInputs, EncodeOptions, EncodeProgress, MultiImage, part_of,
};
use ofa_pipeline::native::{DecodeAhead, Folder};
use ofa_pipeline::store::{self, Fingerprints, ReasonCounts};
use serde::Serialize;

use crate::backend::BackendChoice;
use crate::duration::duration_text;
use crate::encoder::EncoderFolder;
use crate::failure::Stopped;
use crate::input::DatasetArguments;
use crate::report::{Report, grouped, lossy};
use crate::{interrupt, output, progress};

/// Arguments of `ofa encode`.
#[derive(Debug, clap::Args)]
pub(crate) struct EncodeArguments {
    #[command(flatten)]
    pub(crate) dataset: DatasetArguments,

    #[command(flatten)]
    pub(crate) encoder: EncoderArguments,

    /// Folder for the feature store; a store of the same dataset and encoder is continued
    #[arg(short, long, value_name = "FEATURES")]
    pub(crate) output: PathBuf,

    /// Encode one part of several, such as 1/4; `ofa merge` joins them
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Part>,

    /// Start anew where there is a feature store, of whatever dataset, finished or not
    #[arg(long)]
    pub(crate) force: bool,
}

/// The encoder, and how it is run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EncoderArguments {
    /// Folder with a CLIP in Hugging Face layout; `ofa pull` makes one
    #[arg(long, value_name = "ENC")]
    pub(crate) encoder: PathBuf,

    /// What runs the model
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: BackendChoice,

    /// Images of a batch
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) batch: usize,

    /// What a record with several images gets: the mean of the embeddings of those that can be
    /// used, that of its first image, or nothing: it is skipped
    #[arg(long, value_enum, default_value_t)]
    pub(crate) multi_image: MultiImageChoice,

    /// Records that a shard of the store covers; a run that was stopped goes on after the last
    /// whole shard
    #[arg(long, value_name = "N", default_value_t = 2048)]
    pub(crate) shard_records: u64,

    /// Disk space, in megabytes, for embeddings that are kept until the end because their images and
    /// turns may come again
    #[arg(long, value_name = "MB", default_value_t = 2048)]
    pub(crate) cache: u64,
}

/// `--multi-image`.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(crate) enum MultiImageChoice {
    #[default]
    Mean,
    First,
    Skip,
}

impl From<MultiImageChoice> for MultiImage {
    fn from(choice: MultiImageChoice) -> Self {
        match choice {
            MultiImageChoice::Mean => Self::Mean,
            MultiImageChoice::First => Self::First,
            MultiImageChoice::Skip => Self::Skip,
        }
    }
}

/// One part of several, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    part: u64,
    parts: u64,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
        match numbers {
            Some((part, parts)) if part >= 1 && part <= parts => Ok(Self { part, parts }),
            _ => Err("expected I/N with I from 1 to N, such as 1/4".to_owned()),
        }
    }
}

/// What encoding came to.
#[derive(Debug, Serialize)]
pub(crate) struct EncodeOutcome {
    #[serde(serialize_with = "lossy")]
    features: PathBuf,
    records: u64,
    rows: u64,
    skipped: ReasonCounts,
    notes: ReasonCounts,
    records_resumed: u64,
    image_uses: u64,
    images_encoded: u64,
    image_hit_rate: f64,
    turn_uses: u64,
    turns_encoded: u64,
    turn_hit_rate: f64,
    seconds: f64,
    fingerprints: Fingerprints,
}

impl EncodeOutcome {
    /// The report of the command.
    pub(crate) fn report(&self) -> Report {
        Report::new(self, self.text())
    }

    /// The account for people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "{} records: {} encoded",
            grouped(self.records),
            grouped(self.rows)
        );
        for (reason, count) in &self.skipped {
            write!(text, ", {} {reason}", grouped(*count)).expect("a string takes everything");
        }
        text.push('\n');
        for (note, count) in &self.notes {
            writeln!(text, "{} {note}: see notes.jsonl", grouped(*count))
                .expect("a string takes everything");
        }
        if self.records_resumed == self.records {
            text.push_str("nothing was left to do\n");
            text.push_str(&self.remedy());
        } else {
            let seconds = self.seconds.max(1e-9);
            let rate = |count: u64| count as f64 / seconds;
            writeln!(
                text,
                "{}: {} images encoded of {} named ({:.1}% were known), {} turns of {} ({:.1}% were known); {:.1} images/s",
                duration_text(Duration::from_secs_f64(self.seconds)),
                grouped(self.images_encoded),
                grouped(self.image_uses),
                self.image_hit_rate * 100.0,
                grouped(self.turns_encoded),
                grouped(self.turn_uses),
                self.turn_hit_rate * 100.0,
                rate(self.images_encoded),
            )
            .expect("a string takes everything");
        }
        writeln!(text, "features: {}", self.features.display()).expect("a string takes everything");
        text
    }

    /// What to do about images that an earlier run did not find, which this one did not look for.
    fn remedy(&self) -> String {
        let of = |reason: SkipReason| self.skipped.get(reason.as_str()).unwrap_or(&0);
        let lost = of(SkipReason::ImageMissing) + of(SkipReason::ImageUnreadable);
        if lost == 0 {
            return String::new();
        }
        format!(
            "{} images were missing or broken when these features were made; where they are mended, \
             make the features anew with `ofa encode --force`, or in another folder\n",
            grouped(lost)
        )
    }
}

/// Encodes as the arguments say.
pub(crate) fn run(arguments: &EncodeArguments) -> Result<EncodeOutcome> {
    if arguments.dataset.data.is_dir() {
        output::refuse_inside(&arguments.output, &arguments.dataset.data)?;
    }
    let images = arguments.dataset.open_with_remarks()?;
    let folder = EncoderFolder::open(&arguments.encoder.encoder)?;
    encode(
        images,
        &arguments.encoder,
        folder,
        arguments.shard,
        &arguments.output,
        arguments.force,
    )
}

/// Encodes a dataset into a feature store.
pub(crate) fn encode(
    images: Arc<DatasetImages>,
    encoder: &EncoderArguments,
    folder: EncoderFolder,
    part: Option<Part>,
    output: &Path,
    anew: bool,
) -> Result<EncodeOutcome> {
    let dataset = images.dataset();
    let range = match part {
        Some(Part { part, parts }) => part_of(dataset.len(), encoder.shard_records, part, parts)?,
        None => 0..dataset.len(),
    };
    let work = EncodeWork {
        images,
        encoder,
        folder,
        range,
        output,
        anew,
    };
    let outcome = work.run()?;
    warn_of_missing(&outcome);
    Ok(outcome)
}

/// Most images missing is more often a wrong `--images` than a bad dataset.
fn warn_of_missing(outcome: &EncodeOutcome) {
    let missing = outcome.skipped.get(SkipReason::ImageMissing.as_str());
    let missing = missing.copied().unwrap_or_default();
    if missing > outcome.records / 2 {
        eprintln!(
            "{} of {} records name an image that was not found: is --images the folder that their \
             paths start from? skipped.jsonl lists where each was looked for",
            grouped(missing),
            grouped(outcome.records)
        );
    }
}

struct EncodeWork<'a> {
    images: Arc<DatasetImages>,
    encoder: &'a EncoderArguments,
    folder: EncoderFolder,
    range: Range<u64>,
    output: &'a Path,
    anew: bool,
}

impl EncodeWork<'_> {
    fn run(self) -> Result<EncodeOutcome> {
        let backend = self.encoder.backend.choose()?;
        let EncoderFolder {
            config,
            preprocessor,
            tokenizer,
            checkpoint,
            fingerprint,
            settings,
            exported_as: _,
        } = self.folder;
        let towers = backend
            .encoder(&config, &checkpoint)
            .with_context(|| format!("encoder {}", self.encoder.encoder.display()))?;
        drop(checkpoint);
        let dataset = Arc::clone(self.images.dataset());
        let fingerprints = Fingerprints {
            dataset: Some(dataset.fingerprint().to_owned()),
            encoder: Some(fingerprint),
        };
        let options = EncodeOptions {
            image_batch: self.encoder.batch,
            text_tokens: TEXT_TOKENS,
            shard_records: self.encoder.shard_records,
            cache_bytes: self.encoder.cache.saturating_mul(1_000_000),
            range: self.range,
            multi_image: self.encoder.multi_image.into(),
            backend: towers.backend_name(),
            encoder_settings: Some(settings),
        };
        let preprocessor = Arc::new(preprocessor);
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let ahead = 2 * options.image_batch + threads;
        let store = Folder::new(self.output);
        let _lock = store
            .lock()
            .with_context(|| format!("{}: cannot be written to", self.output.display()))?;
        if self.anew {
            store::clear(&store)?;
        }
        let inputs = EncodeInputs {
            images: self.images.clone(),
            pixels: Box::new(DecodeAhead::new(
                self.images,
                Arc::clone(&preprocessor),
                threads,
                ahead,
            )),
            tokenizer: &tokenizer,
            towers: &towers,
            store: &store,
            fingerprints: fingerprints.clone(),
        };
        let run = Encode::begin(inputs, options.clone())?;
        for note in run.notes() {
            eprintln!("note: {note}");
        }
        announce(&run, &dataset, &options, &towers, &preprocessor, &tokenizer)?;
        drive(run, self.output, fingerprints)
    }
}

/// Most tokens of a batch of texts, padding included.
const TEXT_TOKENS: usize = 2048;

/// Says how long the work may take and how much disk it needs, before it starts.
fn announce(
    run: &Encode<'_, Encoder>,
    dataset: &Dataset,
    options: &EncodeOptions,
    towers: &Encoder,
    preprocessor: &Preprocessor,
    tokenizer: &ClipTokenizer,
) -> Result<()> {
    let progress = run.progress();
    let left = options.range.start + progress.records_done..options.range.end;
    if progress.records_resumed > 0 {
        eprintln!(
            "{} of {} records are encoded already",
            grouped(progress.records_resumed),
            grouped(progress.records)
        );
    }
    if left.is_empty() {
        return Ok(());
    }
    let estimate = estimate::estimate(dataset, left, options, towers, preprocessor, tokenizer)?;
    eprintln!("{estimate}");
    Ok(())
}

fn drive(
    mut run: Encode<'_, Encoder>,
    output: &Path,
    fingerprints: Fingerprints,
) -> Result<EncodeOutcome> {
    let started = Instant::now();
    let bar = progress::bar(run.progress().records, "records");
    bar.set_position(run.progress().records_done);
    bar.reset_eta();
    let mut manifest = None;
    while let Some(event) = pollster::block_on(run.step())? {
        match event {
            Event::Encoding(progress) => {
                bar.set_position(progress.records_done);
                bar.set_message(rates(&progress, started.elapsed()));
            }
            Event::Encoded(finished) => manifest = Some(finished),
            _ => {}
        }
        if interrupt::requested() && manifest.is_none() {
            bar.finish_and_clear();
            let done = run.progress().records_done;
            return Err(Stopped(format!(
                "{} of {} records were done; the same command goes on after the last whole shard",
                grouped(done),
                grouped(run.progress().records)
            ))
            .into());
        }
    }
    bar.finish_and_clear();
    let progress = run.progress();
    Ok(EncodeOutcome {
        features: output.to_owned(),
        records: progress.records,
        rows: progress.rows,
        skipped: progress.skipped.clone(),
        notes: progress.notes.clone(),
        records_resumed: progress.records_resumed,
        image_uses: progress.image_uses,
        images_encoded: progress.images_encoded,
        image_hit_rate: progress.image_hit_rate(),
        turn_uses: progress.turn_uses,
        turns_encoded: progress.turns_encoded,
        turn_hit_rate: progress.turn_hit_rate(),
        seconds: started.elapsed().as_secs_f64(),
        fingerprints,
    })
}

fn rates(progress: &EncodeProgress, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-3);
    format!(
        "{:.1} images/s, {:.1} turns/s, {} skipped",
        progress.images_encoded as f64 / seconds,
        progress.turns_encoded as f64 / seconds,
        grouped(progress.skipped.values().sum())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_with_its_bounds() {
        assert_eq!("2/4".parse(), Ok(Part { part: 2, parts: 4 }));
        for text in ["", "3", "0/4", "5/4", "a/b", "1/0", "-1/3"] {
            assert!(text.parse::<Part>().is_err(), "{text}");
        }
    }
}
