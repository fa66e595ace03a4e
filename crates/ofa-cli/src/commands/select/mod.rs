//! `ofa select`: the records of a budget, as they stand in the dataset.

mod choice;
mod outcome;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use ofa_core::score::Scores;
use ofa_data::{Dataset, DatasetImages};
use ofa_pipeline::native::open_features;
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin};
use ofa_pipeline::store::{Fingerprints, SkippedLine};
use ofa_pipeline::subset::{SubsetInputs, choose};

use crate::input::DatasetArguments;
use crate::{input, output};
pub(crate) use choice::ChoiceArguments;
pub(crate) use outcome::SelectOutcome;
pub(crate) use write::SubsetArguments;

/// Arguments of `ofa select`.
#[derive(Debug, clap::Args)]
pub(crate) struct SelectArguments {
    #[command(flatten)]
    dataset: DatasetArguments,

    /// Its scores, as `ofa score` wrote them
    #[arg(long, value_name = "SCORES")]
    scores: PathBuf,

    /// Its feature store, whose list of skipped records completes the account
    #[arg(long, value_name = "FEATURES")]
    features: Option<PathBuf>,

    #[command(flatten)]
    choice: ChoiceArguments,

    #[command(flatten)]
    subset: SubsetArguments,

    /// Replace an output that exists, and use scores of another dataset
    #[arg(long)]
    force: bool,
}

/// Selects as the arguments say.
pub(crate) fn run(arguments: &SelectArguments) -> Result<SelectOutcome> {
    arguments.subset.refuse_existing(arguments.force)?;
    let images = arguments.dataset.open_with_remarks()?;
    let dataset = images.dataset();
    refuse_inputs(arguments, dataset)?;
    arguments.choice.check(u64::MAX)?;
    let (scores, origin) = input::read_scores_file(&arguments.scores)?;
    let fingerprint = Fingerprints {
        dataset: Some(dataset.fingerprint().to_owned()),
        encoder: None,
    };
    if !arguments.force {
        let of_scores = origin.fingerprints.dataset.as_deref();
        fingerprint.check_dataset("the dataset", of_scores, "the scores")?;
    }
    let of_scores = origin.fingerprints.dataset.as_deref();
    input::say_if_unknown("the scores", of_scores, "dataset");
    let mut skipped = None;
    if let Some(features) = &arguments.features {
        let (store, _) = open_features(features)?;
        if !arguments.force {
            let of_features = store.fingerprints().dataset.as_deref();
            fingerprint.check_dataset("the dataset", of_features, "the features")?;
            let of_features = store.fingerprints().encoder.as_deref();
            let scored = &origin.fingerprints;
            scored.check_encoder("the scores", of_features, "the features")?;
        }
        let of_features = store.fingerprints().dataset.as_deref();
        input::say_if_unknown("the features", of_features, "dataset");
        skipped = input::skipped_records(features)?;
    }
    let choice = Choice {
        images: &images,
        scores: &scores,
        origin: &origin,
        skipped: skipped.as_deref(),
        clusters: 0,
    };
    select(&choice, &arguments.choice, &arguments.subset)
}

/// Refuses to write over what is read here, a manifest beside the scores included.
fn refuse_inputs(arguments: &SelectArguments, dataset: &Dataset) -> Result<()> {
    let scores = arguments.scores.as_path();
    let of_scores = output::manifest_path(scores);
    let mut others = vec![scores];
    others.extend(arguments.dataset.images.iter().map(PathBuf::as_path));
    others.extend(arguments.features.as_deref());
    if ScoresFormat::of_name(&scores.display().to_string())?.has_manifest_beside() {
        others.push(&of_scores);
    }
    arguments
        .subset
        .refuse_inputs(&arguments.dataset.input_paths(dataset), &others)
}

/// What a subset is chosen from.
pub(crate) struct Choice<'a> {
    pub(crate) images: &'a Arc<DatasetImages>,
    pub(crate) scores: &'a Scores,
    pub(crate) origin: &'a ScoresOrigin,
    pub(crate) skipped: Option<&'a [SkippedLine]>,
    /// Clusters of the selector, 0 where they are not known.
    pub(crate) clusters: usize,
}

/// Chooses a subset and writes it with its manifest.
pub(crate) fn select(
    choice: &Choice<'_>,
    arguments: &ChoiceArguments,
    target: &SubsetArguments,
) -> Result<SelectOutcome> {
    let inputs = SubsetInputs {
        dataset: choice.images.dataset(),
        scores: choice.scores,
        origin: choice.origin,
        skipped: choice.skipped,
    };
    let subset = choose(&inputs, &arguments.request(choice.clusters))?;
    target.write(choice.images, subset)
}
