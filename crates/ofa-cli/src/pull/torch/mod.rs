//! PyTorch checkpoints (`torch.save` of a state dict), read as data.
//!
//! Both of PyTorch's formats are read: the zip archive of PyTorch 1.6 and later, and the older
//! run of pickles. A [`Checkpoint`] lists the tensors and reads them one at a time from the
//! file, so the memory used is that of the largest single tensor at most.

mod archive;
mod legacy;
mod pickle;
mod tensor;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

pub(super) use tensor::TensorEntry;

/// Blocks in which a contiguous tensor is copied.
const BLOCK: usize = 1 << 20;

/// How many times a file's own length its tensors may have together.
///
/// Tensors may share a storage, as tied weights do. Without a bound, a small file with many names
/// for one storage could ask for any amount of disk.
const MOST_SHARING: u64 = 4;

/// Where a storage lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extent {
    start: u64,
    len: u64,
}

/// An opened checkpoint: the list of its tensors and the file their bytes are in.
pub(super) struct Checkpoint {
    path: PathBuf,
    file: File,
    tensors: Vec<TensorEntry>,
    extents: BTreeMap<String, Extent>,
}

impl Checkpoint {
    /// Reads the list of tensors of the file at `path`. No tensor is read yet.
    ///
    /// # Errors
    /// The file cannot be read, is in neither format, names anything but tensors, a tensor lies
    /// outside its storage or its storage outside the file, or all tensors together are more than
    /// [`MOST_SHARING`] times as large as the file. The message begins with `name`,
    /// by which the user knows the file.
    pub(super) fn open(path: &Path, name: &str) -> Result<Self> {
        let mut file = File::open(path).with_context(|| format!("{name}: cannot be opened"))?;
        let mut magic = [0; 4];
        let read =
            read_up_to(&mut file, &mut magic).with_context(|| format!("{name}: cannot be read"))?;
        let (tensors, extents) = match magic {
            [b'P', b'K', 3, 4] => archive::read(&mut file),
            [0x80, 2..=5, ..] => legacy::read(&mut file),
            _ => Err(anyhow::anyhow!(
                "no PyTorch checkpoint: expected a zip archive (PK) or a pickle, found {}",
                describe(&magic[..read])
            )),
        }
        .with_context(|| format!("{name}: cannot be converted"))?;
        for tensor in &tensors {
            check(tensor, &extents).with_context(|| format!("{name}: tensor {}", tensor.name))?;
        }
        let len = file
            .metadata()
            .with_context(|| format!("{name}: cannot be read"))?
            .len();
        check_total(&tensors, len).with_context(|| format!("{name}: cannot be converted"))?;
        Ok(Self {
            path: PathBuf::from(name),
            file,
            tensors,
            extents,
        })
    }

    /// The tensors in the order of the file.
    pub(super) fn tensors(&self) -> &[TensorEntry] {
        &self.tensors
    }

    /// Writes the elements of one tensor to `out`: row-major, little-endian.
    ///
    /// # Errors
    /// The file cannot be read, or `out` cannot be written.
    pub(super) fn copy(&mut self, tensor: &TensorEntry, out: &mut dyn Write) -> Result<()> {
        let size = tensor.dtype.size();
        let extent = self.extents[&tensor.storage];
        let start = extent.start + tensor.offset * size;
        self.file.seek(SeekFrom::Start(start))?;
        let unreadable = |name: &Path| format!("{}: cannot be read", name.display());
        if tensor.is_contiguous() {
            let mut block = vec![0; BLOCK];
            let mut left = tensor.bytes();
            while left > 0 {
                let now = left.min(BLOCK as u64) as usize;
                self.file
                    .read_exact(&mut block[..now])
                    .with_context(|| unreadable(&self.path))?;
                out.write_all(&block[..now])?;
                left -= now as u64;
            }
            return Ok(());
        }
        let mut span = vec![0; usize::try_from(tensor.span() * size)?];
        self.file
            .read_exact(&mut span)
            .with_context(|| unreadable(&self.path))?;
        let size = size as usize;
        let mut gathered = Vec::with_capacity(BLOCK + size);
        for at in tensor.positions() {
            let at = at as usize * size;
            gathered.extend_from_slice(&span[at..at + size]);
            if gathered.len() >= BLOCK {
                out.write_all(&gathered)?;
                gathered.clear();
            }
        }
        Ok(out.write_all(&gathered)?)
    }
}

/// Refuses a tensor that does not lie within its storage, or a storage cut short.
fn check(tensor: &TensorEntry, extents: &BTreeMap<String, Extent>) -> Result<()> {
    let Some(extent) = extents.get(&tensor.storage) else {
        bail!("its storage {} is not in the file", tensor.storage);
    };
    let size = tensor.dtype.size();
    let declared = tensor.storage_len.checked_mul(size);
    ensure!(
        declared.is_some_and(|declared| declared <= extent.len),
        "its storage {} should hold {} elements of {size} bytes, and {} bytes are there; \
         the file is cut short or damaged",
        tensor.storage,
        tensor.storage_len,
        extent.len
    );
    let end = tensor.offset.checked_add(tensor.span());
    ensure!(
        end.is_some_and(|end| end <= tensor.storage_len),
        "shape {:?} with strides {:?} from element {} does not fit its storage of {} elements",
        tensor.shape,
        tensor.strides,
        tensor.offset,
        tensor.storage_len
    );
    // A stride of 0 repeats elements. No weight is stored so, and a small file could otherwise
    // ask for any amount of disk.
    ensure!(
        tensor.elements() <= tensor.storage_len,
        "shape {:?} repeats the elements of its storage of {}",
        tensor.shape,
        tensor.storage_len
    );
    Ok(())
}

/// Refuses a file of `len` bytes whose tensors share storages beyond measure.
fn check_total(tensors: &[TensorEntry], len: u64) -> Result<()> {
    let total = tensors
        .iter()
        .try_fold(0u64, |sum, tensor| sum.checked_add(tensor.bytes()));
    let most = len.saturating_mul(MOST_SHARING);
    ensure!(
        total.is_some_and(|total| total <= most),
        "its {} tensors share storages so often that they would fill {} bytes; at most {most}, \
         {MOST_SHARING} times the file, are expected",
        tensors.len(),
        total.map_or("more than 2^64".to_owned(), |total| total.to_string())
    );
    Ok(())
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    file.rewind()?;
    Ok(filled)
}

fn describe(start: &[u8]) -> String {
    match start {
        [] => "an empty file".to_owned(),
        [b'<', ..] => "what looks like a web page (it begins with `<`)".to_owned(),
        b"vers" => "a Git LFS pointer (fetch the real file with `git lfs pull`)".to_owned(),
        other => format!("the bytes {other:02x?}"),
    }
}

#[cfg(test)]
mod tests;
