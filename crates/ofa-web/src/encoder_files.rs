//! The files of an encoder in Hugging Face layout, as a folder, a drop or a download gives them.

use std::collections::BTreeMap;

use crate::blob_source::{BlobSource, SourceFile};
use crate::failure::{Failure, FailureCode, Result};
use crate::weight_windows::WeightFiles;
use ofa_clip::{Checkpoint, ClipConfig, WeightIndex};
#[cfg(feature = "pipeline")]
use ofa_clip::{
    ClipTokenizer, EncoderIndex, IndexedFile, Preprocessor, SpecialTokens, settings_fingerprint,
};
#[cfg(feature = "pipeline")]
use sha2::{Digest, Sha256};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const WEIGHT_INDEX: &str = "model.safetensors.index.json";

/// The files that stand beside the encoder's `config.json`, by their names.
#[derive(Debug)]
pub(crate) struct EncoderFiles {
    files: BTreeMap<String, BlobSource>,
}

impl EncoderFiles {
    /// Finds the encoder's folder among files: that of the one `config.json` that lies the least
    /// deep, so that neither the folders above it nor other models below it are in the way.
    pub(crate) fn open(files: Vec<SourceFile>) -> Result<Self> {
        let folder = {
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            config_folder(&paths)?.to_owned()
        };
        let inside = files.into_iter().filter_map(|SourceFile { path, source }| {
            let name = path.strip_prefix(folder.as_str())?;
            (!name.contains('/')).then(|| (name.to_owned(), source))
        });
        Ok(Self {
            files: inside.collect(),
        })
    }

    /// The configuration of both towers.
    pub(crate) fn config(&self) -> Result<ClipConfig> {
        Ok(ClipConfig::from_json(&self.bytes(CONFIG)?)?)
    }

    /// How images become input of the model.
    #[cfg(feature = "pipeline")]
    pub(crate) fn preprocessor(&self, config: &ClipConfig) -> Result<Preprocessor> {
        // `transformers` 5 saves it inside processor_config.json; before, that file said nothing
        // of images.
        let nested = match self.bytes_if_there("processor_config.json")? {
            Some(bytes) => Preprocessor::from_processor_json(&bytes)?,
            None => None,
        };
        let preprocessor = match nested {
            Some(preprocessor) => preprocessor,
            None => Preprocessor::from_json(&self.bytes("preprocessor_config.json")?)?,
        };
        preprocessor.check_model(config)?;
        Ok(preprocessor)
    }

    /// How texts become input of the model.
    #[cfg(feature = "pipeline")]
    pub(crate) fn tokenizer(&self, config: &ClipConfig) -> Result<ClipTokenizer> {
        let special = SpecialTokens::from_json(
            self.bytes_if_there("tokenizer_config.json")?.as_deref(),
            self.bytes_if_there("special_tokens_map.json")?.as_deref(),
        )?;
        let has = |name: &str| self.files.contains_key(name);
        let tokenizer = if let Some(bytes) = self.bytes_if_there("tokenizer.json")? {
            ClipTokenizer::from_json_with(&bytes, &special)?
        } else if has("vocab.json") || has("merges.txt") {
            let (vocab, merges) = (self.bytes("vocab.json")?, self.bytes("merges.txt")?);
            ClipTokenizer::from_vocab_and_merges_with(&vocab, &merges, &special)?
        } else {
            return Err(self.missing("tokenizer.json, or vocab.json with merges.txt,"));
        };
        Ok(tokenizer.for_model(config)?)
    }

