//! The format before PyTorch 1.6: five pickles (magic number, protocol, system, the state dict,
//! the storage keys), then for each key the element count and the elements.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use anyhow::{Context, Result, bail, ensure};

use super::Extent;
use super::pickle::{Pickle, Value};
use super::tensor::{TensorEntry, state_dict};

/// The low eight bytes of PyTorch's magic number 0x1950a86a20f9469cfc6c.
const MAGIC: i64 = 0xa86a_20f9_469c_fc6c_u64 as i64;

/// The pickles stand before the storages; this much of the file is read to find them.
const HEAD: u64 = 64 << 20;

pub(super) fn read(file: &mut File) -> Result<(Vec<TensorEntry>, BTreeMap<String, Extent>)> {
    let end = file.metadata()?.len();
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head)?;
    let mut at = 0;
    let mut next = || -> Result<Pickle> {
        let pickle = Pickle::read(&head[at..]).with_context(|| format!("at byte {at}"))?;
        at += pickle.len;
        Ok(pickle)
    };

    let magic = next()?;
    ensure!(
        matches!(magic.get(magic.root), Value::Int(MAGIC)),
        "a pickle, but not one that torch.save wrote"
    );
    let protocol = next()?;
    ensure!(
        matches!(protocol.get(protocol.root), Value::Int(1001)),
        "an unknown version of PyTorch's older file format"
    );
    let system = next()?;
    if let Value::Dict(pairs) = system.get(system.root) {
        let big_endian = pairs.iter().any(|&(key, value)| {
            matches!(system.get(key), Value::Text(key) if key == "little_endian")
                && matches!(system.get(value), Value::Bool(false))
        });
        ensure!(
            !big_endian,
            "written on a big-endian machine, which is not read"
        );
    }
    let tensors = state_dict(&next()?)?;
    let keys = next()?;
    let Value::List(ids) = keys.get(keys.root) else {
        bail!(
            "expected the list of storages, found {}",
            keys.get(keys.root).kind()
        );
    };

    let widths: BTreeMap<&str, u64> = tensors
        .iter()
        .map(|tensor| (tensor.storage.as_str(), tensor.dtype.size()))
        .collect();
    let mut extents = BTreeMap::new();
    let mut start = at as u64;
    for &id in ids {
        let Value::Text(key) = keys.get(id) else {
            bail!("expected a storage's key, found {}", keys.get(id).kind());
        };
        let Some(&width) = widths.get(key.as_str()) else {
            bail!("storage {key} belongs to no tensor, so its width is not known");
        };
        let mut count = [0; 8];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut count)
            .with_context(|| format!("storage {key} at byte {start}: the file is cut short"))?;
        let len = u64::from_le_bytes(count).checked_mul(width);
        let data = start + 8;
        let after = len.and_then(|len| data.checked_add(len));
        let (Some(len), Some(after)) = (len, after.filter(|after| *after <= end)) else {
            bail!(
                "storage {key} at byte {start} reaches beyond the end of the file at byte {end}; \
                 the file is cut short or damaged"
            );
        };
        extents.insert(key.clone(), Extent { start: data, len });
        start = after;
    }
    Ok((tensors, extents))
}
