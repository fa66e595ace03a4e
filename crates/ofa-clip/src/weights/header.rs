//! The header of a safetensors file: names, dtypes, shapes and places of its tensors.

use super::WeightSource;
use crate::{Error, Result};
use safetensors::Dtype;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What the format allows at most.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// One tensor of a file.
pub(super) struct TensorPlace {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// Position of its first byte in the file.
    pub(super) offset: u64,
    /// Number of bytes.
    pub(super) length: u64,
}

#[derive(Deserialize)]
struct HeaderJson {
    #[serde(rename = "__metadata__")]
    _metadata: Option<serde::de::IgnoredAny>,
    #[serde(flatten)]
    tensors: BTreeMap<String, TensorJson>,
}

#[derive(Deserialize)]
struct TensorJson {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// The JSON header of tensors whose bytes follow in this order without gaps, padded so that they begin
/// at a multiple of 8 bytes. The same tensors give the same header.
pub(crate) fn header_of<'a>(
    metadata: &[(&str, &str)],
    tensors: impl IntoIterator<Item = (&'a str, Dtype, &'a [usize])>,
) -> String {
    let pairs = metadata.iter();
    let pairs: Map<String, Value> = pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).into()))
        .collect();
    let mut entries = Map::new();
    entries.insert("__metadata__".into(), Value::Object(pairs));
    let mut at = 0;
    for (name, dtype, shape) in tensors {
        let end = at + bytes_of(dtype, shape);
        let entry = json!({
            "dtype": dtype.to_string(),
            "shape": shape,
            "data_offsets": [at, end],
        });
        entries.insert(name.to_owned(), entry);
        at = end;
    }
    let mut header = Value::Object(entries).to_string();
    let padded = header.len().next_multiple_of(8);
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    header
}

/// Bytes of a tensor. One that is in memory or in a file is too small for this to overflow.
pub(super) fn bytes_of(dtype: Dtype, shape: &[usize]) -> u64 {
    let values: u64 = shape.iter().map(|size| *size as u64).product();
    (values * dtype.bitsize() as u64).div_ceil(8)
}

/// Reads and checks the header of one file.
pub(super) fn read(file: &str, source: &dyn WeightSource) -> Result<BTreeMap<String, TensorPlace>> {
    let bad = |reason: String| Error::BadWeightFile {
        file: file.to_owned(),
        reason,
    };
    let found = source.len();
    let mut prefix = [0; 8];
    if found < 8 {
        return Err(bad(format!("expected at least 8 bytes, found {found}")));
    }
    super::checkpoint::read_at(file, source, 0, &mut prefix)?;
    let header_len = u64::from_le_bytes(prefix);
    if header_len > MAX_HEADER_BYTES || header_len > found - 8 {
        return Err(bad(format!(
            "expected a header of {header_len} bytes, found a file of {found} bytes"
        )));
    }
    let mut header = vec![0; usize::try_from(header_len).expect("at most 100 MB")];
    super::checkpoint::read_at(file, source, 8, &mut header)?;
    let header: HeaderJson = serde_json::from_slice(&header)
        .map_err(|error| bad(format!("its header is not a safetensors header: {error}")))?;

    let data_start = 8 + header_len;
    let data_len = found - data_start;
    let mut places = BTreeMap::new();
    for (name, tensor) in header.tensors {
        let (start, end) = tensor.data_offsets;
        if end > data_len {
            return Err(bad(format!(
                "expected at least {} bytes because of tensor `{name}`, found {found}",
                data_start.saturating_add(end)
            )));
        }
        let length = end.checked_sub(start).ok_or_else(|| {
            bad(format!(
                "tensor `{name}` ends at {end}, before it starts at {start}"
            ))
        })?;
        let expected = tensor
            .shape
            .iter()
            .try_fold(tensor.dtype.bitsize() as u64, |bits, size| {
                bits.checked_mul(*size as u64)
            })
            .map(|bits| bits.div_ceil(8));
        if expected != Some(length) {
            return Err(bad(format!(
                "tensor `{name}` is {} {:?} and has {length} bytes",
                tensor.dtype, tensor.shape
            )));
        }
        let place = TensorPlace {
            dtype: tensor.dtype,
            shape: tensor.shape,
            offset: data_start + start,
            length,
        };
        places.insert(name, place);
    }
    Ok(places)
}
