//! `ofa select`: the records of a budget, as they stand in the dataset.

mod choice;
mod constraint_list;
mod outcome;
mod report;
mod write;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;
use ofa_data::{Dataset, DatasetImages};
use ofa_pipeline::native::open_features;
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin};
use ofa_pipeline::store::{Fingerprints, SkippedLine};
use ofa_pipeline::subset::{BudgetRequest, Chooser, Subset, SubsetInputs, SubsetManifest};

use crate::failure::{Stopped, Usage};
use crate::input::DatasetArguments;
use crate::{input, interrupt, output, progress};
pub(crate) use choice::{ChoiceArguments, read_manifest};
pub(crate) use constraint_list::parse_positions;
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

    /// Its feature store: its list of skipped records completes the account, and some methods
    /// choose by its embeddings
    #[arg(long, value_name = "FEATURES")]
    features: Option<PathBuf>,

    #[command(flatten)]
    choice: ChoiceArguments,

    #[command(flatten)]
    subset: SubsetArguments,

    /// Replace an output that exists, use scores or features of another dataset, and select although a
    /// manifest cannot be repeated
    #[arg(long)]
    force: bool,
}

/// Selects as the arguments say.
pub(crate) fn run(arguments: &SelectArguments) -> Result<SelectOutcome> {
    arguments.choice.check(u64::MAX)?;
    if let Some(method) = arguments.choice.needs_features()
        && arguments.features.is_none()
    {
        let problem = format!("--method {method} chooses by embeddings; give --features");
        return Err(Usage(problem).into());
    }
    let targets = arguments.subset.targets(&arguments.choice);
    for target in &targets {
        target.refuse_existing(arguments.force)?;
    }
    let images = arguments.dataset.open_with_remarks()?;
    let dataset = images.dataset();
    for target in &targets {
        refuse_inputs(arguments, dataset, target)?;
    }
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
    let (mut skipped, mut embeddings) = (None, None);
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
        embeddings = Some(store);
    }
    let choice = Choice {
        images: &images,
        scores: &scores,
        origin: &origin,
        skipped: skipped.as_deref(),
        features: embeddings.as_ref().map(|store| store as &dyn FeatureRows),
        clusters: 0,
        force: arguments.force,
    };
    select(&choice, &arguments.choice, &arguments.subset)
}

/// Refuses to write over what is read here, a manifest beside the scores included.
fn refuse_inputs(
    arguments: &SelectArguments,
    dataset: &Dataset,
    target: &SubsetArguments,
) -> Result<()> {
    let scores = arguments.scores.as_path();
    let of_scores = output::manifest_path(scores);
    let mut others = vec![scores];
    others.extend(arguments.dataset.images.iter().map(PathBuf::as_path));
    others.extend(arguments.features.as_deref());
    others.extend(arguments.choice.inputs());
    if ScoresFormat::of_name(&scores.display().to_string())?.has_manifest_beside() {
        others.push(&of_scores);
    }
    target.refuse_inputs(&arguments.dataset.input_paths(dataset), &others)
}

/// What a subset is chosen from.
pub(crate) struct Choice<'a> {
    pub(crate) images: &'a Arc<DatasetImages>,
    pub(crate) scores: &'a Scores,
    pub(crate) origin: &'a ScoresOrigin,
    pub(crate) skipped: Option<&'a [SkippedLine]>,
    /// The features that were scored, for the methods that look at embeddings.
    pub(crate) features: Option<&'a dyn FeatureRows>,
    /// Clusters of the selector, 0 where they are not known.
    pub(crate) clusters: usize,
    /// Whether a selection that does not repeat its manifest is written all the same.
    pub(crate) force: bool,
}

/// Chooses a subset for each budget and writes it with its manifest.
pub(crate) fn select(
    choice: &Choice<'_>,
    arguments: &ChoiceArguments,
    target: &SubsetArguments,
) -> Result<SelectOutcome> {
    let dataset = choice.images.dataset();
    let inputs = SubsetInputs {
        dataset,
        scores: choice.scores,
        origin: choice.origin,
        skipped: choice.skipped,
        features: choice.features,
    };
    let asked = arguments.request(dataset, choice.clusters)?;
    let chooser = Chooser::new(&inputs, asked.request)?;
    let folders = target.report.read_folders(choice)?;
    let mut subsets = Vec::with_capacity(asked.budgets.len());
    for (budget, target) in asked.budgets.iter().zip(target.targets(arguments)) {
        let subset = choose(&chooser, &inputs, budget)?;
        if let Some(manifest) = &asked.repeats
            && !choice.force
        {
            refuse_other(&subset, manifest)?;
        }
        let page = (target.report).prepare(choice, &subset, folders.as_ref())?;
        let written = target.write(choice.images, subset)?;
        subsets.push(report::appear(page, written)?);
    }
    Ok(SelectOutcome { subsets })
}

/// Chooses with a bar on a terminal.
fn choose(chooser: &Chooser, inputs: &SubsetInputs<'_>, budget: &BudgetRequest) -> Result<Subset> {
    let bar = progress::bar(0, "records chosen");
    let subset = chooser.choose(inputs, budget, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
        match interrupt::requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    bar.finish_and_clear();
    match subset {
        Err(ofa_pipeline::Error::Core(ofa_core::Error::Cancelled)) => {
            Err(Stopped("no subset was written; the same command starts anew".to_owned()).into())
        }
        subset => Ok(subset?),
    }
}

/// Refuses a selection that should repeat a manifest's and does not.
fn refuse_other(subset: &Subset, manifest: &SubsetManifest) -> Result<()> {
    let now = &subset.manifest;
    let differs = |what: &str, then: &Option<String>, now: &Option<String>| match (then, now) {
        (Some(then), Some(now)) if then != now => {
            bail!(
                "the manifest's selection cannot be repeated: its {what} is {then}, the {what} \
                 given here is {now}; give the same files, or --force to select all the same"
            )
        }
        _ => Ok(()),
    };
    let (then, here) = (&manifest.fingerprints, &now.fingerprints);
    differs("dataset", &then.dataset, &here.dataset)?;
    differs("encoder", &then.encoder, &here.encoder)?;
    differs("selector", &manifest.selector, &now.selector)?;
    if manifest.positions.is_some() && manifest.positions != now.positions {
        bail!(
            "the manifest's selection cannot be repeated: other records are chosen from these \
             scores by ofa {} (the manifest is of ofa {}); give the scores that it was made from, \
             or --force to select all the same",
            now.ofa_version,
            manifest.ofa_version
        );
    }
    Ok(())
}
