//! Selectors and features that other programs wrote.
//!
//! What a source is follows from its content ([`open`]): the authors' `selector.pt` becomes a
//! selector file; their `features.pt`, the folders of `clip-retrieval` and the `.npz` files of
//! DataComp become a feature store, a shard at a time ([`FeatureImport`]).
//!
//! Nothing in a pickle is run, and no source is held in memory.

mod clip_retrieval;
mod datacomp;
mod features_pt;
mod file_order;
mod npy;
mod rounding;
mod rows;
mod selector_pt;
mod selector_training;
mod source;
mod store_writer;

pub use selector_pt::SelectorImport;
pub use source::{ImportKind, ImportSource, Imported, open};
pub use store_writer::{FeatureImport, FeatureImportOutcome, FeatureInput};

#[cfg(not(target_family = "wasm"))]
pub(crate) use store_writer::is_importing;
