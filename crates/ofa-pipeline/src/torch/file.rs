//! A file that `torch.save` wrote: its values, and its tensors by position.

use std::collections::BTreeMap;
use std::sync::Arc;

use ofa_data::ByteSource;

use super::pickle::Pickle;
use super::{Node, Problem, TensorEntry, archive, legacy, refuse, require};
use crate::error::{Error, Result};

/// The bytes of the storages, by key.
pub(super) type Storages = BTreeMap<String, Arc<dyn ByteSource>>;

/// An opened file: the values of its pickle, and where the bytes of its tensors are.
pub struct TorchFile {
    name: String,
    pickle: Pickle,
    storages: Storages,
}

impl TorchFile {
    /// Reads the pickle of a file, of at most `most_pickle` bytes. No tensor is read yet.
    ///
    /// Memory: 32 bytes for each value of the pickle, and its texts.
    ///
    /// # Errors
    /// [`Error::Foreign`], which begins with `name`: the file is in neither of PyTorch's formats
    /// or cut short, or its pickle is no plain data. The message names what was found and where.
    pub fn open(source: Arc<dyn ByteSource>, name: &str, most_pickle: u64) -> Result<Self> {
        Self::read(source, name, most_pickle)
            .map_err(|problem| Error::foreign(name, format!("cannot be converted: {problem}")))
    }

    fn read(source: Arc<dyn ByteSource>, name: &str, most_pickle: u64) -> Result<Self, Problem> {
        let mut magic = [0; 4];
        let start = source.len().min(4) as usize;
        source
            .read_at(0, &mut magic[..start])
            .map_err(|error| format!("cannot be read: {error}"))?;
        let (pickle, storages) = match magic {
            [b'P', b'K', 3, 4] => archive::read(source, most_pickle)?,
            [0x80, 2..=5, ..] => legacy::read(source)?,
            _ => refuse!(
                "no PyTorch checkpoint: expected a zip archive (PK) or a pickle, found {}",
                describe(&magic[..start])
            ),
        };
        Ok(Self {
            name: name.to_owned(),
            pickle,
            storages,
        })
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value that was saved.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(&self.pickle, self.pickle.root)
    }

    /// The tensor that a value is; `place` is what messages call it.
    ///
    /// # Errors
    /// [`Error::Foreign`] where it is no tensor, or one that does not lie within its storage.
    pub fn tensor(&self, value: Node<'_>, place: &str) -> Result<TensorEntry> {
        let entry = || {
            let entry = value.tensor(place)?;
            self.check(&entry)?;
            Ok(entry)
        };
        entry().map_err(|problem: Problem| {
            Error::foreign(&self.name, format!("tensor {place}: {problem}"))
        })
    }

    /// The storage of a tensor that [`tensor`](Self::tensor) gave, and the byte in it at which
    /// the tensor begins.
    pub(crate) fn storage(&self, tensor: &TensorEntry) -> (Arc<dyn ByteSource>, u64) {
        let storage = Arc::clone(&self.storages[&tensor.storage]);
        (storage, tensor.offset * tensor.dtype.size())
    }

    /// Gives the elements of a tensor, row-major and little-endian, a block at a time.
    ///
    /// Memory: a megabyte; for a tensor that does not lie row after row, all of it.
    ///
    /// # Errors
    /// [`Error::Foreign`] where the file cannot be read, and whatever `take` gives back.
    pub fn copy<E: From<Error>>(
        &self,
        tensor: &TensorEntry,
        mut take: impl FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        /// Blocks in which a tensor is copied.
        const BLOCK: usize = 1 << 20;
        let unreadable = |error: std::io::Error| {
            let problem = format!("tensor {}: cannot be read: {error}", tensor.name);
            E::from(Error::foreign(&self.name, problem))
        };
        let size = tensor.dtype.size();
        let (storage, start) = self.storage(tensor);
        if tensor.is_contiguous() {
            let mut block = vec![0; BLOCK.min(usize::try_from(tensor.bytes()).unwrap_or(BLOCK))];
            let mut done = 0;
            while done < tensor.bytes() {
                let now = (tensor.bytes() - done).min(BLOCK as u64) as usize;
                storage
                    .read_at(start + done, &mut block[..now])
                    .map_err(unreadable)?;
                take(&block[..now])?;
                done += now as u64;
            }
            return Ok(());
        }
        let span = usize::try_from(tensor.span() * size)
            .map_err(|error| unreadable(std::io::Error::other(error)))?;
        let mut span = vec![0; span];
        storage.read_at(start, &mut span).map_err(unreadable)?;
        let size = size as usize;
        let mut gathered = Vec::with_capacity(BLOCK + size);
        for at in tensor.positions() {
            let at = at as usize * size;
            gathered.extend_from_slice(&span[at..at + size]);
            if gathered.len() >= BLOCK {
                take(&gathered)?;
                gathered.clear();
            }
        }
        take(&gathered)
    }

    /// All elements of a tensor, for the small ones.
    ///
    /// # Errors
    /// As [`copy`](Self::copy).
    pub fn bytes(&self, tensor: &TensorEntry) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(tensor.bytes()).unwrap_or(0));
        self.copy(tensor, |block| {
            bytes.extend_from_slice(block);
            Ok::<(), Error>(())
        })?;
        Ok(bytes)
    }

    /// Refuses a tensor that does not lie within its storage, or a storage cut short.
    fn check(&self, tensor: &TensorEntry) -> Result<(), Problem> {
        let Some(storage) = self.storages.get(&tensor.storage) else {
            refuse!("its storage {} is not in the file", tensor.storage);
        };
        let size = tensor.dtype.size();
        let declared = tensor.storage_len.checked_mul(size);
        require!(
            declared.is_some_and(|declared| declared <= storage.len()),
            "its storage {} should hold {} elements of {size} bytes, and {} bytes are there; \
             the file is cut short or damaged",
            tensor.storage,
            tensor.storage_len,
            storage.len()
        );
        let end = tensor.offset.checked_add(tensor.span());
        require!(
            end.is_some_and(|end| end <= tensor.storage_len),
            "shape {:?} with strides {:?} from element {} does not fit its storage of {} elements",
            tensor.shape,
            tensor.strides,
            tensor.offset,
            tensor.storage_len
        );
        // A stride of 0 repeats elements. No weight is stored so, and a small file could otherwise
        // ask for any amount of disk.
        require!(
            tensor.elements() <= tensor.storage_len,
            "shape {:?} repeats the elements of its storage of {}",
            tensor.shape,
            tensor.storage_len
        );
        Ok(())
    }
}

fn describe(start: &[u8]) -> String {
    match start {
        [] => "an empty file".to_owned(),
        [b'<', ..] => "what looks like a web page (it begins with `<`)".to_owned(),
        b"vers" => "a Git LFS pointer (fetch the real file with `git lfs pull`)".to_owned(),
        other => format!("the bytes {other:02x?}"),
    }
}
