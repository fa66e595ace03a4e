//! A file as a [`ByteSource`].

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::error::Error;
use crate::source::ByteSource;

/// An open file, read at offsets.
///
/// It is read, not mapped: mapped pages would count as this program's memory.
#[derive(Debug)]
pub struct FileSource {
    name: String,
    file: File,
    len: u64,
    modified: Option<SystemTime>,
}

impl FileSource {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// [`Error::Open`] where there is no such file, it may not be read, or it is a folder.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let open = || {
            let file = File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "it is a folder",
                ));
            }
            Ok((file, metadata))
        };
        match open() {
            Ok((file, metadata)) => Ok(Self {
                name,
                file,
                len: metadata.len(),
                modified: modified(&metadata),
            }),
            Err(source) => Err(Error::Open { path: name, source }),
        }
    }
}

/// Some file systems keep no times.
fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

impl ByteSource for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, buf, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buf = &mut buf[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_unchanged(&self) -> io::Result<bool> {
        let now = self.file.metadata()?;
        Ok(now.len() == self.len && modified(&now) == self.modified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_at_offsets_and_seen_to_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.json");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = FileSource::open(&path).unwrap();
        assert_eq!(source.len(), 10);
        let mut bytes = [0; 4];
        source.read_at(3, &mut bytes).unwrap();
        assert_eq!(&bytes, b"3456");
        let error = source.read_at(7, &mut bytes).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(source.is_unchanged().unwrap());
        std::fs::write(&path, b"01234567890").unwrap();
        assert!(!source.is_unchanged().unwrap());
    }

    #[test]
    fn what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.json");
        let message = FileSource::open(&missing).unwrap_err().to_string();
        assert!(
            message.contains("missing.json: cannot be opened"),
            "{message}"
        );
        assert!(FileSource::open(folder.path()).is_err());
    }
}
