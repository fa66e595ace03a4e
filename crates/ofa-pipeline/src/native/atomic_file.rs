//! Files that appear whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::blobs::BlobWriter;

/// The ending of a file that is being written.
pub(super) const PARTIAL: &str = "part";

/// A file written beside its final name and renamed when whole.
///
/// Dropped before [`finish`](Self::finish), it removes what it wrote. What a killed run left is
/// overwritten by the next one; a second run on the same name at the same time is refused.
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
    /// When a folder or the partial file cannot be made; [`io::ErrorKind::WouldBlock`] where
    /// another run is writing it.
    pub fn create(target: &Path) -> io::Result<Self> {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut partial = target.as_os_str().to_owned();
        partial.push(".");
        partial.push(PARTIAL);
        let partial = PathBuf::from(partial);
        let file = take(&partial)?;
        Ok(Self {
            target: target.to_owned(),
            partial,
            file: Some(BufWriter::with_capacity(1 << 18, file)),
        })
    }

    /// Brings the bytes to the disk and puts the file under its name.
    ///
    /// # Errors
    /// When the disk is full or the rename fails; the partial file is removed then.
    pub fn finish(self) -> io::Result<()> {
        self.sync()?.appear()
    }

    /// Brings the bytes to the disk, so that all that can fail for want of room has been done.
    ///
    /// # Errors
    /// When the disk is full; the partial file is removed then.
    pub fn sync(mut self) -> io::Result<SyncedFile> {
        let file = self
            .file
            .take()
            .expect("the file is open until it is finished");
        let synced = file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all().map(|()| file));
        let (target, partial) = (self.target.clone(), self.partial.clone());
        match synced {
            Ok(file) => Ok(SyncedFile {
                target,
                partial: Some(partial),
                _file: file,
            }),
            Err(error) => {
                let _ = fs::remove_file(partial);
                Err(error)
            }
        }
    }
}

/// Opens the partial file, and locks it so that two runs never write to one.
fn take(partial: &Path) -> io::Result<File> {
    loop {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(partial)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    format!("another run is writing {}", partial.display()),
                ));
            }
            // A file system that knows no locks is taken to have one user.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        // The run that held the lock may have renamed the file in between: it is then no
        // longer ours to write to.
        if is_still_at(&file, partial)? {
            if file.metadata()?.len() > 0 {
                file.set_len(0)?;
            }
            return Ok(file);
        }
    }
}

/// Whether an open file is the one that stands at `path` now.
#[cfg(unix)]
pub(super) fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere an open file cannot be renamed by another process.
#[cfg(not(unix))]
pub(super) fn is_still_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// A file whose bytes are on the disk, and which has yet to appear under its name.
#[derive(Debug)]
pub struct SyncedFile {
    target: PathBuf,
    /// `None` once it has its name.
    partial: Option<PathBuf>,
    /// Open for its lock.
    _file: File,
}

impl SyncedFile {
    /// Puts the file under its name, replacing one that stood there.
    ///
    /// # Errors
    /// When the rename fails; the partial file is removed then.
    pub fn appear(mut self) -> io::Result<()> {
        if let Some(partial) = &self.partial {
            fs::rename(partial, &self.target)?;
            self.partial = None;
            sync_folder_of(&self.target);
        }
        Ok(())
    }
}

impl Drop for SyncedFile {
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            let _ = fs::remove_file(partial);
        }
    }
}

/// Brings a name to the disk. Where folders cannot be synced, the file system sees to it.
fn sync_folder_of(target: &Path) {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

impl AtomicFile {
    fn open(&mut self) -> &mut BufWriter<File> {
        self.file
            .as_mut()
            .expect("the file is open until it is finished")
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open().flush()
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

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("listed");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_dropped_leaves_nothing() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let target = home.path().join("x");
        let mut file = AtomicFile::create(&target).expect("a writer");
        file.write_all(b"half").expect("written");
        drop(file);
        let file = AtomicFile::create(&target).expect("a writer");
        drop(file.sync().expect("synced"));
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn what_a_killed_run_left_is_overwritten() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let target = home.path().join("x");
        fs::write(home.path().join("x.part"), b"much of a longer file").expect("written");
        let mut file = AtomicFile::create(&target).expect("a writer");
        file.write_all(b"new").expect("written");
        file.finish().expect("finished");
        assert_eq!(fs::read(&target).expect("read"), b"new");
        assert_eq!(names(home.path()), ["x"]);
    }

    #[test]
    fn two_runs_do_not_write_one_file() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let target = home.path().join("x");
        let first = AtomicFile::create(&target).expect("a writer");
        let error = AtomicFile::create(&target).expect_err("taken");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        let synced = first.sync().expect("synced");
        assert!(AtomicFile::create(&target).is_err(), "until it appears");
        synced.appear().expect("appeared");
        drop(AtomicFile::create(&target).expect("free again"));
        assert_eq!(names(home.path()), ["x"]);
    }
}
