//! What a pull did.

use std::fmt;
use std::path::PathBuf;

use indicatif::HumanBytes;
use serde::Serialize;

use super::names;
use crate::commands::export_encoder::ExportOutcome;

/// What [`run`](super::run) did; `--json` prints it as one object.
#[derive(Debug, Serialize)]
pub(crate) struct PullReport {
    /// The repository, or the folder that was converted.
    pub(crate) source: String,
    /// The commit that every file was taken from, or the branch where the server names no
    /// commit; absent for a folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<String>,
    /// The encoder's folder.
    pub(crate) output: PathBuf,
    /// The files that make up the encoder.
    pub(crate) files: Vec<PulledFile>,
    /// Bytes of these files together.
    pub(crate) bytes: u64,
    /// Bytes that came over the network in this run.
    pub(crate) downloaded: u64,
    /// Whether `model.safetensors` was converted from PyTorch's format in this run.
    pub(crate) converted: bool,
    /// What was written for the web, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) web: Option<ExportOutcome>,
}

/// One file of the encoder's folder.
#[derive(Debug, Serialize)]
pub(crate) struct PulledFile {
    /// Its name in the folder.
    pub(crate) name: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// How it came there.
    pub(crate) state: FileState,
}

/// How a file came to be in the encoder's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileState {
    /// Fetched in this run, whole or from where an earlier run broke off.
    Downloaded,
    /// It was there already, with the right content.
    Kept,
    /// Written in this run from a PyTorch checkpoint.
    Converted,
    /// Copied from the folder given.
    Copied,
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Downloaded => "downloaded",
            Self::Kept => "kept",
            Self::Converted => "converted from PyTorch's format",
            Self::Copied => "copied",
        })
    }
}

impl PullReport {
    pub(super) fn new(
        source: &str,
        revision: Option<String>,
        output: PathBuf,
        files: Vec<PulledFile>,
        downloaded: u64,
    ) -> Self {
        Self {
            source: source.to_owned(),
            revision,
            output,
            bytes: files.iter().map(|file| file.bytes).sum(),
            downloaded,
            converted: files.iter().any(|f| f.state == FileState::Converted),
            files,
            web: None,
        }
    }
}

impl fmt::Display for PullReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            writeln!(
                f,
                "{:<32} {:>12}  {}",
                file.name,
                HumanBytes(file.bytes).to_string(),
                file.state
            )?;
        }
        write!(f, "{} in {}", self.source, self.output.display())?;
        if let Some(revision) = &self.revision {
            write!(f, " at {} {revision}", names::kind(revision))?;
        }
        writeln!(f)?;
        match &self.web {
            Some(web) => f.write_str(&web.text()),
            None => Ok(()),
        }
    }
}
