//! What an encoder is told beside its weights, by a fingerprint.

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::output::hex;

/// Files of an encoder folder that change what it computes, its weights apart.
const FILES: [&str; 8] = [
    "config.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
];

/// SHA-256 over the names, lengths and bytes of those files that are there.
///
/// The fingerprint of the weights stays the same when somebody edits the preprocessing; this one
/// does not, so that a feature store is not continued with another.
pub(crate) fn fingerprint(folder: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for name in FILES {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let bytes =
            std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_changes_with_what_is_told_and_with_nothing_else() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            std::fs::write(home.path().join(name), text).expect("written");
            fingerprint(home.path()).expect("readable")
        };
        let first = write("config.json", "{}");
        assert_eq!(first, write("README.md", "about it"));
        assert_eq!(first, write("model.safetensors", "weights"));
        let second = write("preprocessor_config.json", "{}");
        assert_ne!(first, second);
        assert_ne!(
            second,
            write("preprocessor_config.json", "{\"resample\": 2}")
        );
        assert_eq!(second, write("preprocessor_config.json", "{}"));
    }
}
