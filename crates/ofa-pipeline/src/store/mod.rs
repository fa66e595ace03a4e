//! The feature store: shards of features, the list of skipped records, the manifest.

mod features;
mod fingerprints;
mod manifest;
mod merge;
mod shard;
mod skipped;

pub use features::{FeatureSource, Features, ShardBytes};
pub use fingerprints::Fingerprints;
pub use manifest::StoreManifest;
pub use merge::merge;
pub use shard::{shard_name, write_shard};
pub use skipped::{SkippedLine, read_skipped};

pub(crate) use shard::shard_rows;
pub(crate) use skipped::count_skipped;

/// Name of the manifest within a store.
pub const MANIFEST: &str = "manifest.json";

/// Name of the list of skipped records within a store.
pub const SKIPPED: &str = "skipped.jsonl";
