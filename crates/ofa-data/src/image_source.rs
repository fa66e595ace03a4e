//! Where the images that records name are found.

use std::fmt;

use crate::images::Repair;
use crate::skip::Skip;

/// The largest image file that is read: 256 MiB.
pub const MAX_IMAGE_FILE_BYTES: u64 = 256 << 20;

/// Extensions of the files that are taken for images where nothing names them, in lower case.
pub(crate) const IMAGE_EXTENSIONS: [&str; 10] = [
    "jpg", "jpeg", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm",
];

/// An image as a record gives it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ImageReference {
    /// A path, to be looked up in an [`ImageSource`].
    Path(String),
    /// The record, or the sample that it belongs to, carries the image's bytes itself.
    Embedded(EmbeddedImage),
}

/// An image that stands in the dataset itself: a data URI, a Parquet value, a member of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmbeddedImage {
    /// Identity for caches: follows from the dataset alone.
    pub key: u128,
    /// What it is called in messages and where it is copied: a path or a member's name.
    pub name: String,
}

impl ImageReference {
    /// The path, or what an embedded image is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Embedded(image) => &image.name,
        }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq<str> for ImageReference {
    fn eq(&self, other: &str) -> bool {
        matches!(self, Self::Path(path) if path == other)
    }
}

impl PartialEq<&str> for ImageReference {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

/// Finds and reads images by the references that stand in records.
///
/// [`ImageRoots`](crate::ImageRoots) does this for folders and archives; dropped files can do it
/// in the browser.
pub trait ImageSource: Send + Sync {
    /// Finds the file that a reference means, without reading it.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing`, `image_outside` or `image_unreadable`.
    fn locate(&self, reference: &str) -> Result<Located, Skip>;

    /// Reads the whole file, at most [`MAX_IMAGE_FILE_BYTES`].
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing`, `image_unreadable` or `image_too_large`.
    fn read(&self, file: &ImageFile) -> Result<Vec<u8>, Skip>;
}

/// What a reference means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Located {
    /// The file.
    pub file: ImageFile,
    /// What had to be changed in the reference, one after the other; nothing where the file is
    /// found as written.
    pub repairs: Vec<Repair>,
}

/// An image that was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageFile {
    /// Identity for caches: a hash of which root it is in, the path within that, the length and
    /// the stamp. The same file keeps its key when the whole root moves.
    pub key: u128,
    /// Length in bytes, where it is known before the image is read.
    pub len: Option<u64>,
    /// Where its bytes are.
    pub place: ImagePlace,
    /// The path within its root, with `/` between its parts, or what an embedded one is called.
    pub path: String,
}

/// Where the bytes of an image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImagePlace {
    /// In this one of the image roots, under the path.
    Root(u32),
    /// In a folder of the dataset's own, under the path.
    Dataset {
        /// Which of the places where the dataset's files of records lie.
        source: u32,
        /// Which of the folders that are searched for those.
        root: u32,
    },
    /// In the dataset itself.
    Record {
        /// The record's position in the dataset.
        position: u64,
        /// Which of its images, from 0.
        nth: u32,
    },
}
