//! The format before PyTorch 1.6: five pickles (magic number, protocol, system, the data, the
//! storage keys), then for each key the element count and the elements.

use std::collections::BTreeMap;
use std::sync::Arc;

use ofa_data::{ByteSource, PartSource};

use super::file::Storages;
use super::pickle::{Pickle, Value};
use super::tensor::described_storages;
use super::{Problem, refuse, require};

/// PyTorch's magic number 0x1950a86a20f9469cfc6c, little-endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// The pickles stand before the storages; this much of the file is read to find them.
const HEAD: u64 = 64 << 20;

/// The pickle of the data and the bytes of the storages.
pub(super) fn read(source: Arc<dyn ByteSource>) -> Result<(Pickle, Storages), Problem> {
    let end = source.len();
    let mut head = vec![0; end.min(HEAD) as usize];
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    source.read_at(0, &mut head).map_err(unreadable)?;
    let mut at = 0;
    let mut next = || -> Result<Pickle, Problem> {
        let pickle = Pickle::read(&head[at..]).map_err(|why| format!("at byte {at}: {why}"))?;
        at += pickle.len;
        Ok(pickle)
    };

    let magic = next()?;
    require!(
        matches!(magic.get(magic.root), Value::BigInt(bytes) if *bytes == MAGIC),
        "a pickle, but not one that torch.save wrote"
    );
    let protocol = next()?;
    require!(
        matches!(protocol.get(protocol.root), Value::Int(1001)),
        "an unknown version of PyTorch's older file format"
    );
    let system = next()?;
    if let Value::Dict(pairs) = system.get(system.root) {
        let big_endian = pairs.iter().any(|&(key, value)| {
            matches!(system.get(key), Value::Text(key) if key == "little_endian")
                && matches!(system.get(value), Value::Bool(false))
        });
        require!(
            !big_endian,
            "written on a big-endian machine, which is not read"
        );
    }
    let data = next()?;
    let keys = next()?;
    let Value::List(ids) = keys.get(keys.root) else {
        refuse!(
            "expected the list of storages, found {}",
            keys.get(keys.root).kind()
        );
    };

    let described = described_storages(&data);
    let mut storages = BTreeMap::new();
    let mut start = at as u64;
    for &id in ids {
        let Value::Text(key) = keys.get(id) else {
            refuse!("expected a storage's key, found {}", keys.get(id).kind());
        };
        let Some(dtype) = described.get(key) else {
            refuse!("storage {key} belongs to no tensor, so its width is not known");
        };
        let mut count = [0; 8];
        source
            .read_at(start, &mut count)
            .map_err(|_| format!("storage {key} at byte {start}: the file is cut short"))?;
        let len = u64::from_le_bytes(count).checked_mul(dtype.size());
        let data = start + 8;
        let Some(after) = len
            .and_then(|len| data.checked_add(len))
            .filter(|after| *after <= end)
        else {
            refuse!(
                "storage {key} at byte {start} reaches beyond the end of the file at byte {end}; \
                 the file is cut short or damaged"
            );
        };
        let name = format!("{}, storage {key}", source.name());
        let part = PartSource::new(Arc::clone(&source), data..after, name).map_err(unreadable)?;
        storages.insert(key.clone(), Arc::new(part) as Arc<dyn ByteSource>);
        start = after;
    }
    Ok((data, storages))
}
