//! Writing a shard: `features-00000.safetensors` and those after it.

use std::collections::BTreeMap;
use std::io::Write;

use half::f16;
use ofa_core::tensor_file::{TensorSpec, TensorType, header};
use safetensors::SafeTensors;

use super::Fingerprints;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// The name of the shard with this number, from 0.
#[must_use]
pub fn shard_name(number: u32) -> String {
    format!("features-{number:05}.safetensors")
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

/// The rows of a shard; `None` where there is no such shard, or one that is not whole and of
/// this width and so has to be made again.
pub(crate) fn shard_rows(store: &dyn BlobStore, number: u32, dim: usize) -> Result<Option<u64>> {
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
    if header_len.checked_add(8).is_none_or(|end| end > len) {
        return Ok(None);
    }
    let Ok(size) = usize::try_from(header_len + 8) else {
        return Ok(None);
    };
    let mut header = vec![0; size];
    store.read_at(&name, 0, &mut header).map_err(storage)?;
    let Ok((_, header)) = SafeTensors::read_metadata(&header) else {
        return Ok(None);
    };
    let Some(image) = header.info("image") else {
        return Ok(None);
    };
    let &[rows, width] = image.shape.as_slice() else {
        return Ok(None);
    };
    let expected = header_len + 8 + (rows * (width * 4 + 8)) as u64;
    Ok((width == dim && expected == len).then_some(rows as u64))
}
