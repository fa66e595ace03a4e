//! What is measured on: made once, by seeded generators, and kept in `target/bench`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::measure;
use crate::{command, python};

/// The references and generators, from the project's root.
pub(super) const SCRIPTS: &str = "tests/bench";

/// Rows of the core set of LLaVA-665K.
const CORE_ROWS: u64 = 20_027;

/// A Python with what the references and generators need.
pub(super) fn python() -> Result<PathBuf> {
    let root = command::root();
    python::ensure(&root.join(SCRIPTS), &root.join("target/bench/python"))
}

/// The inputs of one size. Paths are from the project's root, as they stand in the commands.
pub(super) struct Inputs {
    rows: u64,
    records: u64,
    python: String,
    folder: String,
}

impl Inputs {
    /// Makes sure that there is a Python with what the references need, and a folder for inputs of this size.
    pub(super) fn new(rows: u64, records: u64) -> Result<Self> {
        let root = command::root();
        let python = python()?;
        let python = python.strip_prefix(&root).unwrap_or(&python);
        let folder = format!("target/bench/rows-{rows}");
        for part in ["inputs", "outputs", "logs"] {
            std::fs::create_dir_all(root.join(&folder).join(part))
                .with_context(|| format!("{folder}/{part} cannot be made"))?;
        }
        Ok(Self {
            rows,
            records,
            python: python.to_string_lossy().into_owned(),
            folder,
        })
    }

    /// Rows of the feature store.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Records that are encoded.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Where everything of this size is, from the project's root.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// Where an output goes.
    pub(super) fn output(&self, name: &str) -> String {
        format!("{}/outputs/{name}", self.folder)
    }

    /// Where the messages of a run go.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        command::root().join(&self.folder).join("logs").join(name)
    }

    /// The program with these words.
    pub(super) fn ofa(&self, words: &[&str]) -> Vec<String> {
        let program = format!("target/release/ofa{}", std::env::consts::EXE_SUFFIX);
        let mut line = vec![program];
        line.extend(words.iter().map(|&word| word.to_owned()));
        line.push("--json".to_owned());
        line
    }

    /// A reference with these words.
    pub(super) fn reference(&self, script: &str, words: &[&str]) -> Vec<String> {
        let mut line = vec![self.python.clone(), format!("{SCRIPTS}/{script}")];
        line.extend(words.iter().map(|&word| word.to_owned()));
        line
    }

    /// A feature store of all rows.
    pub(super) fn features(&self) -> Result<String> {
        let rows = self.rows.to_string();
        self.made("features", |path| {
            self.generate("make_features.py", &[path, &rows])
        })
    }

    /// A feature store of as many rows as the core set of LLaVA-665K has.
    pub(super) fn core_features(&self) -> Result<String> {
        let rows = self.rows.min(CORE_ROWS).to_string();
        self.made("core-features", |path| {
            self.generate("make_features.py", &[path, &rows])
        })
    }

    /// A dataset of as many records, in the shape of LLaVA-665K.
    pub(super) fn dataset(&self) -> Result<String> {
        let rows = self.rows.to_string();
        self.made("llava.json", |path| {
            self.generate("make_dataset.py", &[path, &rows])
        })
    }

    /// A selector trained on the features.
    pub(super) fn selector(&self) -> Result<String> {
        let features = self.features()?;
        self.made("selector.safetensors", |path| {
            let line = ["train", &features, "-o", path, "--epochs", "35"];
            self.prepare(&self.ofa(&line), "selector")
        })
    }

    /// The scores of the features by the selector, by the program.
    pub(super) fn scores(&self) -> Result<String> {
        let (features, selector) = (self.features()?, self.selector()?);
        self.made("scores.parquet", |path| {
            let line = ["score", &features, "--selector", &selector, "-o", path];
            self.prepare(&self.ofa(&line), "scores")
        })
    }

    /// The same by the reference, which reads no Parquet.
    pub(super) fn reference_scores(&self) -> Result<String> {
        let (features, selector) = (self.features()?, self.selector()?);
        self.made("scores.npz", |path| {
            let line = self.reference("score.py", &[&features, &selector, path]);
            self.prepare(&line, "reference-scores")
        })
    }

    /// CLIP ViT-B/32 of random weights, as a Hugging Face folder.
    pub(super) fn encoder(&self) -> Result<String> {
        self.made("encoder", |path| self.generate("make_encoder.py", &[path]))
    }

    /// Records about JPEG files of 640x480, with the repeats of LLaVA-665K: `data.json` and `images`.
    pub(super) fn photographs(&self) -> Result<String> {
        let records = self.records.to_string();
        self.made(&format!("photographs-{records}"), |path| {
            self.generate("make_photographs.py", &[path, &records])
        })
    }

    /// `images.json`, all work for the image tower, and `texts.json`, for the text tower.
    pub(super) fn towers(&self) -> Result<String> {
        let records = self.records.to_string();
        self.made(&format!("towers-{records}"), |path| {
            self.generate("make_tower_inputs.py", &[path, &records])
        })
    }

    /// An input, made where it is not there.
    fn made(&self, name: &str, make: impl FnOnce(&str) -> Result<()>) -> Result<String> {
        let path = format!("{}/inputs/{name}", self.folder);
        if !command::root().join(&path).exists() {
            make(&path)?;
        }
        Ok(path)
    }

    /// Runs a generator, which leaves nothing half made under the final name.
    fn generate(&self, script: &str, words: &[&str]) -> Result<()> {
        let mut line = Command::new(&self.python);
        line.arg(Path::new(SCRIPTS).join(script)).args(words);
        command::run_prepared(line)
    }

    /// Runs what is measured elsewhere, to have what it makes.
    fn prepare(&self, line: &[String], name: &str) -> Result<()> {
        measure::run(line, &self.log(&format!("prepare-{name}.log"))).map(drop)
    }
}
