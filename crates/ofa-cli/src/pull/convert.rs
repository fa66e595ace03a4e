//! PyTorch checkpoint files to one `model.safetensors`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use ofa_data::FileSource;
use ofa_pipeline::torch::{Checkpoint, TensorEntry};
use serde_json::{Map, Value, json};

use super::content_id::Identity;
use super::errors::writing;
use super::layout::SAFETENSORS;
use super::provenance;

/// One checkpoint file to convert: where it lies, the name it is known by, and its ids.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) name: &'a str,
    pub(super) identity: &'a Identity,
}

/// Converts `sources` to `model.safetensors` in `folder`, by way of a temporary name, and gives
/// its length in bytes.
///
/// # Errors
/// As [`Checkpoint::open`]; a tensor that two sources hold; a file cannot be written. Nothing is
/// left of the conversion then: the next run makes it anew from the sources.
pub(super) fn into_folder(sources: &[Source<'_>], folder: &Path) -> Result<u64> {
    let target = folder.join(SAFETENSORS);
    let temporary = folder.join(format!(".{SAFETENSORS}.converting.part"));
    let converted = convert(sources, &temporary).and_then(|bytes| {
        std::fs::rename(&temporary, &target).map_err(|error| writing(&target, error))?;
        Ok(bytes)
    });
    if converted.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    converted
}

/// Writes the tensors of all sources to `to` and returns its length in bytes.
///
/// Names, dtypes, shapes and element bits are kept. Tensors stand widest element type first and
/// then by name, so the same sources give the same bytes. Memory: one block of 1 MiB, or the
/// largest tensor that is not stored in row-major order. `to` is written in place: the caller
/// passes a temporary name and renames.
///
/// # Errors
/// As [`Checkpoint::open`]; a tensor that two sources hold; `to` cannot be written.
fn convert(sources: &[Source<'_>], to: &Path) -> Result<u64> {
    let mut checkpoints = Vec::with_capacity(sources.len());
    let mut origin: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources {
        let file = FileSource::open(source.path)?;
        let checkpoint = Checkpoint::open(Arc::new(file), source.name)?;
        for tensor in checkpoint.tensors() {
            if let Some(other) = origin.insert(tensor.name.clone(), checkpoints.len()) {
                anyhow::bail!(
                    "{}: tensor {} is already in {}",
                    source.name,
                    tensor.name,
                    sources[other].name
                );
            }
        }
        checkpoints.push(checkpoint);
    }
    let mut order: Vec<(TensorEntry, usize)> = checkpoints
        .iter()
        .enumerate()
        .flat_map(|(at, checkpoint)| checkpoint.tensors().iter().map(move |t| (t.clone(), at)))
        .collect();
    order.sort_by(|(a, _), (b, _)| {
        (std::cmp::Reverse(a.dtype.size()), a.dtype, &a.name).cmp(&(
            std::cmp::Reverse(b.dtype.size()),
            b.dtype,
            &b.name,
        ))
    });

    let from = provenance::of(sources);
    let (header, data_len) = header(&order, &from)?;
    let file = File::create(to).map_err(|error| writing(to, error))?;
    let mut out = BufWriter::new(file);
    let write = |result: std::io::Result<()>| result.map_err(|error| writing(to, error));
    write(out.write_all(&(header.len() as u64).to_le_bytes()))?;
    write(out.write_all(header.as_bytes()))?;
    for (tensor, at) in &order {
        checkpoints[*at].copy(tensor, |block| -> Result<()> {
            write(out.write_all(block))
        })?;
    }
    let file = out
        .into_inner()
        .map_err(|error| writing(to, error.into_error()))?;
    write(file.sync_all())?;
    let len = file.metadata().map_err(|error| writing(to, error))?.len();
    let expected = 8 + header.len() as u64 + data_len;
    ensure!(
        len == expected,
        "{}: {len} bytes were written, {expected} expected",
        to.display()
    );
    Ok(len)
}

/// The JSON header, padded with spaces so that the data begins on a multiple of 8 bytes.
fn header(order: &[(TensorEntry, usize)], from: &str) -> Result<(String, u64)> {
    let mut entries = Map::new();
    // `format` is what transformers asks of a file before it reads it.
    entries.insert(
        "__metadata__".to_owned(),
        json!({ "format": "pt", provenance::KEY: from }),
    );
    let mut at = 0u64;
    for (tensor, _) in order {
        let Some(end) = at.checked_add(tensor.bytes()) else {
            anyhow::bail!("tensor {}: the tensors are beyond any file", tensor.name);
        };
        let entry = json!({
            "dtype": tensor.dtype.safetensors_name(),
            "shape": tensor.shape,
            "data_offsets": [at, end],
        });
        ensure!(
            tensor.name != "__metadata__",
            "a tensor named __metadata__ has no place in a safetensors file"
        );
        entries.insert(tensor.name.clone(), entry);
        at = end;
    }
    let mut header = Value::Object(entries).to_string();
    let padded = header.len().next_multiple_of(8);
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    Ok((header, at))
}

#[cfg(test)]
mod tests;
