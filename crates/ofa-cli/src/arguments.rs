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
    ///
    /// Nothing is encoded or written. Every record is read, its images are looked up, and a sample of
    /// 200 images is decoded. The report also has what repeats and which placeholders do not match the
    /// images, and ends with the command to give next.
    Check(check::CheckArguments),
    /// Turn every record of a dataset into features; run again to go on
    ///
    /// The features are a folder. Its skipped.jsonl lists each record that has none, with the reason;
    /// its notes.jsonl lists images that were found under another name or left out. A run that was
    /// stopped goes on after the last whole shard when the same command is given again.
    Encode(encode::EncodeArguments),
    /// Join the parts that `encode --shard I/N` made on several machines
    Merge(merge::MergeArguments),
    /// Train a selector on features
    ///
    /// This is done once: the selector then scores any dataset that was encoded with the same encoder.
    /// The defaults are the paper's, for hundreds of thousands of records. For some ten thousand, begin
    /// with --clusters 64 --core-ratio 0.2 --batch 256.
    Train(train::TrainArguments),
    /// Score features with a selector
    ///
    /// Nothing is trained. The columns are index, cluster, confidence, entropy, gate and, where they
    /// are known, early_confidence and alignment_margin.
    Score(score::ScoreArguments),
    /// Choose a subset by its scores, each record as it stands in the dataset
    ///
    /// Beside the subset NAME.manifest.json accounts for every record. Equal scores, features, options
    /// and seed give the same subset.
    Select(select::SelectArguments),
    /// Show what subsets, or lists of positions from elsewhere, have in common
    Compare(compare::CompareArguments),
    /// Say why a record is in a subset or not
    Explain(explain::ExplainArguments),
    /// Encode, score and select in one go
    ///
    /// Features and scores are kept in a work folder: a run that was stopped goes on, and another
    /// budget with the same folder needs no encoding.
    Run(run::RunArguments),
    /// Take over a selector or features that another program wrote
    Import(import::ImportArguments),
    /// Tell what a file is, and what can be done with it
    Inspect(inspect::InspectArguments),
    /// Download an encoder, or convert one
    ///
    /// Takes a CLIP in Hugging Face layout from the Hugging Face hub or from a folder. Weights that are
    /// there as pytorch_model.bin only are converted to model.safetensors. Run again after a break, it
    /// goes on where it stopped; files that are there already are kept.
    ///
    /// Proxy, token and mirror are set as for every tool of the hub: HTTPS_PROXY, HF_TOKEN (or `hf auth
    /// login`), HF_ENDPOINT; SSL_CERT_FILE adds certificates.
    ///
    /// With --web it also writes the smaller files that a page on the web fetches, as `ofa
    /// export-encoder ENC -o DIR` does.
    Pull(pull::PullArgs),
    /// Write an encoder for the web: smaller numbers, small files, an index with hashes
    ///
    /// The output is a folder in Hugging Face layout, with weights in files of at most 64 MB and an
    /// index, ofa-encoder.json, that has every file's length and SHA-256. What it computes for a few
    /// inputs is in self_check.safetensors, for browsers to compare their GPU with. Put it on any web
    /// server.
    ///
    /// It can be used here too: features made with it have the fingerprint of the source, and a feature
    /// store that one of the two began is not continued with the other unless their numbers are the
    /// same.
    ExportEncoder(export_encoder::ExportEncoderArguments),
    /// Everything on generated data, with nothing to download
    Demo(demo::DemoArguments),
    /// Serve the page: drop a dataset, see why each record is in the subset, take the subset away
    ///
    /// All work is done in the browser that the page is opened in, and nothing is uploaded. Ctrl-C ends
    /// the server.
    Serve(serve::ServeArguments),
}
