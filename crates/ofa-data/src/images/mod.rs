//! Images: which file a reference means, and those that stand in the records themselves.

pub(crate) mod data_uri;
mod repair;
mod roots;

pub use repair::Repair;
pub use roots::ImageRoots;
