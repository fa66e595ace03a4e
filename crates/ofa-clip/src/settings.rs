//! What an encoder is told beside its weights, by a fingerprint.

use crate::ExportDtype;
use sha2::{Digest, Sha256};

/// Files of an encoder folder that change what it computes, its weights apart.
pub const SETTINGS_FILES: [&str; 8] = [
    "config.json",
    "merges.txt",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
];

/// SHA-256 over the names, lengths and bytes of those of [`SETTINGS_FILES`] that are there, as 64
/// hexadecimal digits.
///
/// The [fingerprint of the weights](crate::Checkpoint::fingerprint) stays the same when somebody
/// edits the preprocessing, and when weights are exported with fewer bits; this one does not, so
/// that a feature store is not continued with another encoder. `dtype` is that of an export. F32
/// holds every value of its source, so an export as F32 is told the same as its source.
///
/// `read` gives the bytes of a file, or nothing where there is none.
///
/// # Errors
/// Those of `read`.
pub fn settings_fingerprint<E>(
    dtype: Option<ExportDtype>,
    mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>,
) -> Result<String, E> {
    let mut hash = Sha256::new();
    for name in SETTINGS_FILES {
        if let Some(bytes) = read(name)? {
            hash.update(name);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
        }
    }
    if let Some(dtype @ (ExportDtype::F16 | ExportDtype::Q8)) = dtype {
        hash.update("weights as ");
        hash.update(dtype.name());
    }
    Ok(crate::weights::hexadecimal(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    fn of(files: &[(&str, &str)], dtype: Option<ExportDtype>) -> String {
        let files: BTreeMap<&str, &str> = files.iter().copied().collect();
        let read = |name: &str| Ok(files.get(name).map(|text| text.as_bytes().to_vec()));
        settings_fingerprint::<Infallible>(dtype, read).unwrap()
    }

    #[test]
    fn it_changes_with_what_is_told_and_with_nothing_else() {
        let config = ("config.json", "{}");
        let first = of(&[config], None);
        assert_eq!(first, of(&[config, ("README.md", "about it")], None));
        assert_eq!(first, of(&[config, ("model.safetensors", "weights")], None));
        let second = of(&[config, ("preprocessor_config.json", "{}")], None);
        assert_ne!(first, second);
        let third = of(
            &[config, ("preprocessor_config.json", "{\"resample\": 2}")],
            None,
        );
        assert_ne!(second, third);
    }

    #[test]
    fn an_export_with_fewer_bits_is_another_encoder() {
        let with = |dtype| of(&[("config.json", "{}")], dtype);
        assert_eq!(with(None), with(Some(ExportDtype::F32)));
        assert_ne!(with(None), with(Some(ExportDtype::F16)));
        assert_ne!(with(None), with(Some(ExportDtype::Q8)));
        assert_ne!(with(Some(ExportDtype::F16)), with(Some(ExportDtype::Q8)));
    }
}
