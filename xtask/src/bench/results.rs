//! What was measured, as it is kept: a JSON file for each stage.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::machine::Machine;
use super::measure::Run;
use crate::command;

/// A side's turn: a run of each of its commands.
#[derive(Serialize, Deserialize)]
pub(super) struct Turn {
    /// Programs that wanted a core, over the minute before.
    pub(super) load_before: Option<f64>,
    pub(super) runs: Vec<Run>,
}

impl Turn {
    /// From start to end, starting of programs included.
    pub(super) fn seconds(&self) -> f64 {
        self.runs.iter().map(|run| run.seconds).sum()
    }

    /// As the programs tell it: a reference without the start of Python and its imports, and encoding
    /// without loading the model.
    pub(super) fn seconds_of_work(&self) -> f64 {
        let told = |run: &Run| run.printed["seconds"].as_f64().unwrap_or(run.seconds);
        self.runs.iter().map(told).sum()
    }

    /// The most of all its processes, in bytes.
    pub(super) fn peak_bytes(&self) -> u64 {
        (self.runs.iter().map(|run| run.peak_bytes))
            .max()
            .unwrap_or(0)
    }
}

/// What one stage came to.
#[derive(Serialize, Deserialize)]
pub(super) struct StageResult {
    pub(super) stage: String,
    pub(super) rows: u64,
    pub(super) records_encoded: u64,
    pub(super) machine: Machine,
    /// The packages that the reference ran with.
    pub(super) packages: Vec<String>,
    pub(super) our_commands: Vec<String>,
    pub(super) their_commands: Vec<String>,
    pub(super) ours: Vec<Turn>,
    pub(super) theirs: Vec<Turn>,
    /// What was compared besides.
    pub(super) facts: Value,
}

/// The program alone at one number of rows.
#[derive(Serialize, Deserialize)]
pub(super) struct GrowthResult {
    pub(super) rows: u64,
    pub(super) machine: Machine,
    pub(super) load_before: Option<f64>,
    pub(super) stages: Vec<GrowthStage>,
}

/// One command of these.
#[derive(Serialize, Deserialize)]
pub(super) struct GrowthStage {
    pub(super) stage: String,
    pub(super) command: String,
    pub(super) run: Run,
}

/// Where the results of whole measurements are, which are committed.
pub(super) fn whole_folder() -> PathBuf {
    command::root().join("docs/performance")
}

/// Reads a result, or nothing where there is none.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(path)?;
    let result = serde_json::from_str(&text);
    result
        .map(Some)
        .with_context(|| format!("{} is not what a benchmark wrote", path.display()))
}

/// Writes a result, whole or not at all.
pub(super) fn write(path: &Path, result: &impl Serialize) -> Result<()> {
    let folder = path.parent().context("a file in a folder")?;
    std::fs::create_dir_all(folder)?;
    let growing = path.with_extension("part");
    std::fs::write(&growing, serde_json::to_string_pretty(result)? + "\n")?;
    std::fs::rename(&growing, path).with_context(|| format!("{} cannot be written", path.display()))
}
