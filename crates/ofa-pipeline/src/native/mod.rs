//! What only a native build has: folders, mapped files and decoding threads.

mod decode_ahead;
mod folder;
mod mapped;

pub use decode_ahead::DecodeAhead;
pub use folder::{AtomicFile, Folder};
pub use mapped::{map_file, open_features};
