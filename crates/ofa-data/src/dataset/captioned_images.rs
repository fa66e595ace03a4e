//! A folder, or an archive, of images with captions beside them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::MAX_RECORD_BYTES;
use crate::Result;
use crate::error::Error;
use crate::file_tree::{FileTree, ReadError, TreeFile};
use crate::identity;
use crate::image_source::{EmbeddedImage, IMAGE_EXTENSIONS, ImageReference, MAX_IMAGE_FILE_BYTES};
use crate::record::{Record, is_blank};
use crate::skip::{Skip, SkipReason};
use crate::source;

/// Extensions of captions, in lower case, in the order in which they are looked for.
pub(crate) const CAPTIONS: [&str; 2] = ["txt", "caption"];

/// Every image is a record; the text of the file with the same stem is its human turn.
///
/// `a/b.txt` is the caption of `a/b.jpg`. An image without a caption is a record without a human
/// turn; a text without an image is none, and is counted.
pub(crate) struct CaptionedImages {
    tree: Arc<dyn FileTree>,
    entries: Vec<Entry>,
    lone_captions: u64,
    bytes: u64,
    sha256: [u8; 32],
}

struct Entry {
    image: TreeFile,
    caption: Option<TreeFile>,
}

impl CaptionedImages {
    /// Pairs the files of a tree. `None` where there is no image among them.
    ///
    /// The captions are the records, so they are all read once for the fingerprint.
    pub(super) fn open(tree: &Arc<dyn FileTree>, files: &[TreeFile]) -> Option<Self> {
        let mut captions = HashMap::<&str, &TreeFile>::new();
        for extension in CAPTIONS {
            for file in files {
                let (stem, found) = split(&file.path);
                if found.eq_ignore_ascii_case(extension) {
                    captions.entry(stem).or_insert(file);
                }
            }
        }
        let mut hash = Sha256::new();
        let mut entries = vec![];
        // The lengths are what an archive says: their sum may be too large for anything.
        let mut bytes = 0_u64;
        let mut used = HashSet::new();
        for file in files {
            let (stem, extension) = split(&file.path);
            if !is_among(extension, &IMAGE_EXTENSIONS) {
                continue;
            }
            let caption = captions.get(stem).map(|&caption| caption.clone());
            if caption.is_some() {
                used.insert(stem);
            }
            hash.update((file.path.len() as u64).to_le_bytes());
            hash.update(&file.path);
            hash.update(file.len.to_le_bytes());
            bytes = bytes.saturating_add(file.len);
            match &caption {
                Some(caption) => {
                    hash.update(caption.len.to_le_bytes());
                    // One that cannot be read costs its record, when that is read.
                    if hash_file(&**tree, &caption.path, &mut hash).is_err() {
                        hash.update((u64::MAX - 1).to_le_bytes());
                    }
                    bytes = bytes.saturating_add(caption.len);
                }
                None => hash.update(u64::MAX.to_le_bytes()),
            }
            entries.push(Entry {
                image: file.clone(),
                caption,
            });
        }
        if entries.is_empty() {
            return None;
        }
        let lone_captions = (captions.len() - used.len()) as u64;
        Some(Self {
            tree: Arc::clone(tree),
            entries,
            lone_captions,
            bytes,
            sha256: hash.finalize().into(),
        })
    }

    pub(super) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(super) fn name(&self) -> &str {
        self.tree.name()
    }

