//! How many records are chosen, and how.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use ofa_core::budget::{Budget, Ratio};
use ofa_data::Dataset;
use ofa_pipeline::subset::{
    BudgetRequest, Constraints, Method, SubsetManifest, SubsetRequest, TextOnly,
};

use super::constraint_list;
use crate::failure::Usage;

/// How many records are chosen, and how.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ChoiceArguments {
    #[command(flatten)]
    budget: BudgetArguments,

    /// How records are chosen within a cluster
    #[arg(long, value_enum, default_value_t, conflicts_with = "from")]
    method: MethodChoice,

    /// Choose from the pool as a whole, without a quota for each cluster: `confidence`, `random`
    /// and `clip-score` can
    #[arg(long, conflicts_with = "from")]
    no_quotas: bool,

    /// Take records whose image and text do not belong together only where nothing else is left:
    /// their alignment margin is negative, and the selector did not grow more confident of them
    #[arg(long, conflicts_with = "from")]
    alignment_filter: bool,

    /// What becomes of records that have text and no image
    #[arg(long, value_enum, default_value_t, conflicts_with = "from")]
    text_only: TextOnlyChoice,

    /// Records that are chosen in any case: positions or ids, one a line, or a JSON array (numbers
    /// are positions, strings are ids), or a subset's manifest
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pin: Option<PathBuf>,

    /// Records that are never chosen; a list as for --pin
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    exclude: Option<PathBuf>,

    /// Seed of whatever is drawn; `confidence` and `clip-score` draw nothing
    #[arg(long, default_value_t = 42, conflicts_with = "from")]
    seed: u64,
}

#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
struct BudgetArguments {
    /// Share of the scored records, such as 0.15; several, as 0.05,0.15, give a subset each
    #[arg(long, value_delimiter = ',')]
    ratio: Vec<Ratio>,

    /// Number of records; several give a subset each
    #[arg(long, value_name = "N", value_delimiter = ',')]
    count: Vec<u64>,

    /// Repeat the selection that a subset's manifest describes
    #[arg(long, value_name = "MANIFEST")]
    from: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum MethodChoice {
    /// The least confident records
    #[default]
    Confidence,
    /// A diverse sample of the least confident records (needs --features)
    Kdpp,
    /// The most diverse of the least confident records, greedily (needs --features)
    KdppMap,
    /// Baseline: at random
    Random,
    /// Baseline: the records whose image and text are most alike (needs --features)
    ClipScore,
    /// Baseline: the records that are farthest from one another (needs --features)
    KCenter,
}

impl From<MethodChoice> for Method {
    fn from(choice: MethodChoice) -> Self {
        match choice {
            MethodChoice::Confidence => Self::Confidence,
            MethodChoice::Kdpp => Self::Kdpp,
            MethodChoice::KdppMap => Self::KdppMap,
            MethodChoice::Random => Self::Random,
            MethodChoice::ClipScore => Self::ClipScore,
            MethodChoice::KCenter => Self::KCenter,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum TextOnlyChoice {
    /// They are left out
    #[default]
    Exclude,
    /// They are all kept, beside the budget
    Keep,
}

/// A choice whose arguments were read: what is asked for, and the manifest that it repeats.
pub(super) struct Request {
    pub(super) request: SubsetRequest,
    pub(super) budgets: Vec<BudgetRequest>,
    pub(super) repeats: Option<SubsetManifest>,
}

impl ChoiceArguments {
    /// Refuses what can be refused before anything is scored, of a dataset of `records`.
    pub(crate) fn check(&self, records: u64) -> Result<()> {
        if let Some(count) = self.budget.count.iter().find(|&&count| count > records) {
            bail!("--count {count} is above the {records} records of the dataset; ask for fewer");
        }
        let texts = self.budget_texts();
        for (nth, text) in texts.iter().enumerate() {
            if texts[..nth].contains(text) {
                return Err(Usage(format!("the budget {text} is given twice")).into());
            }
        }
        let method = Method::from(self.method);
        if self.no_quotas && !method.works_without_quotas() {
            let error = ofa_core::Error::NeedsQuotas { method };
            return Err(Usage(format!("--no-quotas: {error}")).into());
        }
        Ok(())
    }

    /// What tells the subsets apart where there are several.
    pub(super) fn budget_texts(&self) -> Vec<String> {
        let ratios = self.budget.ratio.iter().map(Ratio::to_string);
        ratios
            .chain(self.budget.count.iter().map(u64::to_string))
            .collect()
    }

    /// Whether embeddings are needed.
    pub(crate) fn needs_features(&self) -> Option<Method> {
        Some(Method::from(self.method)).filter(|method| method.needs_features())
    }

    /// Files that are read here.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        let files = [&self.pin, &self.exclude, &self.budget.from];
        files.into_iter().flatten().map(PathBuf::as_path)
    }

    /// Reads the lists and the manifest, and says what is asked for.
    pub(super) fn request(&self, dataset: &Dataset, clusters: usize) -> Result<Request> {
        if let Some(path) = &self.budget.from {
            return repeated(path, clusters);
        }
        let read = |path: &Option<PathBuf>| match path {
            Some(path) => constraint_list::read(path, dataset),
            None => Ok(Default::default()),
        };
        let ratios = self.budget.ratio.iter().map(|&ratio| BudgetRequest {
            budget: Budget::Ratio(ratio),
            text: ratio.to_string(),
        });
        let counts = self.budget.count.iter().map(|&count| BudgetRequest {
            budget: Budget::Count(count),
            text: count.to_string(),
        });
        Ok(Request {
            request: SubsetRequest {
                method: self.method.into(),
                quotas: !self.no_quotas,
                alignment_filter: self.alignment_filter,
                constraints: Constraints {
                    pinned: read(&self.pin)?,
                    excluded: read(&self.exclude)?,
                },
                text_only: match self.text_only {
                    TextOnlyChoice::Exclude => TextOnly::Exclude,
                    TextOnlyChoice::Keep => TextOnly::Keep,
                },
                seed: self.seed,
                clusters,
            },
            budgets: ratios.chain(counts).collect(),
            repeats: None,
        })
    }
}

/// The request of the manifest at `path`.
fn repeated(path: &Path, clusters: usize) -> Result<Request> {
    let manifest = read_manifest(path)?;
    let request = SubsetRequest {
        method: manifest.method,
        quotas: manifest.cluster_quotas,
        alignment_filter: manifest.alignment_filter,
        constraints: Constraints {
            pinned: manifest.pinned.0.iter().copied().collect(),
            excluded: manifest.excluded.0.iter().copied().collect(),
        },
        text_only: manifest.text_only,
        seed: manifest.seed,
        clusters,
    };
    // The count and not the ratio: `1` may be either.
    let budget = BudgetRequest {
        budget: Budget::Count(manifest.budget.count),
        text: manifest.budget.requested.clone(),
    };
    Ok(Request {
        request,
        budgets: vec![budget],
        repeats: Some(manifest),
    })
}

/// Reads the manifest of a subset.
pub(crate) fn read_manifest(path: &Path) -> Result<SubsetManifest> {
    let expected = "expected the manifest that `ofa select` wrote beside a subset";
    let bytes = std::fs::read(path)
        .with_context(|| format!("{}: cannot be read; {expected}", path.display()))?;
    let manifest: SubsetManifest = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}: {expected}", path.display()))?;
    if manifest.format != "ofa-subset" || manifest.version != "1" {
        bail!(
            "{}: {expected}: format ofa-subset, version 1; found format {:?}, version {:?}",
            path.display(),
            manifest.format,
            manifest.version
        );
    }
    Ok(manifest)
}
