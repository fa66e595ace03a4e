//! The zip archive of PyTorch 1.6 and later: `<name>/data.pkl` beside one member per storage.

use std::collections::BTreeMap;
use std::sync::Arc;

use ofa_data::{ByteSource, FileTree, ReadError, ZipTree};

use super::file::Storages;
use super::pickle::Pickle;
use super::tensor::described_storages;
use super::{Problem, refuse, require};

/// The pickle of a file and the bytes of its storages.
pub(super) fn read(
    source: Arc<dyn ByteSource>,
    most_pickle: u64,
) -> Result<(Pickle, Storages), Problem> {
    let zip = ZipTree::open(source).map_err(|error| {
        format!("the zip archive cannot be read; the file is cut short or damaged ({error})")
    })?;
    let files = zip.files().map_err(|error| error.to_string())?;
    let Some(pickle_name) = files
        .iter()
        .map(|file| file.path.as_str())
        .find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
    else {
        refuse!("a zip archive without data.pkl: expected what torch.save writes");
    };
    let prefix = &pickle_name[..pickle_name.len() - "data.pkl".len()];
    if let Some(order) = member(&zip, &format!("{prefix}byteorder"), 16)? {
        require!(
            order == b"little",
            "written on a big-endian machine, which is not read"
        );
    }
    let pickle = member(&zip, pickle_name, most_pickle)?
        .ok_or_else(|| format!("member {pickle_name} is gone"))?;
    let pickle = Pickle::read(&pickle)?;
    let mut storages = BTreeMap::new();
    for key in described_storages(&pickle).into_keys() {
        let name = format!("{prefix}data/{key}");
        match zip.is_stored(&name) {
            // Who reads a tensor of it names the tensor.
            None => continue,
            Some(stored) => require!(
                stored,
                "member {name} is compressed; expected what torch.save writes, \
                 an archive of stored members"
            ),
        }
        let storage = zip.open(&name).map_err(|error| error.to_string())?;
        storages.insert(key, storage);
    }
    Ok((pickle, storages))
}

fn member(zip: &ZipTree, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Problem> {
    match FileTree::read(zip, name, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Missing(_)) => Ok(None),
        Err(ReadError::TooLarge) => Err(format!(
            "member {name} is too large; at most {limit} bytes are expected"
        )),
        Err(ReadError::Unreadable(problem)) => Err(format!("member {name}: {problem}")),
    }
}
