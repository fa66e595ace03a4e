//! Files that a page was given, as a tree.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ofa_data::{ByteSource, Error, FileStat, FileTree, FindError, TreeFile};

use crate::blob_source::{BlobSource, SourceFile};
use crate::failure::{Failure, FailureCode, Result};

/// Files by path: a folder that was dropped, or several files.
///
/// Handles alone are held, so that a folder of 600,000 files takes no more than their paths.
pub(crate) struct DroppedFiles {
    name: String,
    files: BTreeMap<String, Arc<BlobSource>>,
    /// Every folder that some file is below.
    folders: HashSet<String>,
}

impl DroppedFiles {
    /// Takes files. A folder that all of them are in is the tree itself, and no part of the paths.
    ///
    /// # Errors
    /// `bad_dataset` where a path could lead out of the tree or comes twice.
    pub(crate) fn new(files: Vec<SourceFile>) -> Result<Self> {
        let refuse = |path: &str, problem: &str| {
            Failure::new(FailureCode::BadDataset, format!("{path:?}: {problem}"))
        };
        let top = shared_top(&files);
        let mut by_path = BTreeMap::new();
        let mut folders = HashSet::new();
        for SourceFile { path, source } in files {
            let inner = path[top.len()..].to_owned();
            if inner.split('/').any(|part| matches!(part, "" | "." | "..")) {
                let expected = "expected a path below the folder, with `/` between its parts";
                return Err(refuse(&path, expected));
            }
            // What macOS leaves beside files is none of the data, as in zips and folders.
            let last = inner.rsplit('/').next().unwrap_or(&inner);
            if last.starts_with("._") || inner.starts_with("__MACOSX/") {
                continue;
            }
            let mut folder = inner.as_str();
            while let Some(at) = folder.rfind('/') {
                folder = &folder[..at];
                if !folders.insert(folder.to_owned()) {
                    break;
                }
            }
            if by_path.insert(inner, Arc::new(source)).is_some() {
                return Err(refuse(&path, "is there twice; give each file once"));
            }
        }
        let name = match top.trim_end_matches('/') {
            "" => "the dropped files".to_owned(),
            top => top.to_owned(),
        };
        Ok(Self {
            name,
            files: by_path,
            folders,
        })
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The only file, where there is one.
    pub(crate) fn single(&self) -> Option<&Arc<BlobSource>> {
        self.files.values().next().filter(|_| self.len() == 1)
    }

    /// Files whose name ends with one of these, lower case, by path.
    pub(crate) fn ending_with<'a>(
        &'a self,
        endings: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a Arc<BlobSource>)> {
        self.files.iter().filter_map(move |(path, source)| {
            let ending = path.rsplit_once('.')?.1.to_ascii_lowercase();
            endings
                .contains(&ending.as_str())
                .then_some((path.as_str(), source))
        })
    }
}

/// The folder, with `/` at its end, that all paths start with; empty where there is none.
fn shared_top(files: &[SourceFile]) -> String {
    let top = |path: &str| path.split_once('/').map(|(top, _)| format!("{top}/"));
    let Some(first) = files.first().and_then(|file| top(&file.path)) else {
        return String::new();
    };
    match files.iter().all(|file| file.path.starts_with(&first)) {
        true => first,
        false => String::new(),
    }
}

impl FileTree for DroppedFiles {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> ofa_data::Result<Vec<TreeFile>> {
        let listed = self.files.iter().map(|(path, source)| TreeFile {
            path: path.clone(),
            len: source.length(),
        });
        Ok(listed.collect())
    }

    fn find(&self, path: &str) -> std::result::Result<Option<FileStat>, FindError> {
        if self.folders.contains(path) {
            return Err(FindError::NotAFile("it is a folder".to_owned()));
        }
        Ok(self.files.get(path).map(|source| FileStat {
            len: source.length(),
            stamp: source.stamp(),
        }))
    }

    fn open(&self, path: &str) -> ofa_data::Result<Arc<dyn ByteSource>> {
        match self.files.get(path) {
            Some(source) => Ok(Arc::clone(source) as Arc<dyn ByteSource>),
            None => Err(Error::Open {
                path: format!("{}/{path}", self.name),
                source: std::io::ErrorKind::NotFound.into(),
            }),
        }
    }

    fn may_have_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains(path)
    }
}
