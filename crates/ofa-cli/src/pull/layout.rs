//! Which of a repository's files make up an encoder.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

pub(super) const CONFIG: &str = "config.json";
pub(super) const SAFETENSORS: &str = "model.safetensors";
const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";
const TOKENIZER: &str = "tokenizer.json";
/// What is done to an image: the older name, and that of transformers 5.
const PREPROCESSING: [&str; 2] = ["preprocessor_config.json", "processor_config.json"];
const TORCH: &str = "pytorch_model.bin";
const TORCH_INDEX: &str = "pytorch_model.bin.index.json";

/// The files of an encoder, as found in a list of file names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Everything but `config.json` and the weights.
    pub(super) small: Vec<&'static str>,
    pub(super) weights: Weights,
}

/// In which form the weights are there. safetensors comes first, as it needs no conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weights {
    /// One file, to be taken as it is.
    Safetensors(&'static str),
    /// An index that names shards, to be taken as they are.
    SafetensorsShards(&'static str),
    /// One PyTorch file, to be converted.
    Torch(&'static str),
    /// An index that names PyTorch files, to be converted to one file.
    TorchShards(&'static str),
}

/// Asks for `config.json`, which tells whether the other files are worth a look. `from` names the
/// repository or folder in messages.
///
/// # Errors
/// It is not in the list.
pub(super) fn require_config(has: impl Fn(&str) -> bool, from: &str) -> Result<()> {
    if !has(CONFIG) {
        let hint = if has("open_clip_config.json") {
            ". It holds an OpenCLIP checkpoint (open_clip_config.json); look for the same model in \
             Hugging Face layout"
        } else {
            ", so it is no model in Hugging Face layout"
        };
        bail!("{from} has no {CONFIG}{hint}");
    }
    Ok(())
}

/// Picks the encoder's files beside `config.json`. `from` names the repository or folder in
/// messages.
///
/// # Errors
/// A file that an encoder needs is not in the list; the message names it.
pub(super) fn find(has: impl Fn(&str) -> bool, from: &str) -> Result<Layout> {
    let weights = if has(SAFETENSORS) {
        Weights::Safetensors(SAFETENSORS)
    } else if has(SAFETENSORS_INDEX) {
        Weights::SafetensorsShards(SAFETENSORS_INDEX)
    } else if has(TORCH) {
        Weights::Torch(TORCH)
    } else if has(TORCH_INDEX) {
        Weights::TorchShards(TORCH_INDEX)
    } else {
        let others: Vec<&str> = ["tf_model.h5", "flax_model.msgpack", "onnx/model.onnx"]
            .into_iter()
            .filter(|name| has(name))
            .collect();
        let found = if others.is_empty() {
            "no weights".to_owned()
        } else {
            format!("only {}", others.join(", "))
        };
        bail!(
            "{from} has {found}: expected {SAFETENSORS}, {SAFETENSORS_INDEX}, {TORCH} or \
             {TORCH_INDEX}"
        );
    };

    let mut small: Vec<&str> = PREPROCESSING.into_iter().filter(|name| has(name)).collect();
    if small.is_empty() {
        bail!(
            "{from} has no preprocessor_config.json, which says how images are resized, nor the \
             processor_config.json that transformers 5 writes in its place"
        );
    }
    let one_file = has(TOKENIZER);
    let two_files = has("vocab.json") && has("merges.txt");
    if !one_file && !two_files {
        bail!("{from} has no tokeniser: expected tokenizer.json, or vocab.json and merges.txt");
    }
    if one_file {
        small.push(TOKENIZER);
    }
    if two_files {
        small.extend(["vocab.json", "merges.txt"]);
    }
    small.extend(
        ["tokenizer_config.json", "special_tokens_map.json"]
            .into_iter()
            .filter(|name| has(name)),
    );
    Ok(Layout { small, weights })
}

impl Layout {
    /// Files that an encoder's reader would take in place of this layout's own, or together with
    /// them, if they lay in the same folder.
    pub(super) fn rivals(&self) -> impl Iterator<Item = &'static str> {
        let weights = match self.weights {
            Weights::Safetensors(name) | Weights::SafetensorsShards(name) => name,
            Weights::Torch(_) | Weights::TorchShards(_) => SAFETENSORS,
        };
        let own = self.small.clone();
        [TOKENIZER, SAFETENSORS, SAFETENSORS_INDEX]
            .into_iter()
            .chain(PREPROCESSING)
            .filter(move |name| *name != weights && !own.contains(name))
    }
}

/// Refuses a file that stands where [`Layout::rivals`] has one, unless it is to be replaced.
///
/// # Errors
/// It is there and `force` is not given. `from` names the encoder's repository or folder.
pub(super) fn refuse_rival(path: &Path, from: &str, force: bool) -> Result<()> {
    ensure!(
        force || !path.exists(),
        "{}: is there already and is no part of the encoder from {from}, whose own files it would \
         be read in place of. Give another folder with -o, or --force to remove it",
        path.display()
    );
    Ok(())
}

/// The shards that an index names, each once, sorted.
///
/// # Errors
/// The index is not JSON with a `weight_map` of names, or names something that is no plain file
/// name: a path would lead out of the folder.
pub(super) fn shards(index: &[u8], name: &str) -> Result<Vec<String>> {
    let index: Value =
        serde_json::from_slice(index).with_context(|| format!("{name}: not valid JSON"))?;
    let Some(map) = index["weight_map"].as_object() else {
        bail!("{name}: expected an object weight_map from tensors to files");
    };
    let mut shards = Vec::new();
    for (tensor, shard) in map {
        let Some(shard) = shard.as_str() else {
            bail!("{name}: weight_map: {tensor}: expected a file name, found {shard}");
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        ensure!(
            shard.chars().all(plain) && !shard.starts_with('.') && !shard.is_empty(),
            "{name}: weight_map: {tensor}: {shard:?} is no plain file name"
        );
        shards.push(shard.to_owned());
    }
    ensure!(!shards.is_empty(), "{name}: weight_map names no file");
    shards.sort();
    shards.dedup();
    Ok(shards)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: [&str; 3] = [CONFIG, "preprocessor_config.json", "tokenizer.json"];

    fn found(more: &[&str]) -> Result<Layout> {
        find(
            |name| SMALL.contains(&name) || more.contains(&name),
            "some/repo",
        )
    }

    #[test]
    fn safetensors_comes_before_pytorch_and_one_file_before_shards() {
        let all = [SAFETENSORS, SAFETENSORS_INDEX, TORCH, TORCH_INDEX];
        let weights = |from: usize| found(&all[from..]).unwrap().weights;
        assert_eq!(weights(0), Weights::Safetensors(SAFETENSORS));
        assert_eq!(weights(1), Weights::SafetensorsShards(SAFETENSORS_INDEX));
        assert_eq!(weights(2), Weights::Torch(TORCH));
        assert_eq!(weights(3), Weights::TorchShards(TORCH_INDEX));
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = |files: &[&str]| {
            let has = |name: &str| files.contains(&name);
            require_config(has, "some/repo")
                .and_then(|()| find(has, "some/repo"))
                .unwrap_err()
                .to_string()
        };
        assert!(message(&[]).contains("no config.json"));
        assert!(message(&["open_clip_config.json"]).contains("OpenCLIP"));
        assert!(message(&[CONFIG, "tf_model.h5"]).contains("only tf_model.h5"));
        assert!(message(&[CONFIG, TORCH]).contains("no preprocessor_config.json"));
        let without_merges = [CONFIG, TORCH, "preprocessor_config.json", "vocab.json"];
        assert!(message(&without_merges).contains("no tokeniser"));
    }

    #[test]
    fn either_name_of_the_preprocessing_will_do_and_both_are_taken() {
        let old = "preprocessor_config.json";
        let new = "processor_config.json";
        for given in [&[old][..], &[new], &[old, new]] {
            let has = |name: &str| given.contains(&name) || [TOKENIZER, TORCH].contains(&name);
            let found = find(has, "some/repo").unwrap().small;
            assert_eq!(found, [given, &[TOKENIZER]].concat());
        }
    }

    #[test]
    fn rivals_are_what_would_be_read_in_place_of_the_layout() {
        let rivals = |more: &[&str]| found(more).unwrap().rivals().collect::<Vec<_>>();
        let new = "processor_config.json";
        assert_eq!(rivals(&[SAFETENSORS]), [SAFETENSORS_INDEX, new]);
        assert_eq!(rivals(&[SAFETENSORS_INDEX, new]), [SAFETENSORS]);
        assert_eq!(rivals(&[TORCH, new]), [SAFETENSORS_INDEX]);
        let two_files = Layout {
            small: vec![PREPROCESSING[0], new, "vocab.json", "merges.txt"],
            weights: Weights::TorchShards(TORCH_INDEX),
        };
        assert_eq!(
            two_files.rivals().collect::<Vec<_>>(),
            [TOKENIZER, SAFETENSORS_INDEX]
        );
    }

    #[test]
    fn an_index_cannot_lead_out_of_the_folder() {
        for shard in ["../x.bin", "/etc/passwd", "a/b.bin", "..", "", "a\\b", ".x"] {
            let index = serde_json::json!({"weight_map": {"t": shard}}).to_string();
            let message = shards(index.as_bytes(), "index").unwrap_err().to_string();
            assert!(message.contains("no plain file name"), "{message}");
        }
        assert!(shards(b"<html>", "index").is_err());
        assert!(shards(b"{}", "index").is_err());
        assert!(shards(br#"{"weight_map": {}}"#, "index").is_err());
        let index = br#"{"weight_map": {"b": "2.bin", "a": "1.bin", "c": "2.bin"}}"#;
        assert_eq!(shards(index, "index").unwrap(), ["1.bin", "2.bin"]);
    }
}
