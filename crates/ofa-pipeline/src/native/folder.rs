//! Blobs as files of a folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::atomic_file::{AtomicFile, PARTIAL, is_still_at};
use crate::blobs::{BlobStore, BlobWriter};

/// Name of the file by which a folder is locked.
const LOCK: &str = ".lock";

/// A folder of blobs, each blob a file.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// Keeps other runs out of a folder for as long as it lives.
///
/// Its file goes with it, and so does a folder that was made for it and is still empty.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
    path: PathBuf,
    made: Option<PathBuf>,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // The file is locked until this is done; only an empty folder can be removed.
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
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

    /// Takes the folder for this run alone.
    ///
    /// A lock goes with the process that holds it, however that ends.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where another run holds it; otherwise when the file cannot
    /// be made. A file system that knows no locks is taken to have one user.
    pub fn lock(&self) -> io::Result<FolderLock> {
        let path = self.root.join(LOCK);
        let made = (!self.root.exists()).then(|| self.root.clone());
        loop {
            fs::create_dir_all(&self.root)?;
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::WouldBlock,
                        "another run is writing to this folder; wait for it, or choose another one",
                    ));
                }
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // The run that held the lock may have removed its file in between.
            if is_still_at(&file, &path)? {
                return Ok(FolderLock {
                    _file: file,
                    path,
                    made,
                });
            }
        }
    }
}

/// "Not there" as the answer `None`.
fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl BlobStore for Folder {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let (folder, start) = match prefix.rsplit_once('/') {
            Some((folder, start)) => (format!("{folder}/"), start),
            None => (String::new(), prefix),
        };
        let Some(entries) = if_there(fs::read_dir(self.root.join(&folder)))? else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            // A blob's name is ours, and plain.
            let Some(name) = name.to_str().filter(|name| name.starts_with(start)) else {
                continue;
            };
            let is_whole = Path::new(name)
                .extension()
                .is_none_or(|ending| ending != PARTIAL);
            if is_whole && !entry.path().is_dir() {
                names.push(format!("{folder}{name}"));
            }
        }
        names.sort();
        Ok(names)
    }

    fn len(&self, name: &str) -> io::Result<Option<u64>> {
        let metadata = if_there(fs::metadata(self.root.join(name)))?;
        Ok(metadata.map(|metadata| metadata.len()))
    }

    #[cfg(unix)]
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let file = File::open(self.root.join(name))?;
        std::os::unix::fs::FileExt::read_exact_at(&file, buffer, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = File::open(self.root.join(name))?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>> {
        Ok(Box::new(AtomicFile::create(&self.root.join(name))?))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if_there(fs::remove_file(self.root.join(name))).map(|_| ())
    }

    fn remove_folder(&self, folder: &str) -> io::Result<()> {
        if_there(fs::remove_dir_all(self.root.join(folder))).map(|_| ())
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
        assert!(folder.list("a/").expect("names").is_empty());
        writer.commit().expect("committed");
        assert_eq!(folder.list("a/").expect("names"), ["a/b.bin"]);
        assert_eq!(
            folder.read("a/b.bin").expect("read").as_deref(),
            Some(&b"half"[..])
        );
    }

    #[test]
    fn a_list_is_one_level_deep() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        for name in ["b-2", "b-1", "c", "b-3/b-1", ".work/b-1", ".work/x"] {
            folder.write(name, b"1").expect("written");
        }
        assert_eq!(folder.list("b-").expect("names"), ["b-1", "b-2"]);
        assert_eq!(folder.list(".work/b").expect("names"), [".work/b-1"]);
        assert!(folder.list("nowhere/").expect("names").is_empty());
        folder.remove_folder(".work/").expect("removed");
        folder.remove_folder(".work/").expect("gone already");
        assert!(folder.list(".work/").expect("names").is_empty());
        assert_eq!(folder.list("").expect("names"), ["b-1", "b-2", "c"]);
    }

    #[test]
    fn a_folder_is_one_runs_at_a_time() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = Folder::new(home.path());
        let lock = folder.lock().expect("free");
        let error = folder.lock().expect_err("taken");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        drop(lock);
        drop(folder.lock().expect("free again"));
        assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 0);
        let fresh = Folder::new(home.path().join("fresh"));
        drop(fresh.lock().expect("free"));
        assert!(!fresh.root().exists(), "nothing was written");
    }
}
