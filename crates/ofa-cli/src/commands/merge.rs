//! `ofa merge`: parts of a feature store to a whole one.

use std::path::PathBuf;

use anyhow::{Result, bail};
use ofa_pipeline::blobs::BlobStore;
use ofa_pipeline::native::Folder;
use ofa_pipeline::store::merge;

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
    let output = Folder::new(&arguments.output);
    let present = output.list("")?;
    if !present.is_empty() {
        if !arguments.force {
            bail!(
                "{}: is not empty; choose another folder, or --force to replace the store in it",
                arguments.output.display()
            );
        }
        for name in present.iter().filter(|name| belongs_to_a_store(name)) {
            output.remove(name)?;
        }
    }
    let parts: Vec<Folder> = arguments.parts.iter().map(Folder::new).collect();
    let parts: Vec<&dyn BlobStore> = parts.iter().map(|part| part as &dyn BlobStore).collect();
    let manifest = merge(&parts, &output)?;
    let text = format!(
        "{} records, {} of them encoded, in {} shards: {}\n",
        grouped(manifest.dataset_records),
        grouped(manifest.rows),
        manifest.shards,
        arguments.output.display()
    );
    Ok(Report::new(&manifest, text))
}

fn belongs_to_a_store(name: &str) -> bool {
    name == ofa_pipeline::store::MANIFEST
        || name == ofa_pipeline::store::SKIPPED
        || (name.starts_with("features-") && name.ends_with(".safetensors"))
}
