//! PyTorch checkpoint files to one `model.safetensors`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use super::errors::writing;
use super::torch::{Checkpoint, TensorEntry};

/// Key of the output's header metadata that tells which files it was made from.
///
/// It lets a later run see that a finished `model.safetensors` is this very conversion.
pub(super) const SOURCE_KEY: &str = "converted_from";

/// One checkpoint file to convert: where it lies, the name it is known by, and its SHA-256.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) name: &'a str,
    pub(super) sha256: &'a str,
}

/// Value of [`SOURCE_KEY`] for these sources.
pub(super) fn provenance<'a>(sources: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    sources
        .map(|(name, sha256)| format!("{name} sha256:{sha256}"))
        .collect::<Vec<_>>()
        .join(", ")
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
pub(super) fn convert(sources: &[Source<'_>], to: &Path) -> Result<u64> {
    let mut checkpoints = Vec::with_capacity(sources.len());
    let mut origin: BTreeMap<String, usize> = BTreeMap::new();
    for source in sources {
        let checkpoint = Checkpoint::open(source.path, source.name)?;
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

    let from = provenance(sources.iter().map(|s| (s.name, s.sha256)));
    let (header, data_len) = header(&order, &from)?;
    let file = File::create(to).map_err(|error| writing(to, error))?;
    let mut out = BufWriter::new(file);
    let write = |result: std::io::Result<()>| result.map_err(|error| writing(to, error));
    write(out.write_all(&(header.len() as u64).to_le_bytes()))?;
    write(out.write_all(header.as_bytes()))?;
    for (tensor, at) in &order {
        let mut sink = Sink {
            out: &mut out,
            failed: None,
        };
        let copied = checkpoints[*at].copy(tensor, &mut sink);
        if let Some(error) = sink.failed {
            return Err(writing(to, error));
        }
        copied.with_context(|| format!("tensor {}", tensor.name))?;
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
        json!({ "format": "pt", SOURCE_KEY: from }),
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

/// Keeps apart a failure to write from a failure to read.
struct Sink<'a> {
    out: &'a mut BufWriter<File>,
    failed: Option<std::io::Error>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.write(bytes).inspect_err(|error| {
            self.failed = Some(match error.raw_os_error() {
                Some(code) => std::io::Error::from_raw_os_error(code),
                None => error.kind().into(),
            });
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// The [`SOURCE_KEY`] of a safetensors file's header, if it has one.
pub(super) fn converted_from(path: &Path) -> Option<String> {
    use std::io::Read;
    /// Headers of the largest CLIP have some 100 kB.
    const HEADER_LIMIT: u64 = 64 << 20;

    let mut file = File::open(path).ok()?;
    let mut len = [0; 8];
    file.read_exact(&mut len).ok()?;
    let len = u64::from_le_bytes(len);
    let mut header = Vec::new();
    file.take(len.min(HEADER_LIMIT))
        .read_to_end(&mut header)
        .ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let from = header.get("__metadata__")?.get(SOURCE_KEY)?.as_str()?;
    Some(from.to_owned())
}

#[cfg(test)]
mod tests;
