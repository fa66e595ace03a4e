//! What selecting came to.

use std::fmt::Write as _;
use std::path::PathBuf;

use ofa_pipeline::subset::SubsetManifest;
use serde::{Serialize, Serializer};

use crate::duration::size_text;
use crate::report::{Report, grouped, lossy};

/// What selecting came to: a subset for each budget.
#[derive(Debug)]
pub(crate) struct SelectOutcome {
    pub(super) subsets: Vec<SubsetOutcome>,
}

impl Serialize for SelectOutcome {
    /// One subset stands for itself; several are a list under `subsets`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Several<'a> {
            subsets: &'a [SubsetOutcome],
        }
        match self.subsets.as_slice() {
            [subset] => subset.serialize(serializer),
            subsets => Several { subsets }.serialize(serializer),
        }
    }
}

impl SelectOutcome {
    /// The report of the command.
    pub(crate) fn report(&self) -> Report {
        Report::new(self, self.text())
    }

    /// The account for people.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<String> = self.subsets.iter().map(SubsetOutcome::text).collect();
        texts.join("\n")
    }
}

/// A subset and its account.
#[derive(Debug, Serialize)]
pub(crate) struct SubsetOutcome {
    #[serde(serialize_with = "lossy")]
    pub(super) subset: PathBuf,
    #[serde(serialize_with = "lossy")]
    pub(super) manifest: PathBuf,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<String>,
    #[serde(flatten)]
    pub(super) account: SubsetManifest,
    /// Not in the manifest: the same inputs give the same one, whatever stood there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) other_files: Vec<OtherFiles>,
}

/// Files that stood in a folder before, and were not written now.
#[derive(Debug, Serialize)]
pub(crate) struct OtherFiles {
    #[serde(serialize_with = "lossy")]
    pub(super) folder: PathBuf,
    pub(super) files: u64,
}

impl SubsetOutcome {
    fn text(&self) -> String {
        let account = &self.account;
        let mut text = format!(
            "{} records = {} scored",
            grouped(account.records),
            grouped(account.scored)
        );
        for (reason, count) in &account.skipped {
            write!(text, " + {} {reason}", grouped(*count)).expect("a string takes everything");
        }
        if account.not_scored > 0 {
            write!(text, " + {} not_scored", grouped(account.not_scored))
                .expect("a string takes everything");
        }
        write!(
            text,
            "\n{} chosen ({} of the scored ones) from {} clusters by {}",
            grouped(account.chosen),
            account.budget.requested,
            account.quotas.len(),
            account.method
        )
        .expect("a string takes everything");
        if !account.pinned.is_empty() || !account.excluded.is_empty() {
            write!(
                text,
                ", {} of them pinned, {} excluded",
                grouped(account.pinned.0.len() as u64),
                grouped(account.excluded.0.len() as u64)
            )
            .expect("a string takes everything");
        }
        if let Some(set_aside) = account.set_aside {
            write!(
                text,
                "; the alignment filter set {} aside",
                grouped(set_aside)
            )
            .expect("a string takes everything");
        }
        if account.text_only_kept > 0 {
            write!(
                text,
                ", and {} text-only ones kept",
                grouped(account.text_only_kept)
            )
            .expect("a string takes everything");
        }
        if let Some(written) = &account.output {
            if let Some(from) = &written.converted_from {
                write!(text, "\nconverted from {from} to {}", written.format)
                    .expect("a string takes everything");
            }
            if let Some(images) = &written.images {
                write!(
                    text,
                    "\n{} images copied ({}), {} left out",
                    grouped(images.files),
                    size_text(images.bytes),
                    grouped(images.left_out)
                )
                .expect("a string takes everything");
            }
        }
        for others in &self.other_files {
            write!(
                text,
                "\n{} other files stay in {}: they are no part of this subset",
                grouped(others.files),
                others.folder.display()
            )
            .expect("a string takes everything");
        }
        writeln!(
            text,
            "\nsubset: {}\nmanifest: {}",
            self.subset.display(),
            self.manifest.display()
        )
        .expect("a string takes everything");
        if let Some(report) = &self.report {
            writeln!(text, "report: {report}").expect("a string takes everything");
        }
        text
    }
}
