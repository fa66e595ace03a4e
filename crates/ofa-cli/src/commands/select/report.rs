//! `--report`: a page about the subset.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ofa_pipeline::native::SyncedFile;
use ofa_pipeline::report::{ReportInputs, report_page};
use ofa_pipeline::sources::SourceFolders;
use ofa_pipeline::subset::Subset;

use super::Choice;
use super::outcome::SubsetOutcome;
use crate::failure::Usage;
use crate::{output, progress};

/// A page about the subset.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReportArguments {
    /// Write a page about the subset, one HTML file that needs nothing else: counts, how
    /// confidence, clusters and source folders are spread before and after, examples with their
    /// images
    #[arg(long, value_name = "HTML")]
    report: Option<PathBuf>,
}

/// A page that is on the disk and has no name yet.
pub(super) struct PreparedPage {
    file: SyncedFile,
    path: PathBuf,
}

impl ReportArguments {
    /// Where the page goes.
    pub(super) fn path(&self) -> Option<&PathBuf> {
        self.report.as_ref()
    }

    /// The same with another name.
    pub(super) fn map(&self, name: impl FnOnce(&Path) -> PathBuf) -> Self {
        Self {
            report: self.report.as_deref().map(name),
        }
    }

    /// Refuses a page that exists, or that would land on another output.
    pub(super) fn refuse_existing(&self, others: &[&Path], force: bool) -> Result<()> {
        let Some(path) = &self.report else {
            return Ok(());
        };
        if others.contains(&path.as_path()) {
            let problem = format!("--report {}: is the name of another output", path.display());
            return Err(Usage(problem).into());
        }
        output::refuse_existing(&[path], force)
    }

    /// Reads what the pages about all subsets need of the dataset, where pages are asked for.
    pub(super) fn read_folders(&self, choice: &Choice<'_>) -> Result<Option<SourceFolders>> {
        if self.report.is_none() {
            return Ok(None);
        }
        let dataset = choice.images.dataset();
        let bar = progress::bar(dataset.len(), "records read for the report");
        let folders = SourceFolders::read(dataset, &mut |records| bar.set_position(records));
        bar.finish_and_clear();
        Ok(Some(folders?))
    }

    /// Makes the page where one is asked for and the folders were read: before the subset has its
    /// name, since making it reads images and may fail.
    pub(super) fn prepare(
        &self,
        choice: &Choice<'_>,
        subset: &Subset,
        folders: Option<&SourceFolders>,
    ) -> Result<Option<PreparedPage>> {
        let (Some(path), Some(folders)) = (&self.report, folders) else {
            return Ok(None);
        };
        let mut file = output::begin(path)?;
        let inputs = ReportInputs {
            images: choice.images,
            scores: choice.scores,
            origin: choice.origin,
            manifest: &subset.manifest,
            positions: &subset.positions,
            folders,
        };
        let file = file
            .write_all(report_page(&inputs)?.as_bytes())
            .and_then(|()| file.sync())
            .with_context(|| output::cannot_write(path))?;
        Ok(Some(PreparedPage {
            file,
            path: path.clone(),
        }))
    }
}

/// Gives a page its name, now that the subset has its own.
pub(super) fn appear(page: Option<PreparedPage>, outcome: SubsetOutcome) -> Result<SubsetOutcome> {
    let Some(PreparedPage { file, path }) = page else {
        return Ok(outcome);
    };
    file.appear().with_context(|| output::cannot_write(&path))?;
    Ok(SubsetOutcome {
        report: Some(path.display().to_string()),
        ..outcome
    })
}
