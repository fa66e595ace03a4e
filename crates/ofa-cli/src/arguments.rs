//! The command line, parsed once.

use clap::{Parser, Subcommand};

use crate::commands::{
    check, compare, demo, encode, explain, export_encoder, import, inspect, merge, run, score,
    select, serve, train,
};
use crate::pull;

/// Choose which multimodal instruction data is worth training on.
///
/// A selector is trained once (`encode`, `train`); after that it scores and selects from any
/// dataset with nothing trained again (`run`, or `encode`, `score`, `select` one by one). Inputs
/// are never changed, every record is accounted for, and a run that was stopped goes on when it
/// is started again.
#[derive(Parser)]
#[command(name = "ofa", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print one JSON object on stdout when done
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Look at a dataset before it is encoded: what would be skipped, and why
    Check(check::CheckArguments),
    /// Turn every record of a dataset into features; run again to go on
    Encode(encode::EncodeArguments),
    /// Join the parts that `encode --shard I/N` made on several machines
    Merge(merge::MergeArguments),
    /// Train a selector on features
    Train(train::TrainArguments),
    /// Score features with a selector
    Score(score::ScoreArguments),
    /// Choose a subset by its scores, each record as it stands in the dataset
    Select(select::SelectArguments),
    /// Show what subsets, or lists of positions from elsewhere, have in common
    Compare(compare::CompareArguments),
    /// Say why a record is in a subset or not
    Explain(explain::ExplainArguments),
    /// Encode, score and select in one go
    Run(run::RunArguments),
    /// Take over a selector or features that another program wrote
    Import(import::ImportArguments),
    /// Tell what a file is, and what can be done with it
    Inspect(inspect::InspectArguments),
    /// Download an encoder, or convert one
    Pull(pull::PullArgs),
    /// Write an encoder for the web: smaller numbers, small files, an index with hashes
    ExportEncoder(export_encoder::ExportEncoderArguments),
    /// Everything on generated data, with nothing to download
    Demo(demo::DemoArguments),
    /// Serve the page: drop a dataset, see why each record is in the subset, take the subset away
    Serve(serve::ServeArguments),
}
