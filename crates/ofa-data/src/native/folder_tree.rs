//! A folder as a [`FileTree`].

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf, is_separator};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use walkdir::WalkDir;

use super::FileSource;
use crate::error::Error;
use crate::file_tree::{FileStat, FileTree, FindError, ReadError, TreeFile, is_inner_path};
use crate::source::ByteSource;

/// A folder and what is below it.
///
/// Symbolic links are followed, also those that lead out: whoever set them up meant them.
#[derive(Debug, Clone)]
pub struct FolderTree {
    path: PathBuf,
    name: String,
    /// The path without links, by which absolute paths may name the folder as well.
    canonical: Option<PathBuf>,
}

impl FolderTree {
    /// Takes a folder.
    ///
    /// # Errors
    /// [`Error::Folder`] where the path is no folder or cannot be looked at.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let name = path.display().to_string();
        let problem = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                return Ok(Self {
                    canonical: fs::canonicalize(&path).ok(),
                    path,
                    name,
                });
            }
            Ok(_) => "it is a file".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(Error::Folder {
            path: name,
            problem,
        })
    }

    /// Where the file of this path is; `None` for what is no path of the tree.
    fn place(&self, path: &str) -> Option<PathBuf> {
        // Where `\` separates too, it is none here: the same reference is to mean the same file
        // on every system.
        let other_separator = |c| c != '/' && is_separator(c);
        let stays_inside = |path: &str| {
            let mut parts = Path::new(path).components();
            parts.all(|part| matches!(part, Component::Normal(_)))
        };
        (is_inner_path(path) && !path.contains(other_separator) && stays_inside(path))
            .then(|| self.path.join(path))
    }

    fn no_such_path(&self, path: &str) -> Error {
        Error::Open {
            path: format!("{}/{path}", self.name),
            source: io::ErrorKind::NotFound.into(),
        }
    }
}

impl FileTree for FolderTree {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> Result<Vec<TreeFile>, Error> {
        let failed = |error: walkdir::Error| Error::List {
            name: self.name.clone(),
            problem: error.to_string(),
        };
        let mut files = vec![];
        for entry in WalkDir::new(&self.path).follow_links(true) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if leads_to_no_file(&error) => continue,
                Err(error) => return Err(failed(error)),
            };
            if !entry.file_type().is_file() {
                continue;
            }
            let Some(path) = entry.path().strip_prefix(&self.path).ok().and_then(slashed) else {
                continue;
            };
            // What macOS leaves beside files is none of the data, as in zips.
            let is_left_over = path.starts_with("__MACOSX/")
                || path
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.starts_with("._"));
            if self.place(&path).is_some() && !is_left_over {
                let len = entry.metadata().map_err(failed)?.len();
                files.push(TreeFile { path, len });
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        let Some(full) = self.place(path) else {
            return Ok(None);
        };
        match fs::metadata(full) {
            Ok(metadata) if metadata.is_file() => Ok(Some(FileStat {
                len: metadata.len(),
                stamp: stamp(&metadata),
            })),
            Ok(metadata) if metadata.is_dir() => Err(FindError::NotAFile("a folder".to_owned())),
            Ok(_) => Err(FindError::NotAFile("no ordinary file".to_owned())),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(FindError::Unreadable(error.to_string())),
        }
    }

    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>, Error> {
        let full = self.place(path).ok_or_else(|| self.no_such_path(path))?;
        Ok(Arc::new(FileSource::open(full)?))
    }

    fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, ReadError> {
        let full = self
            .place(path)
            .ok_or_else(|| ReadError::Missing(self.no_such_path(path).to_string()))?;
        let read = || {
            let file = File::open(full)?;
            let len = file.metadata()?.len();
            if len > most {
                return Ok(None);
            }
            let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default() + 1);
            // One byte more than allowed shows that the file has grown past the limit.
            file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
            Ok((bytes.len() as u64 <= most).then_some(bytes))
        };
        match read() {
            Ok(bytes) => bytes.ok_or(ReadError::TooLarge),
            Err(error) if is_absence(&error) => Err(ReadError::Missing(error.to_string())),
            Err(error) => Err(ReadError::Unreadable(error.to_string())),
        }
    }

    /// Without asking the system about the path: nothing outside of the folder is touched.
    fn within(&self, absolute: &str) -> Option<String> {
        let absolute = Path::new(absolute);
        let inside = |folder: &Path| absolute.strip_prefix(folder).ok().and_then(slashed);
        inside(&self.path).or_else(|| inside(self.canonical.as_deref()?))
    }

    fn may_have_folder(&self, path: &str) -> bool {
        let Some(full) = self.place(path) else {
            return false;
        };
        match fs::metadata(full) {
            Ok(metadata) => metadata.is_dir(),
            Err(error) => !is_absence(&error),
        }
    }
}

