//! One folder of a tree, as a tree of its own.

use std::sync::Arc;

use crate::Result;
use crate::file_tree::{FileStat, FileTree, FindError, ReadError, TreeFile};
use crate::source::ByteSource;

/// The files below one folder of another tree.
pub struct FolderOfTree {
    tree: Arc<dyn FileTree>,
    /// The folder's path, with `/` at its end.
    prefix: String,
    name: String,
}

impl FolderOfTree {
    /// Takes a tree and the path of a folder in it, which need not be there.
    pub fn new(tree: Arc<dyn FileTree>, folder: &str) -> Self {
        Self {
            name: format!("{}/{folder}", tree.name().trim_end_matches('/')),
            prefix: format!("{folder}/"),
            tree,
        }
    }

    fn whole(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

impl FileTree for FolderOfTree {
    fn name(&self) -> &str {
        &self.name
    }

    fn files(&self) -> Result<Vec<TreeFile>> {
        let files = self.tree.files()?;
        let below = files.into_iter().filter_map(|file| {
            let path = file.path.strip_prefix(&self.prefix)?.to_owned();
            Some(TreeFile { path, ..file })
        });
        Ok(below.collect())
    }

    fn find(&self, path: &str) -> Result<Option<FileStat>, FindError> {
        self.tree.find(&self.whole(path))
    }

    fn open(&self, path: &str) -> Result<Arc<dyn ByteSource>> {
        self.tree.open(&self.whole(path))
    }

    fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, ReadError> {
        self.tree.read(&self.whole(path), most)
    }

    fn folder_of(&self) -> Option<(&Arc<dyn FileTree>, &str)> {
        Some((&self.tree, &self.prefix[..self.prefix.len() - 1]))
    }

    fn may_have_folder(&self, path: &str) -> bool {
        self.tree.may_have_folder(&self.whole(path))
    }
}