    pub(super) fn tree(&self) -> &Arc<dyn FileTree> {
        &self.tree
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Texts that lie beside no image.
    pub(super) fn lone_captions(&self) -> u64 {
        self.lone_captions
    }

    /// The tree, and the paths of a record's files in it.
    pub(crate) fn files(&self, record: u64) -> (&Arc<dyn FileTree>, Vec<&str>) {
        let entry = &self.entries[record as usize];
        let caption = entry.caption.as_ref().map(|caption| caption.path.as_str());
        let files = std::iter::once(entry.image.path.as_str()).chain(caption);
        (&self.tree, files.collect())
    }

    pub(super) fn record(&self, record: u64) -> Result<Result<Record, Skip>> {
        let entry = &self.entries[record as usize];
        let caption = match self.caption(entry) {
            Ok(caption) => caption,
            Err(skip) => return Ok(Err(skip)),
        };
        let mut hash = Sha256::new();
        hash.update(b"caption\0");
        hash.update(&entry.image.path);
        hash.update(entry.image.len.to_le_bytes());
        if let Ok(Some(stat)) = self.tree.find(&entry.image.path) {
            hash.update(stat.stamp.to_le_bytes());
        }
        Ok(Ok(Record {
            id: Some(split(&entry.image.path).0.to_owned()),
            images: vec![ImageReference::Embedded(EmbeddedImage {
                key: identity::of_hash(hash),
                name: entry.image.path.clone(),
            })],
            human_turns: caption.filter(|text| !is_blank(text)).into_iter().collect(),
        }))
    }

    pub(super) fn json(&self, record: u64) -> Result<Vec<u8>> {
        let entry = &self.entries[record as usize];
        let caption = self.caption(entry).map_err(|skip| Error::Record {
            name: self.tree.name().to_owned(),
            record,
            problem: skip.detail,
        })?;
        let json = serde_json::json!({ "image": entry.image.path, "text": caption });
        Ok(json.to_string().into_bytes())
    }

    pub(super) fn image(&self, record: u64) -> Result<Vec<u8>, Skip> {
        let file = &self.entries[record as usize].image;
        let path = &file.path;
        self.tree
            .read(path, MAX_IMAGE_FILE_BYTES)
            .map_err(|error| match error {
                ReadError::TooLarge => Skip::new(
                    SkipReason::ImageTooLarge,
                    format!("{path}: more than {MAX_IMAGE_FILE_BYTES} bytes"),
                ),
                ReadError::Missing(problem) => {
                    Skip::new(SkipReason::ImageMissing, format!("{path}: {problem}"))
                }
                ReadError::Unreadable(problem) => {
                    Skip::new(SkipReason::ImageUnreadable, format!("{path}: {problem}"))
                }
            })
    }

    fn caption(&self, entry: &Entry) -> Result<Option<String>, Skip> {
        let Some(file) = &entry.caption else {
            return Ok(None);
        };
        let path = &file.path;
        let bytes = self
            .tree
            .read(path, MAX_RECORD_BYTES)
            .map_err(|error| match error {
                ReadError::TooLarge => Skip::new(
                    SkipReason::RecordTooLarge,
                    format!("{path}: more than {MAX_RECORD_BYTES} bytes"),
                ),
                ReadError::Missing(problem) | ReadError::Unreadable(problem) => {
                    Skip::new(SkipReason::InvalidText, format!("{path}: {problem}"))
                }
            })?;
        let bytes = bytes.strip_prefix(crate::format::BOM).unwrap_or(&bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(error) => Err(Skip::new(
                SkipReason::InvalidText,
                format!("{}: not UTF-8 at byte {}", file.path, error.valid_up_to()),
            )),
        }
    }
}

fn hash_file(tree: &dyn FileTree, path: &str, hash: &mut Sha256) -> Result<()> {
    let source = tree.open(path)?;
    source::for_each_chunk(&*source, 0, |_, chunk| {
        hash.update(chunk);
        Ok(true)
    })
}

/// A path without its extension, and the extension.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path[name..].rfind('.') {
        Some(dot) if dot > 0 => (&path[..name + dot], &path[name + dot + 1..]),
        _ => (path, ""),
    }
}

pub(crate) fn is_among(extension: &str, known: &[&str]) -> bool {
    known
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::FolderTree;

    #[test]
    fn one_caption_may_serve_several_images_and_a_text_alone_is_counted() {
        let home = tempfile::tempdir().unwrap();
        for name in ["a.jpg", "a.k.jpg", "a.png", "b.jpg"] {
            std::fs::write(home.path().join(name), b"image").unwrap();
        }
        for (name, text) in [
            ("a.txt", "first"),
            ("a.caption", "second"),
            ("lone.txt", "x"),
        ] {
            std::fs::write(home.path().join(name), text).unwrap();
        }
        let tree: Arc<dyn FileTree> = Arc::new(FolderTree::open(home.path()).unwrap());
        let open = || CaptionedImages::open(&tree, &tree.files().unwrap()).unwrap();
        let images = open();
        assert_eq!((images.len(), images.lone_captions()), (4, 1));
        let turns: Vec<Vec<String>> = (0..4)
            .map(|nth| images.record(nth).unwrap().unwrap().human_turns)
            .collect();
        let first = vec!["first".to_owned()];
        assert_eq!(turns, [first.clone(), vec![], first, vec![]]);

        std::fs::write(home.path().join("a.txt"), b"\xff").unwrap();
        let changed = open();
        assert_ne!(changed.sha256(), images.sha256());
        let skip = changed.record(0).unwrap().unwrap_err();
        assert_eq!(skip.reason, SkipReason::InvalidText);
    }
}
