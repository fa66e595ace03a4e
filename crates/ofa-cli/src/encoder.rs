//! An encoder folder in Hugging Face layout.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_clip::{
    Checkpoint, ClipConfig, ClipTokenizer, ExportDtype, Preprocessor, SETTINGS_FILES,
    SpecialTokens, WeightIndex, WeightSource, settings_fingerprint,
};
use ofa_data::{ByteSource, FileSource};

use crate::exported;

const WEIGHTS: &str = "model.safetensors";
/// Names the shards.
pub(crate) const WEIGHT_INDEX: &str = "model.safetensors.index.json";

/// Everything of an encoder but the model itself, which a backend loads from `checkpoint`.
pub(crate) struct EncoderFolder {
    pub(crate) config: ClipConfig,
    pub(crate) preprocessor: Preprocessor,
    pub(crate) tokenizer: ClipTokenizer,
    pub(crate) checkpoint: Checkpoint<'static>,
    /// Of the checkpoint; of an export, that of the checkpoint that was exported.
    pub(crate) fingerprint: String,
    /// Of what the encoder is told beside its weights.
    pub(crate) settings: String,
    /// How an export stores its weights; nothing where the folder is none.
    pub(crate) exported_as: Option<ExportDtype>,
}

impl EncoderFolder {
    /// Reads the small files of a folder and the headers of its weights.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            bail!(
                "{}: expected a folder with a CLIP in Hugging Face layout, found {}; `ofa pull` makes one",
                folder.display(),
                if folder.exists() { "a file" } else { "nothing" }
            );
        }
        let read = |name: &str| -> Result<Vec<u8>> {
            required(folder, name)?;
            let path = folder.join(name);
            std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))
        };
        let inside = || format!("encoder {}", folder.display());
        let index = exported::open(folder).with_context(inside)?;
        let config = ClipConfig::from_json(&read("config.json")?).with_context(inside)?;
        let has = |name: &str| folder.join(name).exists();
        // `transformers` 5 saves it inside processor_config.json; before, that file said nothing
        // of images.
        let nested = if has("processor_config.json") {
            Preprocessor::from_processor_json(&read("processor_config.json")?)
                .with_context(inside)?
        } else {
            None
        };
        let preprocessor = match nested {
            Some(preprocessor) => preprocessor,
            None => {
                Preprocessor::from_json(&read("preprocessor_config.json")?).with_context(inside)?
            }
        };
        preprocessor.check_model(&config).with_context(inside)?;
        let read_if_there = |name: &str| match has(name) {
            true => read(name).map(Some),
            false => Ok(None),
        };
        let special = SpecialTokens::from_json(
            read_if_there("tokenizer_config.json")?.as_deref(),
            read_if_there("special_tokens_map.json")?.as_deref(),
        )
        .with_context(inside)?;
        let tokenizer = if has("tokenizer.json") {
            ClipTokenizer::from_json_with(&read("tokenizer.json")?, &special)
        } else if has("vocab.json") || has("merges.txt") {
            let (vocab, merges) = (read("vocab.json")?, read("merges.txt")?);
            ClipTokenizer::from_vocab_and_merges_with(&vocab, &merges, &special)
        } else {
            bail!(
                "{}: expected tokenizer.json, or vocab.json and merges.txt; found neither",
                folder.display()
            );
        }
        .and_then(|tokenizer| tokenizer.for_model(&config))
        .with_context(inside)?;
        let weights = weight_files(folder).with_context(inside)?;
        if let Some(index) = &index {
            let beside = SETTINGS_FILES.into_iter().chain([WEIGHTS, WEIGHT_INDEX]);
            let beside = beside.filter(|name| has(name));
            let read = beside.chain(weights.iter().map(String::as_str));
            exported::require_listed(index, folder, read).with_context(inside)?;
        }
        let checkpoint = open_checkpoint(folder, &weights).with_context(inside)?;
        let exported_as = index.as_ref().map(|index| index.dtype);
        let fingerprint = match index {
            Some(index) => index.fingerprint,
            None => checkpoint.fingerprint().with_context(inside)?,
        };
        Ok(Self {
            config,
            preprocessor,
            tokenizer,
            checkpoint,
            fingerprint,
            settings: settings_fingerprint(exported_as, read_if_there)?,
            exported_as,
        })
    }
}

/// The files of weights: one, or the shards of an index.
fn weight_files(folder: &Path) -> Result<Vec<String>> {
    let index = folder.join(WEIGHT_INDEX);
    if folder.join(WEIGHTS).exists() {
        Ok(vec![WEIGHTS.to_owned()])
    } else if index.exists() {
        let bytes = std::fs::read(&index)
            .with_context(|| format!("{}: cannot be read", index.display()))?;
        let index = WeightIndex::from_json(&bytes)?;
        Ok(index.files().map(str::to_owned).collect())
    } else if folder.join("pytorch_model.bin").exists()
        || folder.join("pytorch_model.bin.index.json").exists()
    {
        bail!(
            "expected {WEIGHTS}, found PyTorch weights; convert them with `ofa pull {}`",
            folder.display()
        );
    } else {
        bail!("expected {WEIGHTS}, or {WEIGHT_INDEX} and its shards; found neither");
    }
}

fn open_checkpoint(folder: &Path, names: &[String]) -> Result<Checkpoint<'static>> {
    let files = names
        .iter()
        .map(|name| {
            required(folder, name)?;
            let source = FileSource::open(folder.join(name))?;
            Ok((name.clone(), FileWeights(source)))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Checkpoint::open(files)?)
}

fn required(folder: &Path, name: &str) -> Result<()> {
    if folder.join(name).is_file() {
        return Ok(());
    }
    let mut present: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.file_name().into())
                .collect()
        })
        .unwrap_or_default();
    present.sort();
    bail!(
        "{}: the encoder's {name} is missing (the folder has {present:?}); copy it there, or get the encoder anew with `ofa pull`",
        folder.display()
    )
}

/// A weight file read by position, so that its pages do not count as this program's memory.
struct FileWeights(FileSource);

impl WeightSource for FileWeights {
    fn len(&self) -> u64 {
        ByteSource::len(&self.0)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        ByteSource::read_at(&self.0, offset, buffer)
    }
}
