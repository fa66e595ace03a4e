//! Files and folders: the only part of this crate that knows the file system.

mod file_source;
mod image_roots;

pub use file_source::FileSource;
pub use image_roots::ImageRoots;
