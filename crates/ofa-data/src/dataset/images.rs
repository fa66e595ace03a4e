//! The images of a dataset: those that its records name, and those that it carries.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Dataset;
use crate::file_tree::FileTree;
use crate::folder_of_tree::FolderOfTree;
use crate::identity;
use crate::image_source::{ImageFile, ImagePlace, ImageReference, ImageSource, Located};
use crate::images::ImageRoots;
use crate::skip::{Skip, SkipReason};
use crate::source::ByteSource;

/// Finds and reads the images of a dataset's records.
///
/// A path is looked up under the roots that were given, in their order; then, where the dataset
/// is a folder or an archive, beside the record's file in it and in each folder above that.
pub struct DatasetImages {
    dataset: Arc<Dataset>,
    /// The roots that were given, which each source has before its own: of each the folder of the
    /// dataset's tree that it is, where it is one.
    given: Vec<Option<String>>,
    sources: Vec<Source>,
    /// The source of each of the dataset's files.
    of_file: Vec<u32>,
}

/// The roots for the files of records of one folder.
struct Source {
    roots: ImageRoots,
    /// Those of them that are the dataset's own.
    own: ImageRoots,
    /// The folder of the files of records in their tree.
    folder: String,
}

impl DatasetImages {
    /// Images that records name are looked up in `roots` first.
    pub fn new(dataset: Arc<Dataset>, roots: Vec<Arc<dyn FileTree>>) -> Self {
        let mut sources: Vec<(Option<Arc<dyn FileTree>>, Source)> = vec![];
        let mut of_file = Vec::with_capacity(dataset.file_count());
        for file in dataset.files() {
            let tree = file.within.as_ref().map(|within| &within.tree);
            let folder = file.within.as_ref().map_or("", |within| {
                within.path.rfind('/').map_or("", |at| &within.path[..at])
            });
            let is_same = |(other, source): &(Option<Arc<dyn FileTree>>, Source)| {
                source.folder == folder
                    && match (tree, other) {
                        (Some(tree), Some(other)) => Arc::ptr_eq(tree, other),
                        (None, None) => true,
                        _ => false,
                    }
            };
            // Files of one folder follow each other.
            if !sources.last().is_some_and(is_same) {
                let mut own: Vec<Arc<dyn FileTree>> = vec![];
                if let Some(tree) = tree {
                    let mut above = folder;
                    while !above.is_empty() {
                        own.push(Arc::new(FolderOfTree::new(Arc::clone(tree), above)));
                        above = above.rfind('/').map_or("", |at| &above[..at]);
                    }
                    own.push(Arc::clone(tree));
                }
                let source = Source {
                    roots: ImageRoots::over(roots.iter().chain(&own).cloned().collect()),
                    own: ImageRoots::over(own),
                    folder: folder.to_owned(),
                };
                sources.push((tree.cloned(), source));
            }
            of_file.push(sources.len() as u32 - 1);
        }
        Self {
            given: roots.iter().map(|root| folder_in(&dataset, root)).collect(),
            dataset,
            sources: sources.into_iter().map(|(_, source)| source).collect(),
            of_file,
        }
    }

