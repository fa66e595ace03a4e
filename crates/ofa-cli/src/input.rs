//! Files that a command reads.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use ofa_core::score::Scores;
use ofa_core::selector::Selector;
use ofa_data::native::{open_dataset, open_image_root, open_image_root_of};
use ofa_data::{Dataset, DatasetImages, FileTree, Format};
use ofa_pipeline::native::Folder;
use ofa_pipeline::scores::{ScoresFormat, ScoresOrigin, read_scores};
use ofa_pipeline::store::{SkippedLine, read_skipped};

use crate::output;

/// The dataset and its images.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DatasetArguments {
    /// The dataset: a file of records (JSON, JSON Lines, Parquet, a WebDataset shard), a folder or
    /// a zip of them or of images with captions, or a pattern such as 'shards/*.jsonl'
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,

    /// Folder, zip or tar (or a folder in one: data.zip/images) that the records' image paths start
    /// from; may be given several times. Without it, the dataset's own folder
    #[arg(long, value_name = "DIR")]
    pub(crate) images: Vec<PathBuf>,

    /// The dataset's format, where it should not be told from its content
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

impl DatasetArguments {
    /// As [`open_with_images`](Self::open_with_images), and says what was seen on opening.
    pub(crate) fn open_with_remarks(&self) -> Result<Arc<DatasetImages>> {
        let images = self.open_with_images()?;
        for remark in images.dataset().remarks() {
            eprintln!("note: {remark}");
        }
        Ok(images)
    }

    /// Finds every record of the dataset, and where its images are.
    pub(crate) fn open_with_images(&self) -> Result<Arc<DatasetImages>> {
        let dataset = Arc::new(open_dataset(&self.data, self.format)?);
        let roots = self.image_roots(&dataset)?;
        Ok(Arc::new(DatasetImages::new(dataset, roots)))
    }

    /// Where images are looked up: the folders that were given; else the folder of the dataset's
    /// file. A dataset that is a folder, an archive or several files has its own.
    fn image_roots(&self, dataset: &Dataset) -> Result<Vec<Arc<dyn FileTree>>> {
        if !self.images.is_empty() {
            let open = |path| Ok(open_image_root_of(path, dataset, &self.data)?);
            return self.images.iter().map(|path| open(path)).collect();
        }
        if dataset.tree().is_some() || !self.data.is_file() {
            return Ok(vec![]);
        }
        let folder = match self.data.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Ok(vec![open_image_root(folder)?])
    }

    /// The paths of the dataset: of its file or folder, or of each file that a pattern matches.
    pub(crate) fn input_paths(&self, dataset: &Dataset) -> Vec<PathBuf> {
        if self.data.exists() {
            return vec![self.data.clone()];
        }
        (0..dataset.file_count())
            .map(|nth| PathBuf::from(dataset.file(nth).0))
            .collect()
    }
}

/// Says so where something carries no fingerprint, and so cannot be compared.
pub(crate) fn say_if_unknown(what: &str, fingerprint: Option<&str>, of: &str) {
    if fingerprint.is_none() {
        eprintln!("note: no {of} fingerprint in {what}: taken to be of the right {of}");
    }
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
