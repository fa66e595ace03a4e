//! Files and folders: the only part of this crate that knows the file system.

mod file_source;
mod folder_tree;
mod image_roots;
mod open;

pub use file_source::FileSource;
pub use folder_tree::FolderTree;
pub use open::{open_dataset, open_image_root, open_image_root_of};