    /// The dataset.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
    }

    /// Finds the `nth` image of the record at `position`, without reading it.
    ///
    /// # Errors
    /// A [`Skip`] with `image_url` for an address on the network, else as
    /// [`ImageSource::locate`].
    pub fn locate(
        &self,
        position: u64,
        nth: u32,
        reference: &ImageReference,
    ) -> Result<Located, Skip> {
        match reference {
            ImageReference::Path(path) if is_url(path) => {
                let mut shown: String = path.chars().take(200).collect();
                if shown.len() < path.len() {
                    shown.push('…');
                }
                Err(Skip::new(SkipReason::ImageUrl, shown))
            }
            ImageReference::Path(path) => {
                let (file, _) = self
                    .dataset
                    .place(position)
                    .map_err(|error| Skip::new(SkipReason::ImageMissing, error.to_string()))?;
                self.locate_path(self.of_file[file], path)
            }
            ImageReference::Embedded(image) => Ok(Located {
                file: ImageFile {
                    key: image.key,
                    len: None,
                    place: ImagePlace::Record { position, nth },
                    path: image.name.clone(),
                },
                repairs: vec![],
            }),
        }
    }

    fn locate_path(&self, number: u32, path: &str) -> Result<Located, Skip> {
        let source = &self.sources[number as usize];
        let mut located = source.roots.locate(path)?;
        if let ImagePlace::Root(root) = located.file.place
            && root as usize >= self.given.len()
        {
            // The same number means another folder for the files of another one.
            let mut hash = Sha256::new();
            hash.update(located.file.key.to_le_bytes());
            hash.update(number.to_le_bytes());
            hash.update(&source.folder);
            located.file.key = identity::of_hash(hash);
            located.file.place = ImagePlace::Dataset {
                source: number,
                root,
            };
        }
        Ok(located)
    }

    /// The number of the place where a record's images are looked up: equal paths of records with
    /// equal numbers mean the same image.
    pub fn source_of(&self, position: u64) -> u32 {
        self.dataset
            .place(position)
            .map_or(u32::MAX, |(file, _)| self.of_file[file])
    }

    /// The path in the dataset's own tree of the image that a record's path means there, whatever
    /// other roots have.
    pub(crate) fn own_path(&self, position: u64, path: &str) -> Option<String> {
        let number = self.source_of(position);
        let source = self.sources.get(number as usize)?;
        let file = source.own.locate(path).ok()?.file;
        let ImagePlace::Root(root) = file.place else {
            return None;
        };
        let place = ImagePlace::Dataset {
            source: number,
            root: root + u32::try_from(self.given.len()).ok()?,
        };
        self.path_in_dataset(&ImageFile { place, ..file })
    }

    /// The image's path in the tree that the dataset is; `None` for one that is elsewhere.
    pub fn path_in_dataset(&self, file: &ImageFile) -> Option<String> {
        let folder = match file.place {
            ImagePlace::Root(root) => self.given.get(root as usize)?.as_deref()?,
            ImagePlace::Dataset { source, root } => {
                let mut folder = self.sources.get(source as usize)?.folder.as_str();
                for _ in 0..(root as usize).checked_sub(self.given.len())? {
                    folder = folder.rfind('/').map_or("", |at| &folder[..at]);
                }
                folder
            }
            ImagePlace::Record { .. } => return None,
        };
        Some(match folder {
            "" => file.path.clone(),
            folder => format!("{folder}/{}", file.path),
        })
    }

    /// Reads the whole image.
    ///
    /// # Errors
    /// As [`ImageSource::read`].
    pub fn read(&self, file: &ImageFile) -> Result<Vec<u8>, Skip> {
        if let ImagePlace::Record { position, nth } = file.place {
            return self.dataset.embedded_image(position, nth);
        }
        let (roots, file) = self.in_roots(file)?;
        roots.read(&file)
    }

    /// The bytes of an image that is a file of its own, to be read by position; `None` for one that
    /// the dataset itself carries.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing` or `image_unreadable`.
    pub fn open(&self, file: &ImageFile) -> Result<Option<Arc<dyn ByteSource>>, Skip> {
        if let ImagePlace::Record { position, .. } = file.place {
            let files = self.dataset.member_files(position);
            let Ok(Some((tree, _))) = files else {
                return Ok(None);
            };
            let opened = tree.open(&file.path);
            return opened
                .map(Some)
                .map_err(|error| Skip::new(SkipReason::ImageUnreadable, error.to_string()));
        }
        let (roots, file) = self.in_roots(file)?;
        roots.open(&file).map(Some)
    }

    /// The roots that a file lies in, and the file as they know it.
    fn in_roots(&self, file: &ImageFile) -> Result<(&ImageRoots, ImageFile), Skip> {
        let (source, root) = match file.place {
            ImagePlace::Root(root) => (0, root),
            ImagePlace::Dataset { source, root } => (source, root),
            ImagePlace::Record { .. } => (u32::MAX, 0),
        };
        let Some(source) = self.sources.get(source as usize) else {
            let detail = format!("{}: of another dataset", file.path);
            return Err(Skip::new(SkipReason::ImageMissing, detail));
        };
        let place = ImagePlace::Root(root);
        Ok((
            &source.roots,
            ImageFile {
                place,
                ..file.clone()
            },
        ))
    }
}

/// The folder of the dataset's own tree that a root is.
fn folder_in(dataset: &Dataset, root: &Arc<dyn FileTree>) -> Option<String> {
    let tree = dataset.tree()?;
    if Arc::ptr_eq(root, tree) {
        return Some(String::new());
    }
    let (of, folder) = root.folder_of()?;
    Arc::ptr_eq(of, tree).then(|| folder.to_owned())
}

/// Whether a reference is an address: a scheme with `://`.
fn is_url(reference: &str) -> bool {
    let scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    reference
        .split_once("://")
        .is_some_and(|(before, _)| scheme(before))
}

#[cfg(test)]
mod tests {
    use super::is_url;

    #[test]
    fn an_address_has_a_scheme() {
        for url in [
            "http://a/b.jpg",
            "HTTPS://a/b.jpg",
            "s3://bucket/b",
            "a://b",
        ] {
            assert!(is_url(url), "{url}");
        }
        for path in ["http/a.jpg", "C:\\a.jpg", "data/a.jpg", "://a", "a b://c"] {
            assert!(!is_url(path), "{path}");
        }
    }
}
