//! Where the images that records name are found.

use crate::skip::Skip;

/// The largest image file that is read: 256 MiB.
pub const MAX_IMAGE_FILE_BYTES: u64 = 256 << 20;

/// Finds and reads images by the references that stand in records.
///
/// A folder does this natively ([`ImageRoots`](crate::ImageRoots)); dropped files can do it in
/// the browser.
pub trait ImageSource: Send + Sync {
    /// Finds the file that a reference means, without reading it.
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing`, `image_outside` or `image_unreadable`.
    fn locate(&self, reference: &str) -> Result<ImageFile, Skip>;

    /// Reads the whole file, at most [`MAX_IMAGE_FILE_BYTES`].
    ///
    /// # Errors
    /// A [`Skip`] with `image_missing`, `image_unreadable` or `image_too_large`.
    fn read(&self, file: &ImageFile) -> Result<Vec<u8>, Skip>;
}

/// An image that was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageFile {
    /// Identity for caches: a hash of which folder it is in, the path within that, the length and
    /// the time of the last change. The same file keeps its key when the whole folder moves.
    pub key: u128,
    /// Length in bytes.
    pub len: u64,
    /// Which of the source's folders it is in.
    pub root: u32,
    /// The path within that folder, with `/` between its parts.
    pub path: String,
}
