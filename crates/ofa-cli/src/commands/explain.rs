//! `ofa explain`: why a record is in a subset or not.

use std::path::PathBuf;

use anyhow::Result;
use ofa_core::budget::{Budget, Ratio};
use ofa_core::features::FeatureRows;
use ofa_pipeline::explain::{AskedSubset, ExplainInputs, explain};
use ofa_pipeline::native::open_features;
use ofa_pipeline::store::Fingerprints;
use ofa_pipeline::subset::BudgetRequest;

use super::select::read_manifest;
use crate::input::{self, DatasetArguments};
use crate::report::Report;

/// Arguments of `ofa explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArguments {
    #[command(flatten)]
    dataset: DatasetArguments,

    /// The record's position in the dataset, from 0
    #[arg(value_name = "INDEX")]
    index: u64,

    /// The dataset's scores, as `ofa score` wrote them
    #[arg(long, value_name = "SCORES")]
    scores: PathBuf,

    /// Its feature store: says why a record was skipped, and which records are most like this one
    #[arg(long, value_name = "FEATURES")]
    features: Option<PathBuf>,

    #[command(flatten)]
    subset: AskedArguments,

    /// How many of the records that are most like it are named
    #[arg(long, value_name = "N", default_value_t = 5)]
    neighbours: usize,

    /// Use scores and features of another dataset
    #[arg(long)]
    force: bool,
}

/// The subset that is asked about.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct AskedArguments {
    /// Ask about the subset that has this manifest
    #[arg(long, value_name = "MANIFEST")]
    from: Option<PathBuf>,

    /// Ask about what `confidence` chooses as this share of the scored records, such as 0.15
    #[arg(long)]
    ratio: Option<Ratio>,

    /// Ask about what `confidence` chooses as this number of records
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// Explains as the arguments say.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<Report> {
    let images = arguments.dataset.open_with_remarks()?;
    let dataset = images.dataset();
    let (scores, origin) = input::read_scores_file(&arguments.scores)?;
    let ours = Fingerprints {
        dataset: Some(dataset.fingerprint().to_owned()),
        encoder: None,
    };
    let belongs = |theirs: Option<&str>, what: &str| {
        input::say_if_unknown(what, theirs, "dataset");
        match arguments.force {
            true => Ok(()),
            false => ours.check_dataset("the dataset", theirs, what),
        }
    };
    belongs(origin.fingerprints.dataset.as_deref(), "the scores")?;
    let (mut skipped, mut features) = (None, None);
    if let Some(path) = &arguments.features {
        let (store, _) = open_features(path)?;
        belongs(store.fingerprints().dataset.as_deref(), "the features")?;
        skipped = input::skipped_records(path)?;
        features = Some(store);
    }
    let manifest = match &arguments.subset.from {
        Some(path) => {
            let manifest = read_manifest(path)?;
            belongs(manifest.fingerprints.dataset.as_deref(), "the manifest")?;
            Some(manifest)
        }
        None => None,
    };
    let budget = match (arguments.subset.ratio, arguments.subset.count) {
        (Some(ratio), _) => Some(BudgetRequest {
            budget: Budget::Ratio(ratio),
            text: ratio.to_string(),
        }),
        (None, Some(count)) => Some(BudgetRequest {
            budget: Budget::Count(count),
            text: count.to_string(),
        }),
        (None, None) => None,
    };
    let inputs = ExplainInputs {
        dataset,
        scores: &scores,
        skipped: skipped.as_deref(),
        features: features.as_ref().map(|store| store as &dyn FeatureRows),
        subset: match (&manifest, &budget) {
            (Some(manifest), _) => Some(AskedSubset::Manifest(manifest)),
            (None, Some(budget)) => Some(AskedSubset::Budget(budget)),
            (None, None) => None,
        },
        neighbours: arguments.neighbours,
    };
    let explanation = explain(&inputs, arguments.index)?;
    let name = arguments.dataset.data.display().to_string();
    let text = explanation.text(&name);
    Ok(Report::new(&explanation, text))
}
