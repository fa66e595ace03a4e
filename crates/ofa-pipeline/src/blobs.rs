//! Named blobs: the storage that a feature store lives in.

use std::io;

/// A place for named blobs: a folder natively, the origin-private file system in a browser.
///
/// Names are relative, with `/` between parts. A blob appears under its name whole or not
/// at all, so a reader never meets half of one, whatever killed the writer.
pub trait BlobStore {
    /// What to call this place in a message, such as a folder's path.
    fn location(&self) -> String;

    /// The names that start with `prefix` and have no further `/` behind it, in ascending
    /// order: one level of one folder, so that what else lies in a place costs nothing.
    ///
    /// # Errors
    /// When the place cannot be listed. A place that does not exist yet has no blobs.
    fn list(&self, prefix: &str) -> io::Result<Vec<String>>;

    /// The length of a blob in bytes, or `None` where there is no such blob.
    ///
    /// # Errors
    /// When the place cannot be reached.
    fn len(&self, name: &str) -> io::Result<Option<u64>>;

    /// Fills `buffer` from `offset` of a blob.
    ///
    /// # Errors
    /// When there is no such blob or it ends before the buffer is full.
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Begins a blob. It stands under its name once [`BlobWriter::commit`] has returned.
    ///
    /// # Errors
    /// When the place cannot be written to.
    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>>;

    /// Removes a blob; a blob that is not there is no error.
    ///
    /// # Errors
    /// When the blob is there and cannot be removed.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Removes a folder, given as `name/`, with everything below it, begun blobs included; a
    /// folder that is not there is no error.
    ///
    /// # Errors
    /// When something is there and cannot be removed.
    fn remove_folder(&self, folder: &str) -> io::Result<()>;

    /// A whole blob, for the small ones.
    ///
    /// # Errors
    /// As [`BlobStore::read_at`], and where the blob is larger than memory can address.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(len) = self.len(name)? else {
            return Ok(None);
        };
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let mut bytes = vec![0; len];
        self.read_at(name, 0, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes a whole blob at once.
    ///
    /// # Errors
    /// As [`BlobStore::create`] and [`BlobWriter::commit`].
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.create(name)?;
        writer.write_all(bytes)?;
        writer.commit()
    }
}

/// A blob being written. Dropped without a commit, it leaves nothing behind.
pub trait BlobWriter: io::Write {
    /// Puts the blob under its name, replacing one that stood there.
    ///
    /// # Errors
    /// When the bytes cannot be brought to the disk or the name cannot be taken.
    fn commit(self: Box<Self>) -> io::Result<()>;
}