/// A relative path with `/` between its parts; `None` where it is not UTF-8.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Whether what could not be listed holds no files of its own: a folder that is being listed
/// already, or a link to nothing or to itself.
fn leads_to_no_file(error: &walkdir::Error) -> bool {
    let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let forbidden = error
        .io_error()
        .is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
    error.loop_ancestor().is_some() || (!forbidden && error.path().is_some_and(is_link))
}

/// Whether the error means that there is no such file, be it for the name's own fault.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::NotFound | Kind::NotADirectory | Kind::InvalidInput | Kind::InvalidFilename
    )
}

/// The time of the last change.
fn stamp(metadata: &Metadata) -> i128 {
    nanoseconds(metadata.modified().ok())
}

/// Nanoseconds since 1970, negative before it; the least number where the time is not known.
fn nanoseconds(time: Option<SystemTime>) -> i128 {
    let number = |span: Duration| span.as_nanos() as i128;
    time.map_or(i128::MIN, |time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => number(after),
        Err(before) => -number(before.duration()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(files: &[&str]) -> (tempfile::TempDir, FolderTree) {
        let folder = tempfile::tempdir().unwrap();
        for path in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"abc").unwrap();
        }
        let tree = FolderTree::open(folder.path()).unwrap();
        (folder, tree)
    }

    fn paths(tree: &FolderTree) -> Vec<String> {
        let files = tree.files().unwrap();
        files.into_iter().map(|file| file.path).collect()
    }

    #[test]
    fn files_are_listed_by_the_bytes_of_their_whole_paths() {
        let (_folder, tree) = folder_of(&["b", "a/z", "a.b", "a/A/x", "é"]);
        assert_eq!(paths(&tree), ["a.b", "a/A/x", "a/z", "b", "é"]);
        assert!(tree.files().unwrap().iter().all(|file| file.len == 3));
    }

    #[test]
    fn a_path_that_could_lead_out_is_none_of_the_tree() {
        let (folder, tree) = folder_of(&["in/a"]);
        let inner = FolderTree::open(folder.path().join("in")).unwrap();
        assert!(inner.find("a").unwrap().is_some());
        let absolute = folder.path().join("in/a");
        for path in [
            "",
            "/a",
            "a/",
            "./a",
            "../in/a",
            "x/../a",
            "a\0",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(inner.find(path), Ok(None), "{path}");
            assert!(inner.open(path).is_err(), "{path}");
            assert!(
                matches!(inner.read(path, 9), Err(ReadError::Missing(_))),
                "{path}"
            );
        }
        assert_eq!(
            tree.find("in"),
            Err(FindError::NotAFile("a folder".to_owned()))
        );
        assert!(tree.may_have_folder("in"));
        assert!(!tree.may_have_folder("in/a") && !tree.may_have_folder("out"));
    }

    #[test]
    fn the_most_that_is_read_is_kept() {
        let (_folder, tree) = folder_of(&["a"]);
        assert_eq!(tree.read("a", 3), Ok(b"abc".to_vec()));
        assert_eq!(tree.read("a", 2), Err(ReadError::TooLarge));
        let opened = FileTree::open(&tree, "a").unwrap();
        let mut bytes = [0; 3];
        opened.read_at(0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"abc");
    }

    #[cfg(unix)]
    #[test]
    fn linked_folders_are_listed_and_loops_are_not_entered() {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;

        let (folder, tree) = folder_of(&["in/a"]);
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("b"), b"").unwrap();
        symlink(elsewhere.path(), folder.path().join("linked")).unwrap();
        symlink(folder.path(), folder.path().join("in/up")).unwrap();
        symlink("nothing", folder.path().join("dangling")).unwrap();
        symlink("self", folder.path().join("self")).unwrap();
        // No text, and so no path.
        let _ = fs::write(
            folder.path().join(std::ffi::OsStr::from_bytes(b"\xff")),
            b"",
        );
        assert_eq!(paths(&tree), ["in/a", "linked/b"]);
    }

    #[test]
    fn what_is_no_folder_is_named() {
        let (folder, _tree) = folder_of(&["a"]);
        for name in ["a", "missing"] {
            let error = FolderTree::open(folder.path().join(name)).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("expected a folder"), "{message}");
        }
    }
}
