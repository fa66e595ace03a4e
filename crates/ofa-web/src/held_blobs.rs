//! The small files of a feature store that JavaScript handed over.

use std::collections::BTreeMap;
use std::io;

use ofa_pipeline::blobs::{BlobStore, BlobWriter};

/// A store of a few files in memory, to be read.
pub(crate) struct HeldBlobs {
    location: String,
    blobs: BTreeMap<&'static str, Vec<u8>>,
}

impl HeldBlobs {
    /// Those of the files that are there.
    pub(crate) fn new(
        location: &str,
        files: impl IntoIterator<Item = (&'static str, Option<Vec<u8>>)>,
    ) -> Self {
        let blobs = files
            .into_iter()
            .filter_map(|(name, bytes)| Some((name, bytes?)));
        Self {
            location: location.to_owned(),
            blobs: blobs.collect(),
        }
    }
}

fn read_only() -> io::Error {
    io::ErrorKind::ReadOnlyFilesystem.into()
}

impl BlobStore for HeldBlobs {
    fn location(&self) -> String {
        self.location.clone()
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let names = self.blobs.keys().filter(|name| name.starts_with(prefix));
        Ok(names.map(|name| (*name).to_owned()).collect())
    }

    fn len(&self, name: &str) -> io::Result<Option<u64>> {
        Ok(self.blobs.get(name).map(|bytes| bytes.len() as u64))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let bytes = self.blobs.get(name).ok_or(io::ErrorKind::NotFound)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let part = bytes.get(start..).and_then(|rest| rest.get(..buffer.len()));
        buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn BlobWriter>> {
        Err(read_only())
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Err(read_only())
    }

    fn remove_folder(&self, _: &str) -> io::Result<()> {
        Err(read_only())
    }
}
