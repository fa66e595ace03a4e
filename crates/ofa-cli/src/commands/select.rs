//! `ofa select`: the records of a budget, as they stand in the dataset.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use ofa_core::budget::{Budget, Ratio};
use ofa_core::score::Scores;
use ofa_data::{Dataset, Format, write_subset};
use ofa_pipeline::native::open_features;
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin};
use ofa_pipeline::store::{Fingerprints, SkippedLine};
use ofa_pipeline::subset::{
    Method, OutputManifest, SubsetInputs, SubsetManifest, SubsetRequest, TextOnly, choose,
};
use serde::Serialize;

use crate::failure::Usage;
use crate::output::Hashing;
use crate::report::{Report, grouped, lossy};
use crate::{input, output};

/// Arguments of `ofa select`.
#[derive(Debug, clap::Args)]
pub(crate) struct SelectArguments {
    /// The dataset that was encoded and scored
    #[arg(value_name = "DATA")]
    data: PathBuf,

    /// The dataset's format, where it should not be told from its content
    #[arg(long, value_name = "json|jsonl")]
    format: Option<Format>,

    /// Its scores, as `ofa score` wrote them
    #[arg(long, value_name = "SCORES")]
    scores: PathBuf,

    /// Its feature store, whose list of skipped records completes the account
    #[arg(long, value_name = "FEATURES")]
    features: Option<PathBuf>,

    #[command(flatten)]
    choice: ChoiceArguments,

    /// The subset
    #[arg(short, long, value_name = "SUBSET")]
    output: PathBuf,

    /// Replace an output that exists, and use scores of another dataset
    #[arg(long)]
    force: bool,
}

/// How many records are chosen, and how.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ChoiceArguments {
    #[command(flatten)]
    budget: BudgetArguments,

    /// How records are chosen within a cluster
    #[arg(long, value_enum, default_value_t)]
    method: MethodChoice,

    /// What becomes of records that have text and no image
    #[arg(long, value_enum, default_value_t)]
    text_only: TextOnlyChoice,

    /// Seed of whatever is drawn; `confidence` draws nothing
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
struct BudgetArguments {
    /// Share of the scored records, such as 0.15
    #[arg(long)]
    ratio: Option<Ratio>,

