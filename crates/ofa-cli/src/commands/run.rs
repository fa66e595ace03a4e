//! `ofa run`: encode, score and select in one go.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use ofa_pipeline::native::open_features;
use ofa_pipeline::store::Fingerprints;
use serde::Serialize;

use super::encode::{self, EncodeOutcome, EncoderArguments};
use super::score::{self, ScoreOutcome};
use super::select::{self, Choice, ChoiceArguments, SelectOutcome, SubsetArguments};
use crate::encoder::EncoderFolder;
use crate::failure::Stopped;
use crate::input::{self, DatasetArguments};
use crate::interrupt;
use crate::output;
use crate::report::Report;

/// Arguments of `ofa run`.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    dataset: DatasetArguments,

    #[command(flatten)]
    encoder: EncoderArguments,

    /// The selector that `ofa train` wrote
    #[arg(long, value_name = "S")]
    selector: PathBuf,

    #[command(flatten)]
    choice: ChoiceArguments,

    #[command(flatten)]
    subset: SubsetArguments,

    /// Folder for features and scores, kept so that a run goes on and a second one is quick;
    /// without it, beside the subset under the subset's name and `.work`
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,

    /// Replace an output that exists, use a selector of another encoder, and select although a manifest
    /// cannot be repeated
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct RunOutcome<'a> {
    encode: &'a EncodeOutcome,
    score: &'a ScoreOutcome,
    select: &'a SelectOutcome,
}

/// Runs the three steps.
pub(crate) fn run(arguments: &RunArguments) -> Result<Report> {
    arguments.choice.check(u64::MAX)?;
    let targets = arguments.subset.targets(&arguments.choice);
    for target in &targets {
        target.refuse_existing(arguments.force)?;
    }
    let (selector, selector_sha256) = input::read_selector(&arguments.selector)?;
    let images = arguments.dataset.open_with_remarks()?;
    let dataset = Arc::clone(images.dataset());
    let mut others = vec![arguments.selector.as_path(), &arguments.encoder.encoder];
    others.extend(arguments.dataset.images.iter().map(PathBuf::as_path));
    let data = arguments.dataset.input_paths(&dataset);
    others.extend(arguments.choice.inputs());
    for target in &targets {
        target.refuse_inputs(&data, &others)?;
    }
    arguments.choice.check(dataset.len())?;
    let encoder = EncoderFolder::open(&arguments.encoder.encoder)?;
    // Told now, and not after hours of encoding.
    let width = encoder.config.projection_dim;
    if selector.config.feature_dim != width {
        bail!(
            "{}: this selector takes embeddings {} wide, the encoder {} makes them {width} wide; \
             take the encoder that the selector was trained with",
            arguments.selector.display(),
            selector.config.feature_dim,
            arguments.encoder.encoder.display(),
        );
    }
    if !arguments.force {
        let ours = Fingerprints {
            dataset: None,
            encoder: Some(encoder.fingerprint.clone()),
        };
        let trained_with = selector.training_text("encoder_fingerprint");
        ours.check_encoder("the encoder", trained_with, "the selector")?;
    }
    let work = arguments
        .work
        .clone()
        .unwrap_or_else(|| work_folder(arguments.subset.output()));
    if arguments.dataset.data.is_dir() {
        output::refuse_inside(&work, &arguments.dataset.data)?;
    }
    let features = work.join("features");
    let scores = work.join("scores.parquet");
    let encoded = encode::encode(
        Arc::clone(&images),
        &arguments.encoder,
        encoder,
        None,
        &features,
        false,
    )?;
    eprint!("{}", encoded.text());
    let scored = score::score(
        &features,
        &selector,
        &selector_sha256,
        &scores,
        arguments.force,
    )?;
    eprint!("{}", scored.text());
    let (scores, origin) = input::read_scores_file(&scores)?;
    let skipped = input::skipped_records(&features)?;
    let (store, _) = open_features(&features)?;
    if interrupt::requested() {
        let left = "records are encoded and scored; the same command goes on to the subset";
        return Err(Stopped(left.to_owned()).into());
    }
    let choice = Choice {
        images: &images,
        scores: &scores,
        origin: &origin,
        skipped: skipped.as_deref(),
        features: Some(&store),
        clusters: selector.config.num_clusters,
        force: arguments.force,
    };
    let selected = select::select(&choice, &arguments.choice, &arguments.subset)?;
    let outcome = RunOutcome {
        encode: &encoded,
        score: &scored,
        select: &selected,
    };
    Ok(Report::new(&outcome, selected.text()))
}

fn work_folder(output: &Path) -> PathBuf {
    let name = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{name}.work"))
}
