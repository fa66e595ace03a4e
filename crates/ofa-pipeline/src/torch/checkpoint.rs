//! A file that holds a state dict and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use ofa_data::ByteSource;

use super::{TensorEntry, TorchFile};
use crate::error::{Error, Result};

/// A pickle of names and shapes. 64 MiB is a thousand times that of a large CLIP.
const MOST_PICKLE: u64 = 64 << 20;

/// How many times a file's own length its tensors may have together.
///
/// Tensors may share a storage, as tied weights do. Without a bound, a small file with many names
/// for one storage could ask for any amount of disk.
const MOST_SHARING: u64 = 4;

/// An opened checkpoint: the list of its tensors and the file their bytes are in.
pub struct Checkpoint {
    file: TorchFile,
    tensors: Vec<TensorEntry>,
}

impl Checkpoint {
    /// Reads the list of tensors of a file. No tensor is read yet.
    ///
    /// # Errors
    /// As [`TorchFile::open`]; the file holds anything but named tensors, a tensor lies outside its
    /// storage or its storage outside the file, or all tensors together are more than four times
    /// as large as the file. The message begins with `name`, by which the user knows the file.
    pub fn open(source: Arc<dyn ByteSource>, name: &str) -> Result<Self> {
        let len = source.len();
        let file = TorchFile::open(source, name, MOST_PICKLE)?;
        let refused =
            |problem: String| Error::foreign(name, format!("cannot be converted: {problem}"));
        let root = file.root();
        let pairs = root.pairs().ok_or_else(|| {
            let found = root.kind();
            refused(format!(
                "expected a state dict (names and tensors), found {found}"
            ))
        })?;
        let mut names = BTreeSet::new();
        let mut tensors = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let Some(key) = key.text() else {
                let found = key.kind();
                return Err(refused(format!(
                    "expected the name of a tensor, found {found}"
                )));
            };
            if !names.insert(key) {
                return Err(refused(format!("the tensor {key} is there twice")));
            }
            tensors.push(file.tensor(value, key)?);
        }
        if tensors.is_empty() {
            return Err(refused("it holds no tensor".to_owned()));
        }
        check_total(&tensors, len).map_err(refused)?;
        drop(names);
        Ok(Self { file, tensors })
    }

    /// The tensors in the order of the file.
    #[must_use]
    pub fn tensors(&self) -> &[TensorEntry] {
        &self.tensors
    }

    /// Gives the elements of one tensor, row-major and little-endian, a block at a time.
    ///
    /// # Errors
    /// As [`TorchFile::copy`].
    pub fn copy<E: From<Error>>(
        &self,
        tensor: &TensorEntry,
        take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.file.copy(tensor, take)
    }
}

/// Refuses a file of `len` bytes whose tensors share storages beyond measure.
fn check_total(tensors: &[TensorEntry], len: u64) -> Result<(), String> {
    let total = tensors
        .iter()
        .try_fold(0u64, |sum, tensor| sum.checked_add(tensor.bytes()));
    let most = len.saturating_mul(MOST_SHARING);
    if total.is_some_and(|total| total <= most) {
        return Ok(());
    }
    Err(format!(
        "its {} tensors share storages so often that they would fill {} bytes; at most {most}, \
         {MOST_SHARING} times the file, are expected",
        tensors.len(),
        total.map_or("more than 2^64".to_owned(), |total| total.to_string())
    ))
}