    /// Number of records
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum MethodChoice {
    /// The least confident records of each cluster
    #[default]
    Confidence,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum TextOnlyChoice {
    /// They are left out
    #[default]
    Exclude,
    /// They are all kept, beside the budget
    Keep,
}

impl ChoiceArguments {
    /// Refuses what can be refused before anything is scored, of a dataset of `records`.
    pub(crate) fn check(&self, records: u64) -> Result<()> {
        match self.budget.count {
            Some(0) => Err(Usage("--count must be at least 1, found 0".to_owned()).into()),
            Some(count) if count > records => bail!(
                "--count {count} is above the {records} records of the dataset; ask for fewer"
            ),
            _ => Ok(()),
        }
    }

    fn request(&self, clusters: usize) -> SubsetRequest {
        let (budget, budget_text) = match (self.budget.ratio, self.budget.count) {
            (Some(ratio), _) => (Budget::Ratio(ratio), ratio.to_string()),
            (None, Some(count)) => (Budget::Count(count), count.to_string()),
            (None, None) => unreachable!("the group of the budget is required"),
        };
        SubsetRequest {
            budget,
            budget_text,
            method: match self.method {
                MethodChoice::Confidence => Method::Confidence,
            },
            text_only: match self.text_only {
                TextOnlyChoice::Exclude => TextOnly::Exclude,
                TextOnlyChoice::Keep => TextOnly::Keep,
            },
            seed: self.seed,
            clusters,
        }
    }
}

/// What selecting came to.
#[derive(Debug, Serialize)]
pub(crate) struct SelectOutcome {
    #[serde(serialize_with = "lossy")]
    subset: PathBuf,
    #[serde(serialize_with = "lossy")]
    manifest: PathBuf,
    #[serde(flatten)]
    account: SubsetManifest,
}

impl SelectOutcome {
    /// The report of the command.
    pub(crate) fn report(&self) -> Report {
        Report::new(self, self.text())
    }

    /// The account for people.
    pub(crate) fn text(&self) -> String {
        let account = &self.account;
        let mut text = format!(
            "{} records = {} scored",
            grouped(account.records),
            grouped(account.scored)
        );
        for (reason, count) in &account.skipped {
            write!(text, " + {} {reason}", grouped(*count)).expect("a string takes everything");
        }
        if account.not_scored > 0 {
            write!(text, " + {} not_scored", grouped(account.not_scored))
                .expect("a string takes everything");
        }
        write!(
            text,
            "\n{} chosen ({} of the scored ones) from {} clusters",
            grouped(account.chosen),
            account.budget.requested,
            account.quotas.len()
        )
        .expect("a string takes everything");
        if account.text_only_kept > 0 {
            write!(
                text,
                ", and {} text-only ones kept",
                grouped(account.text_only_kept)
            )
            .expect("a string takes everything");
        }
        writeln!(
            text,
            "\nsubset: {}\nmanifest: {}",
            self.subset.display(),
            self.manifest.display()
        )
        .expect("a string takes everything");
        text
    }
}

/// Selects as the arguments say.
pub(crate) fn run(arguments: &SelectArguments) -> Result<SelectOutcome> {
    refuse_existing(&arguments.output, arguments.force)?;
    refuse_inputs(arguments)?;
    let dataset = input::open_dataset(&arguments.data, arguments.format)?;
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
        dataset: &dataset,
        scores: &scores,
        origin: &origin,
        skipped: skipped.as_deref(),
        clusters: 0,
    };
    select(&choice, &arguments.choice, &arguments.output)
}

/// Refuses to write over what is read here, a manifest beside the scores included.
fn refuse_inputs(arguments: &SelectArguments) -> Result<()> {
    let scores = arguments.scores.as_path();
    let inputs = [arguments.data.as_path(), scores];
    output::refuse_inputs(&arguments.output, &inputs)?;
    let manifest = output::manifest_path(&arguments.output);
    let of_scores = output::manifest_path(scores);
    let format = ScoresFormat::of_name(&scores.display().to_string())?;
    if format.has_manifest_beside() {
        output::refuse_inputs(&manifest, &[&arguments.data, &of_scores])?;
    }
    output::refuse_inputs(&manifest, &[&arguments.data, scores])
}

/// Refuses a subset or manifest that exists.
pub(crate) fn refuse_existing(target: &Path, force: bool) -> Result<()> {
    output::refuse_existing(&[target, &output::manifest_path(target)], force)
}

/// What a subset is chosen from.
pub(crate) struct Choice<'a> {
    pub(crate) dataset: &'a Dataset,
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
    target: &Path,
) -> Result<SelectOutcome> {
    let inputs = SubsetInputs {
        dataset: choice.dataset,
        scores: choice.scores,
        origin: choice.origin,
        skipped: choice.skipped,
    };
    let mut subset = choose(&inputs, &arguments.request(choice.clusters))?;
    let writing = || output::cannot_write(target);
    let mut out = Hashing::new(output::begin(target)?);
    write_subset(choice.dataset, &subset.positions, &mut out).with_context(writing)?;
    out.flush().with_context(writing)?;
    let (file, bytes, sha256) = out.finish();
    subset.manifest.output = Some(OutputManifest {
        format: choice.dataset.format().to_string(),
        bytes,
        sha256,
    });
    let manifest = output::manifest_path(target);
    output::finish_with(file, target, &manifest, &subset.manifest.to_json())?;
    Ok(SelectOutcome {
        subset: target.to_owned(),
        manifest,
        account: subset.manifest,
    })
}
