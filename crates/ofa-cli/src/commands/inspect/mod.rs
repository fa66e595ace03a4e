//! `ofa inspect`: what a file or folder is, and what can be done with it.

mod chart;
mod dataset;
mod encoder;
mod features;
mod foreign;
mod inspection;
mod kind;
mod manifest;
mod scores;
mod selector;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::report::Report;
use inspection::Inspection;
use kind::Kind;

/// Arguments of `ofa inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArguments {
    /// A selector, features, scores, a subset or its manifest, an encoder, a dataset, or what `ofa
    /// import` takes; told from the content
    #[arg(value_name = "FILE|FOLDER")]
    path: PathBuf,
}

/// Looks at what the arguments name.
pub(crate) fn run(arguments: &InspectArguments) -> Result<Report> {
    let inspection = inspect(&arguments.path)?;
    Ok(inspection.report(&arguments.path))
}

fn inspect(path: &Path) -> Result<Inspection> {
    if !path.exists() {
        bail!(
            "{}: there is no such file or folder; expected one to look at",
            path.display()
        );
    }
    match kind::of(path)? {
        Kind::Selector => selector::inspect(path),
        Kind::History => selector::inspect_history(path),
        Kind::Features => features::inspect(path),
        Kind::Scores => scores::inspect(path),
        Kind::SubsetManifest => manifest::inspect_subset(path, path),
        Kind::Subset(manifest) => manifest::inspect_subset(path, &manifest),
        Kind::ScoresManifest => manifest::inspect_scores(path),
        Kind::Encoder => encoder::inspect(path),
        Kind::Foreign => foreign::inspect(path),
        Kind::Dataset => dataset::inspect(path),
    }
}