    /// The weights. Reads the headers; the rest is read when a tensor is asked for. `before_reading`
    /// is told how many bytes are read each time.
    pub(crate) fn checkpoint(
        &self,
        before_reading: impl Fn(usize) + 'static,
    ) -> Result<Checkpoint<'static>> {
        let mut windows = WeightFiles::new(before_reading);
        let files = self.weight_files()?.into_iter();
        let sources = files.map(|(name, source)| (name, windows.add(source.clone())));
        Ok(Checkpoint::open(sources)?)
    }

    /// Length of all weight files.
    #[cfg(feature = "pipeline")]
    pub(crate) fn weight_bytes(&self) -> Result<u64> {
        let files = self.weight_files()?;
        Ok(files.iter().map(|(_, source)| source.length()).sum())
    }

    /// A fingerprint of what the encoder is told beside its weights, as the command line has it.
    #[cfg(feature = "pipeline")]
    pub(crate) fn settings(&self, exported: Option<&EncoderIndex>) -> Result<String> {
        let dtype = exported.map(|index| index.dtype);
        settings_fingerprint(dtype, |name| self.bytes_if_there(name))
    }

    /// What `ofa export-encoder` wrote down, where these files are its output: the fingerprint is that
    /// of the original weights, of which these can be a smaller copy.
    #[cfg(feature = "pipeline")]
    pub(crate) fn exported(&self) -> Result<Option<EncoderIndex>> {
        match self.bytes_if_there(EncoderIndex::FILE)? {
            Some(bytes) => Ok(Some(EncoderIndex::from_json(&bytes)?)),
            None => Ok(None),
        }
    }

    /// Checks that the files are those that an index lists, by their lengths and hashes.
    ///
    /// # Errors
    /// `bad_encoder` with the file, what was expected and what was found.
    #[cfg(feature = "pipeline")]
    pub(crate) fn check_hashes(&self, index: &EncoderIndex) -> Result<()> {
        for IndexedFile {
            name,
            bytes,
            sha256,
        } in &index.files
        {
            let source = self.files.get(name).ok_or_else(|| self.missing(name))?;
            let found = hash(source)?;
            if (source.length(), &found) != (*bytes, sha256) {
                return Err(Failure::new(
                    FailureCode::BadEncoder,
                    format!(
                        "{}: expected {bytes} bytes with SHA-256 {sha256}, as {} says, found {} with \
                         {found}; export the encoder again",
                        source.name(),
                        EncoderIndex::FILE,
                        source.length()
                    ),
                ));
            }
        }
        Ok(())
    }

    fn weight_files(&self) -> Result<Vec<(String, &BlobSource)>> {
        let names = if self.files.contains_key(WEIGHTS) {
            vec![WEIGHTS.to_owned()]
        } else if let Some(bytes) = self.bytes_if_there(WEIGHT_INDEX)? {
            let index = WeightIndex::from_json(&bytes)?;
            index.files().map(str::to_owned).collect()
        } else if self
            .files
            .keys()
            .any(|name| name.starts_with("pytorch_model.bin"))
        {
            return Err(Failure::new(
                FailureCode::BadEncoder,
                "expected model.safetensors, found PyTorch weights; convert them with `ofa pull`",
            ));
        } else {
            return Err(
                self.missing("model.safetensors, or model.safetensors.index.json with its shards,")
            );
        };
        let source = |name: String| match self.files.get(&name) {
            Some(source) => Ok((name, source)),
            None => Err(self.missing(&name)),
        };
        names.into_iter().map(source).collect()
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        self.bytes_if_there(name)?.ok_or_else(|| self.missing(name))
    }

    fn bytes_if_there(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(source) = self.files.get(name) else {
            return Ok(None);
        };
        match source.bytes() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) => Err(Failure::reading(
                FailureCode::BadEncoder,
                source.name(),
                error,
            )),
        }
    }

    fn missing(&self, what: &str) -> Failure {
        let names: Vec<&str> = self.files.keys().map(String::as_str).collect();
        Failure::new(
            FailureCode::BadEncoder,
            format!(
                "the encoder's {what} is missing; found: {}; choose the whole folder, or get the \
                 encoder anew with `ofa pull`",
                listed(&names)
            ),
        )
    }
}

/// SHA-256 of a file, read a megabyte at a time.
#[cfg(feature = "pipeline")]
fn hash(source: &BlobSource) -> Result<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    let mut offset = 0;
    while offset < source.length() {
        let length = piece.len().min((source.length() - offset) as usize);
        let read = source.read(offset, &mut piece[..length]);
        read.map_err(|error| Failure::reading(FailureCode::BadEncoder, source.name(), error))?;
        hash.update(&piece[..length]);
        offset += length as u64;
    }
    Ok(crate::hex::hex(&hash.finalize()))
}

/// The folder of the `config.json` that lies the least deep, with its `/`.
fn config_folder<'a>(paths: &[&'a str]) -> Result<&'a str> {
    let folders = paths.iter().filter_map(|path| {
        let folder = path.strip_suffix(CONFIG)?;
        (folder.is_empty() || folder.ends_with('/')).then_some(folder)
    });
    let depth = |folder: &str| folder.matches('/').count();
    let mut folders: Vec<&str> = folders.collect();
    folders.sort_by_key(|folder| depth(folder));
    let problem = match folders.as_slice() {
        [one] => return Ok(one),
        [one, other, ..] if depth(one) < depth(other) => return Ok(one),
        [] => format!("found none in: {}", listed(paths)),
        [one, other, ..] => format!("found {one}{CONFIG} and {other}{CONFIG}"),
    };
    Err(Failure::new(
        FailureCode::BadEncoder,
        format!(
            "encoder: expected one folder with {CONFIG} and the weights of a CLIP in Hugging Face \
             layout, {problem}; choose that folder, or get an encoder with `ofa pull`"
        ),
    ))
}

/// Some of many names.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 8;
    match names {
        [] => "no files".to_owned(),
        _ if names.len() <= MOST => names.join(", "),
        _ => format!("{}, … ({} files)", names[..MOST].join(", "), names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_shallowest_config_is_the_encoder() {
        let folder = |paths: &[&str]| config_folder(paths).map(str::to_owned);
        assert_eq!(folder(&["config.json", "onnx/config.json"]).unwrap(), "");
        assert_eq!(
            folder(&["clip/config.json", "clip/a/config.json"]).unwrap(),
            "clip/"
        );
        assert_eq!(
            folder(&["clip/preprocessor_config.json", "clip/config.json"]).unwrap(),
            "clip/"
        );
        let message = |paths: &[&str]| folder(paths).unwrap_err().to_string();
        assert!(
            message(&["a/config.json", "b/config.json"])
                .contains("a/config.json and b/config.json")
        );
        assert!(message(&["a/x.json"]).contains("found none in: a/x.json"));
        assert!(message(&["tokenizer_config.json"]).contains("found none"));
    }
}
