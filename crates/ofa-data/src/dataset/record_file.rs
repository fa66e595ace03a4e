//! One file of a dataset, whatever its format.

use std::sync::Arc;

use super::captioned_images::CaptionedImages;
use super::text_records::TextRecords;
use crate::Result;
use crate::error::Error;
use crate::file_tree::FileTree;
use crate::format::{BOM, Format};
#[cfg(feature = "parquet")]
use crate::parquet_rows::ParquetRows;
use crate::record::Record;
use crate::skip::Skip;
#[cfg(feature = "parquet")]
use crate::skip::SkipReason;
use crate::source::check_unchanged;
use crate::webdataset::Samples;

/// A file of records with what stands around it.
pub(crate) struct RecordFile {
    pub(crate) records: Records,
    /// What the file is in: a folder or an archive, with its path in there.
    pub(crate) within: Option<Within>,
}

impl RecordFile {
    /// The folder or archive that the records are in.
    pub(super) fn tree(&self) -> Option<&Arc<dyn FileTree>> {
        match (&self.within, &self.records) {
            (Some(within), _) => Some(&within.tree),
            (None, Records::Captions(records)) => Some(records.tree()),
            (None, _) => None,
        }
    }
}

/// A place in a tree.
#[derive(Clone)]
pub(crate) struct Within {
    pub(crate) tree: Arc<dyn FileTree>,
    pub(crate) path: String,
}

/// The records of one file.
pub(crate) enum Records {
    Text(TextRecords),
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetRows>),
    Webdataset(Samples),
    Captions(CaptionedImages),
}

impl Records {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Text(records) => records.len(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.len(),
            Self::Webdataset(samples) => samples.len(),
            Self::Captions(records) => records.len(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Text(records) => records.source().name(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.name(),
            Self::Webdataset(samples) => samples.name(),
            Self::Captions(records) => records.name(),
        }
    }

    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Text(records) => records.format(),
            #[cfg(feature = "parquet")]
            Self::Parquet(_) => Format::Parquet,
            Self::Webdataset(_) => Format::Webdataset,
            Self::Captions(_) => Format::Captions,
        }
    }

    /// Length in bytes, for the fingerprint.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Text(records) => records.source().len(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.bytes(),
            Self::Webdataset(samples) => samples.source().len(),
            Self::Captions(records) => records.bytes(),
        }
    }

    /// SHA-256 of the file, or of its directory where it holds images.
    pub(super) fn sha256(&self) -> [u8; 32] {
        match self {
            Self::Text(records) => records.sha256(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.digest(),
            Self::Webdataset(samples) => samples.index().digest(),
            Self::Captions(records) => records.sha256(),
        }
    }

    pub(super) fn record(&self, record: u64) -> Result<Result<Record, Skip>> {
        match self {
            Self::Text(records) => records.record(record),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => match rows.record(record) {
                // A page that is damaged costs its rows.
                Err(error @ Error::ParquetRows { .. }) => {
                    Ok(Err(Skip::new(SkipReason::RowUnreadable, error.to_string())))
                }
                read => read,
            },
            Self::Webdataset(samples) => samples.record(record),
            Self::Captions(records) => records.record(record),
        }
    }

    /// One JSON value that says what the record says.
    pub(super) fn json(&self, record: u64) -> Result<Vec<u8>> {
        match self {
            Self::Text(records) => records.bytes(record),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.json(record),
            Self::Webdataset(samples) => match samples.json(record)? {
                Ok(mut json) => {
                    if json.starts_with(BOM) {
                        json.drain(..BOM.len());
                    }
                    Ok(json)
                }
                Err(skip) => Err(Error::Record {
                    name: samples.name().to_owned(),
                    record,
                    problem: skip.to_string(),
                }),
            },
            Self::Captions(records) => records.json(record),
        }
    }

    pub(super) fn image(&self, record: u64, nth: u32) -> Result<Vec<u8>, Skip> {
        match self {
            Self::Text(records) => records.image(record, nth),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.image(record, nth),
            Self::Webdataset(samples) => samples.image(record, nth),
            Self::Captions(records) => records.image(record),
        }
    }

    /// Lets go of what was kept to be quick, when other files are read.
    pub(super) fn release(&self) {
        match self {
            Self::Text(records) => records.release(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => rows.release(),
            Self::Webdataset(samples) => samples.source().release(),
            Self::Captions(_) => {}
        }
    }

    pub(crate) fn check_unchanged(&self) -> Result<()> {
        let source = match self {
            Self::Text(records) => records.source(),
            #[cfg(feature = "parquet")]
            Self::Parquet(rows) => return rows.check_unchanged(),
            Self::Webdataset(samples) => return samples.check_unchanged(),
            // Each image and caption is looked at when it is read.
            Self::Captions(_) => return Ok(()),
        };
        check_unchanged(source)
    }
}
