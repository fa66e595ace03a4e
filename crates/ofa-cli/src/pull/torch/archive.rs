//! The zip archive of PyTorch 1.6 and later: `<name>/data.pkl` beside one member per storage.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};

use anyhow::{Context, Result, bail, ensure};
use zip::{CompressionMethod, ZipArchive};

use super::Extent;
use super::pickle::Pickle;
use super::tensor::{TensorEntry, state_dict};

/// A pickle of names and shapes. 64 MiB is a thousand times that of a large CLIP.
const PICKLE_LIMIT: u64 = 64 << 20;

pub(super) fn read(file: &mut File) -> Result<(Vec<TensorEntry>, BTreeMap<String, Extent>)> {
    let mut zip = ZipArchive::new(BufReader::new(file))
        .context("the zip archive cannot be read; the file is cut short or damaged")?;
    let Some(pickle_name) = zip
        .file_names()
        .find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
        .map(str::to_owned)
    else {
        bail!("a zip archive without data.pkl: expected what torch.save writes");
    };
    let prefix = &pickle_name[..pickle_name.len() - "data.pkl".len()];

    if let Some(order) = member(&mut zip, &format!("{prefix}byteorder"), 16)? {
        ensure!(
            order == b"little",
            "written on a big-endian machine, which is not read"
        );
    }
    let pickle = member(&mut zip, &pickle_name, PICKLE_LIMIT)?
        .expect("the archive's own list has this name");
    let pickle = Pickle::read(&pickle)?;
    let tensors = state_dict(&pickle)?;

    let mut extents = BTreeMap::new();
    for tensor in &tensors {
        if extents.contains_key(&tensor.storage) {
            continue;
        }
        let name = format!("{prefix}data/{}", tensor.storage);
        let Some(index) = zip.index_for_name(&name) else {
            // The caller names the tensor.
            continue;
        };
        let entry = zip
            .by_index_raw(index)
            .with_context(|| format!("member {name}"))?;
        ensure!(
            entry.compression() == CompressionMethod::Stored && !entry.encrypted(),
            "member {name} is compressed; expected what torch.save writes, \
             an archive of stored members"
        );
        let Some(start) = entry.data_start() else {
            bail!("member {name} has no place in the file; the file is damaged");
        };
        let len = entry.size();
        extents.insert(tensor.storage.clone(), Extent { start, len });
    }
    // A stored member may claim any length: the file's own length has the last word.
    let end = zip.into_inner().into_inner().metadata()?.len();
    for (key, extent) in &extents {
        ensure!(
            extent
                .start
                .checked_add(extent.len)
                .is_some_and(|to| to <= end),
            "storage {key} reaches beyond the end of the file at byte {end}"
        );
    }
    Ok((tensors, extents))
}

fn member(
    zip: &mut ZipArchive<BufReader<&mut File>>,
    name: &str,
    limit: u64,
) -> Result<Option<Vec<u8>>> {
    let Some(index) = zip.index_for_name(name) else {
        return Ok(None);
    };
    let entry = zip
        .by_index(index)
        .with_context(|| format!("member {name}"))?;
    ensure!(
        entry.size() <= limit,
        "member {name} has {} bytes; at most {limit} are expected",
        entry.size()
    );
    let mut bytes = Vec::new();
    entry
        .take(limit)
        .read_to_end(&mut bytes)
        .with_context(|| format!("member {name}"))?;
    Ok(Some(bytes))
}
