//! Files by path: a folder, or the members of an archive.

use std::sync::Arc;

use crate::Result;
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

    /// Every file below the tree, by the bytes of its path in ascending order. Files whose path is not UTF-8
    /// or could lead out are left out.
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
}

/// Why a path of a [`FileTree`] gives no file, although something is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindError {
    /// Something else than a file, in words.
    NotAFile(String),
    /// It cannot be looked at, in words.
    Unreadable(String),
}
