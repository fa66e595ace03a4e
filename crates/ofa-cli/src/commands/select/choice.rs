//! How many records are chosen, and how.

use anyhow::{Result, bail};
use clap::ValueEnum;
use ofa_core::budget::{Budget, Ratio};
use ofa_pipeline::subset::{Method, SubsetRequest, TextOnly};

use crate::failure::Usage;

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

    pub(super) fn request(&self, clusters: usize) -> SubsetRequest {
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
