//! Writing a shard: `features-00000.safetensors` and those after it.

use std::collections::BTreeMap;
use std::io::Write;

use half::f16;
use ofa_core::tensor_file::{TensorSpec, TensorType, header};
use safetensors::Dtype;
use safetensors::tensor::Metadata;

use super::Fingerprints;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// The name of the shard with this number, from 0.
#[must_use]
pub fn shard_name(number: u32) -> String {
    format!("features-{number:05}.safetensors")
}

/// The number of the shard with this name; `None` where it is no shard's name.
pub(crate) fn shard_number(name: &str) -> Option<u32> {
    let digits = name
        .strip_prefix("features-")?
        .strip_suffix(".safetensors")?;
    let number = digits.parse().ok()?;
    (shard_name(number) == name).then_some(number)
}

/// The names of a store's shards in the order of their numbers.
///
/// # Errors
/// [`Error::Storage`] where the store cannot be listed.
pub(crate) fn shard_names(store: &dyn BlobStore) -> Result<Vec<String>> {
    let mut names = store
        .list("features-")
        .map_err(|error| Error::storage(store, "", error))?;
    names.retain(|name| shard_number(name).is_some());
    names.sort_by_key(|name| shard_number(name));
    Ok(names)
}

/// Writes one shard. Equal contents give equal bytes.
///
/// # Shapes
/// `index`: `[n]`; `image` and `text`: f16 `[n, dim]`.
///
/// # Errors
/// [`Error::Storage`] where it cannot be written.
pub fn write_shard(
    store: &dyn BlobStore,
    name: &str,
    fingerprints: &Fingerprints,
    dim: usize,
    index: &[i64],
    image: &[f16],
    text: &[f16],
) -> Result<()> {
    let mut metadata = BTreeMap::from([
        ("format".to_owned(), "ofa-features".to_owned()),
        ("version".to_owned(), "1".to_owned()),
    ]);
    for (key, fingerprint) in [
        ("dataset", &fingerprints.dataset),
        ("encoder", &fingerprints.encoder),
    ] {
        if let Some(fingerprint) = fingerprint {
            metadata.insert(key.to_owned(), fingerprint.clone());
        }
    }
    let rows = index.len() as u64;
    let tensor = |name: &str, dtype, shape: &[u64]| TensorSpec {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
    };
    let header = header(
        &metadata,
        &[
            tensor("image", TensorType::F16, &[rows, dim as u64]),
            tensor("index", TensorType::I64, &[rows]),
            tensor("text", TensorType::F16, &[rows, dim as u64]),
        ],
    )?;
    let write = || -> std::io::Result<()> {
        let mut blob = store.create(name)?;
        blob.write_all(&header)?;
        blob.write_all(bytemuck::cast_slice(image))?;
        blob.write_all(bytemuck::cast_slice(index))?;
        blob.write_all(bytemuck::cast_slice(text))?;
        blob.commit()
    };
    write().map_err(|error| Error::storage(store, name, error))
}

/// Longest header of a shard that is looked at; ours take some hundred bytes.
const MOST_HEADER_BYTES: u64 = 1 << 20;

/// The rows of a shard; `None` where there is no such shard, or one that is not whole, or of
/// another width or origin, and so has to be made again.
///
/// Reads the header alone.
pub(crate) fn shard_rows(
    store: &dyn BlobStore,
    number: u32,
    dim: usize,
    fingerprints: &Fingerprints,
) -> Result<Option<u64>> {
    let name = shard_name(number);
    let storage = |error| Error::storage(store, &name, error);
    let Some(len) = store.len(&name).map_err(storage)? else {
        return Ok(None);
    };
    let mut prefix = [0; 8];
    if len < 8 {
        return Ok(None);
    }
    store.read_at(&name, 0, &mut prefix).map_err(storage)?;
    let header_len = u64::from_le_bytes(prefix);
    if header_len > MOST_HEADER_BYTES.min(len - 8) {
        return Ok(None);
    }
    let mut header = vec![0; usize::try_from(header_len).expect("at most a megabyte")];
    store.read_at(&name, 8, &mut header).map_err(storage)?;
    // Not `SafeTensors::read_metadata`, which wants the bytes of the whole file.
    let Ok(header) = serde_json::from_slice::<Metadata>(&header) else {
        return Ok(None);
    };
    let Some(&[rows, width]) = header.info("image").map(|image| image.shape.as_slice()) else {
        return Ok(None);
    };
    let holds = |name: &str, dtype: Dtype, shape: &[usize]| {
        let tensor = header.info(name);
        tensor.is_some_and(|tensor| tensor.dtype == dtype && tensor.shape == shape)
    };
    let is_whole = width == dim
        && holds("image", Dtype::F16, &[rows, dim])
        && holds("text", Dtype::F16, &[rows, dim])
        && holds("index", Dtype::I64, &[rows])
        && len == 8 + header_len + header.data_len() as u64;
    let origin = Fingerprints::from_metadata(&header.metadata().clone().unwrap_or_default());
    Ok((is_whole && origin == *fingerprints).then_some(rows as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Folder;

    #[test]
    fn a_whole_shard_is_told_from_every_other() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let store = Folder::new(home.path());
        let ours = Fingerprints {
            dataset: Some("json:1:a".to_owned()),
            encoder: Some("b".to_owned()),
        };
        let values = [f16::ONE; 6];
        write_shard(
            &store,
            &shard_name(0),
            &ours,
            2,
            &[3, 5, 9],
            &values,
            &values,
        )
        .expect("written");
        let rows =
            |dim, origin: &Fingerprints| shard_rows(&store, 0, dim, origin).expect("readable");
        assert_eq!(rows(2, &ours), Some(3));
        assert_eq!(rows(3, &ours), None, "another width");
        assert_eq!(rows(2, &Fingerprints::default()), None, "another origin");
        assert_eq!(shard_rows(&store, 1, 2, &ours).expect("readable"), None);
        let path = home.path().join(shard_name(0));
        let bytes = std::fs::read(&path).expect("read");
        for len in [0, 7, 8, 40, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..len]).expect("written");
            assert_eq!(rows(2, &ours), None, "cut at {len}");
        }
        std::fs::write(&path, [&bytes[..], &[0]].concat()).expect("written");
        assert_eq!(rows(2, &ours), None, "a byte too many");
    }

    #[test]
    fn only_names_that_are_given_out_are_shards() {
        assert_eq!(shard_number("features-00007.safetensors"), Some(7));
        assert_eq!(shard_number("features-123456.safetensors"), Some(123_456));
        for name in [
            "features-7.safetensors",
            "features-00007.safetensors.part",
            "features-notes.txt",
            "features-l14/features-00000.safetensors",
            "features-+0007.safetensors",
        ] {
            assert_eq!(shard_number(name), None, "{name}");
        }
    }
}
