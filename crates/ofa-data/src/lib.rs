//! Instruction-tuning datasets, read without being held and given back unchanged.
//!
//! A [`Dataset`] is a file of records over a [`ByteSource`]. One pass finds the byte range of
//! every record; a record is parsed only when it is asked for, and [`write_subset`] copies the
//! ranges of the chosen records, so no key, number or escape is ever rewritten.
//!
//! Images are named by the records. An [`ImageSource`] finds and reads them, [`decode()`] turns
//! the bytes into RGB pixels the way Pillow does.
//!
//! What cannot be used is not an error of the run: it comes back as a [`Skip`] with a stable
//! [`SkipReason`]. An [`Error`] means that the dataset as a whole cannot be read.
//!
//! Only [`native`] knows about files. Everything else also compiles to wasm.

mod dataset;
pub mod decode;
mod error;
mod file_tree;
mod format;
mod image_source;
mod index;
#[cfg(not(target_family = "wasm"))]
pub mod native;
mod record;
mod skip;
mod source;
mod subset;

pub use dataset::{Dataset, MAX_RECORD_BYTES};
pub use decode::{DecodeError, Limits, RgbImage, decode, decode_with_limits};
pub use error::Error;
pub use file_tree::{FileStat, FileTree, FindError, TreeFile};
pub use format::Format;
pub use image_source::{
    EmbeddedImage, ImageFile, ImagePlace, ImageReference, ImageSource, MAX_IMAGE_FILE_BYTES,
};
#[cfg(not(target_family = "wasm"))]
pub use native::{FileSource, ImageRoots};
pub use record::{Record, encoder_text};
pub use skip::{Skip, SkipReason};
pub use source::{ByteSource, MemorySource};
pub use subset::write_subset;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
