//! What only a native build has: folders, mapped files and decoding threads.

mod atomic_file;
mod decode_ahead;
mod folder;
mod mapped;
mod parallel_trial;

pub use atomic_file::{AtomicFile, SyncedFile};
pub use decode_ahead::DecodeAhead;
pub use folder::{Folder, FolderLock};
pub use mapped::{map_file, open_features};
pub use parallel_trial::ParallelTrial;
