//! What a run tells its caller.

use serde::Serialize;

use crate::encode::EncodeProgress;
use crate::store::StoreManifest;

/// One event of a run. The command line and the page read the same ones.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Encoding went a batch further.
    Encoding(EncodeProgress),
    /// A shard stands under its name; from now on it is kept.
    ShardWritten {
        /// The shard's name.
        name: String,
        /// Records that have features in it.
        rows: u64,
    },
    /// The feature store is finished.
    Encoded(StoreManifest),
}
