//! An encoder folder in Hugging Face layout.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_clip::{
    Checkpoint, ClipConfig, ClipTokenizer, Preprocessor, SpecialTokens, WeightIndex, WeightSource,
};
use ofa_data::{ByteSource, FileSource};

/// Everything of an encoder but the model itself, which a backend loads from `checkpoint`.
pub(crate) struct EncoderFolder {
    pub(crate) config: ClipConfig,
    pub(crate) preprocessor: Preprocessor,
    pub(crate) tokenizer: ClipTokenizer,
    pub(crate) checkpoint: Checkpoint<'static>,
    pub(crate) fingerprint: String,
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
        let checkpoint = open_checkpoint(folder).with_context(inside)?;
        let fingerprint = checkpoint.fingerprint().with_context(inside)?;
        Ok(Self {
            config,
            preprocessor,
            tokenizer,
            checkpoint,
            fingerprint,
        })
    }
}

fn open_checkpoint(folder: &Path) -> Result<Checkpoint<'static>> {
    let single = folder.join("model.safetensors");
    let index = folder.join("model.safetensors.index.json");
    let names: Vec<String> = if single.exists() {
        vec!["model.safetensors".to_owned()]
    } else if index.exists() {
        let bytes = std::fs::read(&index)
            .with_context(|| format!("{}: cannot be read", index.display()))?;
        WeightIndex::from_json(&bytes)?
            .files()
            .map(str::to_owned)
            .collect()
    } else if folder.join("pytorch_model.bin").exists()
        || folder.join("pytorch_model.bin.index.json").exists()
    {
        bail!(
            "expected model.safetensors, found PyTorch weights; convert them with `ofa pull {}`",
            folder.display()
        );
    } else {
        bail!(
            "expected model.safetensors, or model.safetensors.index.json and its shards; found neither"
        );
    };
    let files = names
        .into_iter()
        .map(|name| {
            required(folder, &name)?;
            let source = FileSource::open(folder.join(&name))?;
            Ok((name, FileWeights(source)))
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
