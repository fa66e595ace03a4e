//! Datasets by the path, or the pattern of paths, that a user gives.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FileSource, FolderTree};
use crate::Result;
use crate::archive::{TarTree, ZipTree};
use crate::dataset::{Dataset, is_zip};
use crate::error::Error;
use crate::file_tree::FileTree;
use crate::folder_of_tree::FolderOfTree;
use crate::format::Format;
use crate::source::ByteSource;

/// Opens what is at a path: a file, a folder, or where there is neither, the files that match
/// the path as a pattern (`*`, `?`, `[…]`, `**`), by the order of their names.
///
/// # Errors
/// [`Error::Open`] where there is nothing, [`Error::Pattern`] where the pattern cannot be read
/// or matches no file, else as [`Dataset::open`], [`Dataset::open_tree`] and
/// [`Dataset::open_files`].
pub fn open_dataset(path: &Path, format: Option<Format>) -> Result<Dataset> {
    if path.is_dir() {
        let tree: Arc<dyn FileTree> = Arc::new(FolderTree::open(path)?);
        return Dataset::open_tree(&tree, format);
    }
    let pattern = path.to_str().filter(|path| path.contains(['*', '?', '[']));
    match pattern {
        Some(pattern) if !path.exists() => open_pattern(pattern, format),
        _ => Dataset::open(Arc::new(FileSource::open(path)?), format),
    }
}

/// Opens what images are looked up in: a folder, a zip or a tar, or a folder in one of those, such
/// as `data.zip/images`.
///
/// # Errors
/// [`Error::Folder`] where there is nothing, [`Error::ImageRoot`] for a file that is no archive,
/// else as [`ZipTree::open`] and [`TarTree::open`].
pub fn open_image_root(path: &Path) -> Result<Arc<dyn FileTree>> {
    let Some((file, folder)) = split_at_file(path) else {
        return Ok(Arc::new(FolderTree::open(path)?));
    };
    let source: Arc<dyn ByteSource> = Arc::new(FileSource::open(file)?);
    let tree: Arc<dyn FileTree> = if is_zip(&*source)? {
        Arc::new(ZipTree::open(source)?)
    } else {
        match TarTree::open(source) {
            Ok(tar) => Arc::new(tar),
            Err(Error::TarBroken { offset: 0, .. }) => {
                return Err(Error::ImageRoot {
                    path: path.display().to_string(),
                    problem: format!("{} is a file, and neither a zip nor a tar", file.display()),
                });
            }
            Err(error) => return Err(error),
        }
    };
    Ok(folder_in(tree, &folder))
}

/// As [`open_image_root`], where the path may lead into the dataset that was opened from `data`:
/// that is not opened again.
///
/// # Errors
/// As [`open_image_root`].
pub fn open_image_root_of(
    path: &Path,
    dataset: &Dataset,
    data: &Path,
) -> Result<Arc<dyn FileTree>> {
    if let (Some(tree), Some((file, folder))) = (dataset.tree(), split_at_file(path))
        && file.canonicalize().ok() == data.canonicalize().ok()
    {
        return Ok(folder_in(Arc::clone(tree), &folder));
    }
    open_image_root(path)
}

/// The file that a path is or leads into, and what follows it.
fn split_at_file(path: &Path) -> Option<(&Path, String)> {
    let file = path.ancestors().find(|above| above.is_file())?;
    let rest = path.strip_prefix(file).ok()?.components();
    let parts: Option<Vec<&str>> = rest.map(|part| part.as_os_str().to_str()).collect();
    Some((file, parts?.join("/")))
}

fn folder_in(tree: Arc<dyn FileTree>, folder: &str) -> Arc<dyn FileTree> {
    match folder {
        "" => tree,
        folder => Arc::new(FolderOfTree::new(tree, folder)),
    }
}

fn open_pattern(pattern: &str, format: Option<Format>) -> Result<Dataset> {
    let refuse = |problem: String| Error::Pattern {
        pattern: pattern.to_owned(),
        problem,
    };
    let found = glob::glob(pattern).map_err(|error| refuse(error.to_string()))?;
    let mut sources = vec![];
    let mut folder: Option<(PathBuf, Arc<dyn FileTree>)> = None;
    for path in found {
        let path = path.map_err(|error| refuse(error.to_string()))?;
        // A pattern may well match a folder beside the files.
        if !path.is_file() {
            continue;
        }
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Files of one folder follow each other, and share its tree.
        let tree = match &folder {
            Some((last, tree)) if last == parent => Arc::clone(tree),
            _ => Arc::new(FolderTree::open(parent)?),
        };
        folder = Some((parent.to_owned(), Arc::clone(&tree)));
        let place = path
            .file_name()
            .and_then(|name| name.to_str())
            .map(|name| (tree, name.to_owned()));
        let source: Arc<dyn ByteSource> = Arc::new(FileSource::open(&path)?);
        sources.push((source, place));
    }
    if sources.is_empty() {
        return Err(refuse("no file matches it".to_owned()));
    }
    Dataset::open_files(pattern, sources, format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_a_folder_and_a_pattern() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("b.jsonl", "{\"id\": 2}\n");
        write("a.jsonl", "{\"id\": 0}\n{\"id\": 1}");
        write("deep/c.jsonl", "{\"id\": 3}\n");
        write("info.json", "{\n \"version\": 1\n}");
        let open = |name: &str| open_dataset(&home.path().join(name), None);
        let ids = |dataset: &Dataset| -> Vec<String> {
            (0..dataset.len())
                .map(|position| dataset.record(position).unwrap().unwrap().id.unwrap())
                .collect()
        };
        assert_eq!(ids(&open("b.jsonl").unwrap()), ["2"]);
        assert_eq!(ids(&open("*.jsonl").unwrap()), ["0", "1", "2"]);
        assert_eq!(ids(&open("[b]*.jsonl").unwrap()), ["2"]);
        let whole = open("").unwrap();
        assert_eq!(ids(&whole), ["0", "1", "2", "3"]);
        assert_eq!(whole.file_count(), 3);
        assert!(
            whole.remarks()[0].contains("info.json"),
            "{:?}",
            whole.remarks()
        );
        let nothing = open("*.parquet").unwrap_err().to_string();
        assert!(nothing.contains("no file matches"), "{nothing}");
        assert!(open("missing.json").is_err());
    }
}
