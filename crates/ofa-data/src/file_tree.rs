//! Files by path: a folder, or the members of an archive.

use std::sync::Arc;

use crate::Result;
use crate::archive::ZipTree;
use crate::source::ByteSource;

/// A file of a [`FileTree`], as listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeFile {
    /// The path within the tree, with `/` between its parts.
    pub path: String,
    /// Length in bytes.
    pub len: u64,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    /// Length in bytes.
    pub len: u64,
    /// Changes when the file does, as far as the tree can tell: a folder gives the time of the
    /// last change in nanoseconds since 1970, an archive the checksum or the member's place.
    pub stamp: i128,
}

/// Files by path, whatever holds them.
///
/// Paths have `/` between their parts and neither `.`, `..` nor empty parts: a path that could
/// lead out of the tree is none of it.
pub trait FileTree: Send + Sync {
    /// Name for messages, such as the path as the user gave it.
    fn name(&self) -> &str;

    /// Every file below the tree, by the bytes of its path in ascending order. Files whose path is
    /// not UTF-8 or could lead out are left out.
    ///
    /// # Errors
    /// Where the tree cannot be listed.
    fn files(&self) -> Result<Vec<TreeFile>>;

    /// The file at this path; `None` where there is no such file.
    ///
    /// # Errors
    /// In words: what stands there and is no file (a folder, an encrypted member), or what the
    /// system says.
    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError>;

    /// The bytes of the file at this path.
    ///
    /// # Errors
    /// Where it is not there or cannot be opened.
    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>>;

    /// All bytes of the file at this path, if they are at most `most`.
    ///
    /// # Errors
    /// [`ReadError::TooLarge`] before anything is read where the length is known; otherwise what
    /// stands in the way.
    fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, ReadError> {
        let source = match self.open(path) {
            Ok(source) => source,
            Err(error) => {
                return Err(match self.find(path) {
                    Ok(None) => ReadError::Missing("there is no such file any more".to_owned()),
                    _ => ReadError::Unreadable(error.to_string()),
                });
            }
        };
        if source.len() > most {
            return Err(ReadError::TooLarge);
        }
        let length = usize::try_from(source.len()).map_err(|_| ReadError::TooLarge)?;
        let mut bytes = vec![0; length];
        match source.read_at(0, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(ReadError::Unreadable(error.to_string())),
        }
    }

    /// Which path of this tree an absolute path of the system means. It may still have `.` and
    /// `..` in it. `None` where it lies elsewhere, and always for an archive.
    fn within(&self, absolute: &str) -> Option<String> {
        let _ = absolute;
        None
    }

    /// The zip archive that the tree is, where it is one.
    fn as_zip(&self) -> Option<&ZipTree> {
        None
    }

    /// The tree that this is a folder of, and the folder's path in it, where it is one.
    fn folder_of(&self) -> Option<(&Arc<dyn FileTree>, &str)> {
        None
    }

    /// Whether there may be files below this folder: `false` only where there are surely none.
    ///
    /// Spares looking for several files there, one by one.
    fn may_have_folder(&self, path: &str) -> bool {
        let _ = path;
        true
    }
}

/// Whether a path can be one of a [`FileTree`]: no part of it is empty, `.` or `..`.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn is_inner_path(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Why a path of a [`FileTree`] gives no file, although something is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindError {
    /// Something else than a file, in words.
    NotAFile(String),
    /// It cannot be looked at, in words.
    Unreadable(String),
}

/// Why a file of a [`FileTree`] was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file, or no longer, in words.
    Missing(String),
    /// It is there and cannot be read, in words.
    Unreadable(String),
    /// It is longer than what was to be read at most.
    TooLarge,
}
