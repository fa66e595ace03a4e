//! Archives as [`FileTree`](crate::FileTree)s.

mod tar;
mod zip;

pub use tar::{Ignored, TarIndex, TarMember, TarTree};
pub(crate) use tar::{as_path, shown};
pub use zip::{Replacement, ZipTree, write_zip_subset};
