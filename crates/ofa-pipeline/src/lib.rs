//! The pipeline that the command line and the page share: encode, score, select.
//!
//! A look at a dataset ([`check`]) says what encoding would meet. Encoding ([`encode`]) turns the
//! records of a dataset into rows of a feature store ([`store`]), a batch at a time; [`scores`] are
//! written and read as Parquet, CSV or JSON Lines; [`subset`] puts a choice of records down with its
//! manifest, [`report`] makes a page about it, [`explain`] says why a record is in it or not, and
//! [`sources`] which folder records come from. Files of other programs come in by [`import`], those of
//! PyTorch through [`torch`]. Whatever lies in files is reached through [`blobs::BlobStore`] and
//! `ofa_data::ByteSource`, so the same code runs in a browser's worker; [`native`] has the parts for
//! files and threads.

pub mod blobs;
pub mod check;
pub mod encode;
mod error;
mod event;
pub mod explain;
pub mod import;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod report;
pub mod scores;
pub mod sources;
pub mod store;
pub mod subset;
pub mod torch;

pub use error::{Error, Result};
pub use event::Event;
