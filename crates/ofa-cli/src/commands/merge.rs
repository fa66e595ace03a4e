//! `ofa merge`: parts of a feature store to a whole one.

use std::path::PathBuf;

use anyhow::{Context, Result};
use ofa_pipeline::blobs::BlobStore;
use ofa_pipeline::native::Folder;
use ofa_pipeline::store::merge;

use crate::output;
use crate::report::{Report, grouped};

/// Arguments of `ofa merge`.
#[derive(Debug, clap::Args)]
pub(crate) struct MergeArguments {
    /// Feature stores that `ofa encode --shard I/N` made, in any order
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,

    /// Folder for the joined feature store
    #[arg(short, long, value_name = "FEATURES")]
    output: PathBuf,

    /// Replace a feature store that is there
    #[arg(long)]
    force: bool,
}

/// Joins the parts.
pub(crate) fn run(arguments: &MergeArguments) -> Result<Report> {
    for part in &arguments.parts {
        output::refuse_inputs(&arguments.output, &[part])?;
    }
    let output = Folder::new(&arguments.output);
    let _lock = output
        .lock()
        .with_context(|| format!("{}: cannot be written to", arguments.output.display()))?;
    let parts: Vec<Folder> = arguments.parts.iter().map(Folder::new).collect();
    let parts: Vec<&dyn BlobStore> = parts.iter().map(|part| part as &dyn BlobStore).collect();
    let manifest = merge(&parts, &output, arguments.force)?;
    let text = format!(
        "{} records, {} of them encoded, in {} shards: {}\n",
        grouped(manifest.dataset_records),
        grouped(manifest.rows),
        manifest.shards,
        arguments.output.display()
    );
    Ok(Report::new(&manifest, text))
}
