//! `ofa export-encoder`: an encoder as a web page fetches it.
//!
//! - [`folder`] is the output: written beside its name, and there when it is whole;
//! - [`drift`] measures what the number type does to embeddings, and makes the self-check of those
//!   that are exported.

mod drift;
mod folder;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use ofa_clip::{EncoderIndex, ExportDtype, IndexedFile, SETTINGS_FILES, SelfCheck, WeightExport};
use serde::Serialize;

use self::drift::{Drift, Probes};
use self::folder::ExportFolder;
use crate::duration::size_text;
use crate::encoder::{EncoderFolder, WEIGHT_INDEX};
use crate::failure::Stopped;
use crate::interrupt;
use crate::report::{Report, lossy};

/// Most bytes of a file of weights: a browser reads it into memory to verify it.
const SHARD_BYTES: u64 = 64_000_000;

/// Arguments of `ofa export-encoder`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportEncoderArguments {
    /// Folder with a CLIP in Hugging Face layout; `ofa pull` makes one
    #[arg(value_name = "ENC")]
    encoder: PathBuf,

    /// Folder for the exported encoder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// How weights are stored
    #[arg(long, value_enum, default_value_t)]
    dtype: DtypeChoice,

    /// Replace an exported encoder that is there
    #[arg(long)]
    force: bool,
}

/// `--dtype`.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum DtypeChoice {
    /// Every value as it is
    F32,
    /// Half the bytes of f32
    #[default]
    F16,
    /// Large matrices as 8-bit integers with a factor for each row, the rest as f16
    Q8,
}

impl From<DtypeChoice> for ExportDtype {
    fn from(choice: DtypeChoice) -> Self {
        match choice {
            DtypeChoice::F32 => Self::F32,
            DtypeChoice::F16 => Self::F16,
            DtypeChoice::Q8 => Self::Q8,
        }
    }
}

/// What was exported.
#[derive(Debug, Serialize)]
pub(crate) struct ExportOutcome {
    #[serde(serialize_with = "lossy")]
    source: PathBuf,
    #[serde(serialize_with = "lossy")]
    encoder: PathBuf,
    fingerprint: String,
    dtype: ExportDtype,
    embedding_dim: usize,
    weight_bytes: u64,
    /// Of all files, the index among them: what a first visit fetches.
    bytes: u64,
    files: Vec<IndexedFile>,
    drift: Drift,
}

/// Exports as the arguments say.
pub(crate) fn run(arguments: &ExportEncoderArguments) -> Result<Report> {
    let (source, output) = (&arguments.encoder, &arguments.output);
    let outcome = export(source, output, arguments.dtype, arguments.force)?;
    Ok(Report::new(&outcome, outcome.text()))
}

/// Writes the layout for the web into `output`, and measures what the number type does to embeddings.
pub(crate) fn export(
    source: &Path,
    output: &Path,
    dtype: DtypeChoice,
    force: bool,
) -> Result<ExportOutcome> {
    let mut folder = ExportFolder::begin(output, source, force)?;
    let encoder = EncoderFolder::open(source)?;
    if encoder.exported_as.is_some() {
        bail!(
            "{}: is an export already; export from the encoder that it was made of, so that no \
             loss is added to another",
            source.display()
        );
    }
    let dtype = dtype.into();
    let inside = || format!("encoder {}", source.display());
    let probes = Probes::make(&encoder).with_context(inside)?;
    let before = probes.embed(&encoder, source)?;

    for name in SETTINGS_FILES {
        let path = source.join(name);
        if path.is_file() {
            let bytes = std::fs::read(&path)
                .with_context(|| format!("{}: cannot be read", path.display()))?;
            folder.write(name, |out| Ok(out.write_all(&bytes)?))?;
        }
    }
    let export = encoder.checkpoint.export(dtype, SHARD_BYTES);
    let weight_bytes = write_weights(&export, &mut folder)?;
    let index_of = |files: &[IndexedFile]| {
        let listed = files.iter().filter(|file| file.name != EncoderIndex::FILE);
        EncoderIndex::new(
            encoder.fingerprint.clone(),
            dtype,
            encoder.config.projection_dim,
            weight_bytes,
            listed.cloned().collect(),
        )
    };
    write_index(&index_of(folder.files()), &mut folder)?;

    // Read back from the disk: what is measured is what will be fetched.
    let exported = EncoderFolder::open(folder.path())?;
    let (after, self_check) = probes.embed_with_self_check(&exported, folder.path())?;
    drop(exported);
    let drift = Drift::between(&before, &after);
    let self_check = self_check.to_safetensors();
    folder.write(SelfCheck::FILE, |out| Ok(out.write_all(&self_check)?))?;
    let index = index_of(folder.files());
    write_index(&index, &mut folder)?;
    let bytes = folder.files().iter().map(|file| file.bytes).sum();
    folder.finish()?;

    Ok(ExportOutcome {
        source: source.to_owned(),
        encoder: output.to_owned(),
        fingerprint: index.fingerprint,
        dtype,
        embedding_dim: index.embedding_dim,
        weight_bytes,
        bytes,
        files: index.files,
        drift,
    })
}

fn write_index(index: &EncoderIndex, folder: &mut ExportFolder) -> Result<()> {
    folder.write(EncoderIndex::FILE, |out| {
        Ok(out.write_all(&index.to_json())?)
    })?;
    Ok(())
}

/// Writes the shards and their index, and gives the bytes of the shards.
fn write_weights(export: &WeightExport<'_>, folder: &mut ExportFolder) -> Result<u64> {
    let mut weight_bytes = 0;
    for (nth, name) in export.shards().enumerate() {
        if interrupt::requested() {
            return Err(Stopped("the same command starts anew".to_owned()).into());
        }
        weight_bytes += folder.write(&name, |out| Ok(export.write_shard(nth, out)?))?;
    }
    folder.write(WEIGHT_INDEX, |out| Ok(out.write_all(&export.index_json())?))?;
    Ok(weight_bytes)
}

impl ExportOutcome {
    /// The account for people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "{}: {} of weights as {}, {} in all\n",
            self.encoder.display(),
            size_text(self.weight_bytes),
            self.dtype,
            size_text(self.bytes)
        );
        for (of, tower) in [("images", &self.drift.images), ("texts", &self.drift.texts)] {
            writeln!(
                text,
                "embeddings of {} generated {of} against the source's: least cosine {:.6}, mean {:.6}",
                tower.count, tower.least_cosine, tower.mean_cosine
            )
            .expect("a string takes everything");
        }
        text
    }
}
