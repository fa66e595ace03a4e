//! Blobs as files of a folder, and files that appear whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::blobs::{BlobStore, BlobWriter};

/// The ending of a file that is being written.
const PARTIAL: &str = "part";

/// A folder of blobs, each blob a file.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder at `root`; it is made when the first blob is written.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the folder is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn collect(&self, folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                self.collect(&path, names)?;
            } else if path.extension().is_none_or(|ending| ending != PARTIAL)
                && let Some(name) = path.strip_prefix(&self.root).ok().and_then(Path::to_str)
            {
                names.push(name.replace('\\', "/"));
            }
        }
        Ok(())
    }
}

impl BlobStore for Folder {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        self.collect(&self.root, &mut names)?;
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        Ok(names)
    }

    fn len(&self, name: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.root.join(name)) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        File::open(self.root.join(name))?.read_exact_at(buffer, offset)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>> {
        Ok(Box::new(AtomicFile::create(&self.root.join(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// A file written beside its final name and renamed when whole.
///
/// Dropped without [`BlobWriter::commit`], it removes what it wrote.
#[derive(Debug)]
pub struct AtomicFile {
    target: PathBuf,
    partial: PathBuf,
    file: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Begins a file at `target`, making the folders above it.
    ///
    /// # Errors
    /// When a folder or the partial file cannot be made.
    pub fn create(target: &Path) -> io::Result<Self> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut partial = target.as_os_str().to_owned();
        partial.push(".");
        partial.push(PARTIAL);
        let partial = PathBuf::from(partial);
        let file = BufWriter::with_capacity(1 << 18, File::create(&partial)?);
        Ok(Self {
            target: target.to_owned(),
            partial,
            file: Some(file),
        })
    }

    /// Brings the bytes to the disk and puts the file under its name.
    ///
    /// # Errors
    /// When the disk is full or the rename fails; the partial file is removed then.
    pub fn finish(mut self) -> io::Result<()> {
        let file = self
            .file
            .take()
            .expect("the file is open until it is finished");
        let done = file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.partial, &self.target));
        if done.is_err() {
            let _ = fs::remove_file(&self.partial);
        }
        done
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file
            .as_mut()
            .expect("the file is open until it is finished")
            .write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file
            .as_mut()
            .expect("the file is open until it is finished")
            .flush()
    }
}

impl BlobWriter for AtomicFile {
    fn commit(self: Box<Self>) -> io::Result<()> {
        self.finish()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_appears_when_it_is_committed_and_not_before() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path().join("store"));
        let mut writer = folder.create("a/b.bin").expect("a writer");
        writer.write_all(b"half").expect("written");
        assert_eq!(folder.len("a/b.bin").expect("length"), None);
        assert!(folder.list("").expect("names").is_empty());
        writer.commit().expect("committed");
        assert_eq!(folder.list("a/").expect("names"), ["a/b.bin"]);
        assert_eq!(
            folder.read("a/b.bin").expect("read").as_deref(),
            Some(&b"half"[..])
        );
    }

    #[test]
    fn a_writer_that_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        let mut writer = folder.create("x").expect("a writer");
        writer.write_all(b"half").expect("written");
        drop(writer);
        assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 0);
    }
}
