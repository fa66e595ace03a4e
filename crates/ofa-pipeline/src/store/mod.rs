//! The feature store: shards of features, the list of skipped records, the manifest.

mod clear;
mod features;
mod fingerprints;
mod manifest;
mod merge;
mod notes;
mod shard;
mod skipped;

pub use clear::clear;
pub use features::{FeatureSource, Features, ShardBytes};
pub use fingerprints::Fingerprints;
pub use manifest::StoreManifest;
pub use merge::merge;
pub use notes::{Note, NoteLine};
pub use shard::{shard_name, write_shard};
pub use skipped::{ReasonCounts, SkippedLine, read_skipped};

pub(crate) use merge::is_merging;
pub(crate) use notes::count_notes;
pub(crate) use shard::{shard_names, shard_number, shard_rows};
pub(crate) use skipped::count_skipped;

/// Name of the manifest within a store.
pub const MANIFEST: &str = "manifest.json";

/// Folder within a store of everything that is only there while it is being made.
pub const WORK: &str = ".encode/";

/// Name of the list of skipped records within a store.
pub const SKIPPED: &str = "skipped.jsonl";

/// Name of the list of repaired and left-out images; only there where it has a line.
pub const NOTES: &str = "notes.jsonl";
