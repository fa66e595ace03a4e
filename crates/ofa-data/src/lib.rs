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

mod archive;
mod dataset;
pub mod decode;
mod error;
mod file_tree;
mod folder_of_tree;
mod format;
mod identity;
mod image_source;
mod images;
mod index;
#[cfg(not(target_family = "wasm"))]
pub mod native;
#[cfg(feature = "parquet")]
mod parquet_rows;
mod record;
mod skip;
mod source;
mod subset;
pub mod webdataset;

pub use archive::{Ignored, Replacement, TarIndex, TarMember, TarTree, ZipTree, write_zip_subset};
pub use dataset::{Dataset, DatasetImages, MAX_RECORD_BYTES, MemberFiles};
pub use decode::{DecodeError, Limits, RgbImage, decode, decode_with_limits, image_extension};
pub use error::Error;
pub use file_tree::{FileStat, FileTree, FindError, ReadError, TreeFile};
pub use folder_of_tree::FolderOfTree;
pub use format::Format;
pub use image_source::{
    EmbeddedImage, ImageFile, ImagePlace, ImageReference, ImageSource, Located,
    MAX_IMAGE_FILE_BYTES,
};
pub use images::{ImageRoots, Repair};
#[cfg(not(target_family = "wasm"))]
pub use native::{FileSource, FolderTree};
#[cfg(feature = "parquet")]
pub use parquet_rows::{ParquetRows, write_parquet_subset};
pub use record::{Record, TextSearch, encoder_text};
pub use skip::{Skip, SkipReason, grouped, shortened};
pub use source::{ByteSource, InflateSource, MemorySource, PartSource, for_each_chunk};
pub use subset::{write_file_subset, write_subset, write_subset_in_zip};

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
