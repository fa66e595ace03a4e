//! Files that a command reads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use ofa_core::score::Scores;
use ofa_core::selector::Selector;
use ofa_data::{Dataset, FileSource, Format, ImageRoots};
use ofa_pipeline::native::Folder;
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin, read_scores};
use ofa_pipeline::store::{SkippedLine, read_skipped};

use crate::output;

/// The dataset and its images.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DatasetArguments {
    /// The dataset: a JSON array or JSON Lines of records
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,

    /// Folder that the records' image paths start from; may be given several times. Without it,
    /// the dataset's own folder
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Vec<PathBuf>,

    /// The dataset's format, where it should not be told from its content
    #[arg(long, value_name = "json|jsonl")]
    pub(crate) format: Option<Format>,
}

impl DatasetArguments {
    /// Finds every record of the dataset.
    pub(crate) fn open(&self) -> Result<Dataset> {
        open_dataset(&self.data, self.format)
    }

    /// The folders in which images are looked up.
    pub(crate) fn image_roots(&self) -> Result<ImageRoots> {
        if !self.images.is_empty() {
            return Ok(ImageRoots::new(&self.images)?);
        }
        let beside = match self.data.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Ok(ImageRoots::new([beside])?)
    }
}

/// Says so where something carries no fingerprint, and so cannot be compared.
pub(crate) fn say_if_unknown(what: &str, fingerprint: Option<&str>, of: &str) {
    if fingerprint.is_none() {
        eprintln!("note: no {of} fingerprint in {what}: taken to be of the right {of}");
    }
}

/// Opens a dataset.
pub(crate) fn open_dataset(path: &Path, format: Option<Format>) -> Result<Dataset> {
    let source = FileSource::open(path)?;
    Ok(Dataset::open(Arc::new(source), format)?)
}

/// A selector and the SHA-256 of its file.
pub(crate) fn read_selector(path: &Path) -> Result<(Selector, String)> {
    let bytes = std::fs::read(path).with_context(|| {
        format!(
            "{}: cannot be read; expected a selector that `ofa train` wrote",
            path.display()
        )
    })?;
    let selector =
        Selector::from_safetensors(&bytes).with_context(|| path.display().to_string())?;
    Ok((selector, output::sha256(&bytes)))
}

/// Scores and where they come from.
pub(crate) fn read_scores_file(path: &Path) -> Result<(Scores, ScoresOrigin)> {
    let name = path.display().to_string();
    let format = ScoresFormat::of_name(&name)?;
    let bytes = std::fs::read(path).with_context(|| {
        format!("{name}: cannot be read; expected scores that `ofa score` wrote")
    })?;
    let manifest = output::manifest_path(path);
    let manifest = if format.has_manifest_beside() && manifest.exists() {
        let bytes = std::fs::read(&manifest)
            .with_context(|| format!("{}: cannot be read", manifest.display()))?;
        Some(bytes)
    } else {
        None
    };
    Ok(read_scores(bytes, manifest.as_deref(), format, &name)?)
}

/// The skipped records of a feature store; `None` for a single features file.
pub(crate) fn skipped_records(features: &Path) -> Result<Option<Vec<SkippedLine>>> {
    if features.is_dir() {
        Ok(read_skipped(&Folder::new(features))?)
    } else {
        Ok(None)
    }
}
