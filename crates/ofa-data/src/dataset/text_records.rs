//! Records of a JSON array or of JSON Lines, as byte ranges of their file.

use std::ops::Range;
use std::sync::Arc;

use super::recent_references::RecentReferences;
use crate::Result;
use crate::error::Error;
use crate::format::Format;
use crate::images::data_uri;
use crate::index::{self, RecordIndex};
use crate::record::Record;
use crate::skip::{Skip, SkipReason};
use crate::source::{self, ByteSource};

/// The largest record that is read into memory: 256 MiB.
///
/// A larger one is indexed and copied into subsets like any other; it cannot be encoded.
pub const MAX_RECORD_BYTES: u64 = 256 << 20;

/// One file of records, of which only the places are held: 12 bytes a record.
pub(crate) struct TextRecords {
    source: Arc<dyn ByteSource>,
    format: Format,
    index: RecordIndex,
    sha256: [u8; 32],
    recent: RecentReferences,
}

impl TextRecords {
    /// Finds every record, in one pass.
    ///
    /// # Errors
    /// As [`Dataset::open`](crate::Dataset::open) says of JSON.
    pub(super) fn open(source: Arc<dyn ByteSource>, format: Format) -> Result<Self> {
        let scan = index::scan(&*source, format)?;
        source.release();
        if format == Format::Jsonl && scan.index.len() == 0 {
            return Err(Error::Empty {
                name: source.name().to_owned(),
            });
        }
        Ok(Self {
            source,
            format,
            index: scan.index,
            sha256: scan.sha256,
            recent: RecentReferences::default(),
        })
    }

    pub(crate) fn len(&self) -> u64 {
        self.index.len()
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn source(&self) -> &dyn ByteSource {
        &*self.source
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Where a record that exists stands in the file.
    pub(crate) fn range(&self, record: u64) -> Range<u64> {
        self.index.range(record)
    }

    /// A record's bytes as they stand in the file.
    ///
    /// # Errors
    /// [`Error::RecordTooLong`] and [`Error::Read`].
    pub(super) fn bytes(&self, record: u64) -> Result<Vec<u8>> {
        let range = self.range(record);
        let length = range.end - range.start;
        if length > MAX_RECORD_BYTES {
            return Err(Error::RecordTooLong {
                name: self.source.name().to_owned(),
                record,
                offset: range.start,
                length,
                limit: MAX_RECORD_BYTES,
            });
        }
        let mut bytes = vec![0; length as usize];
        source::read(&*self.source, range.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads and parses a record.
    pub(super) fn record(&self, record: u64) -> Result<Result<Record, Skip>> {
        match self.bytes(record) {
            Ok(bytes) => Ok(Record::parse_at(&bytes, self.range(record).start)),
            Err(Error::RecordTooLong { length, limit, .. }) => Ok(Err(Skip::new(
                SkipReason::RecordTooLarge,
                format!("{length} bytes; at most {limit} are read"),
            ))),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a record's `nth` image, which stands in the record as a `data:` URI.
    ///
    /// The record is parsed once for all of its images, as long as it is one of the last few.
    pub(super) fn image(&self, record: u64, nth: u32) -> Result<Vec<u8>, Skip> {
        let unreadable = |problem: &dyn std::fmt::Display| {
            Skip::new(SkipReason::ImageUnreadable, problem.to_string())
        };
        let range = self.range(record);
        let changed = || unreadable(&"the record has changed since it was listed");
        self.recent.with(
            record,
            range.end - range.start,
            || {
                let bytes = self.bytes(record).map_err(|error| unreadable(&error))?;
                Record::raw_references(&bytes).ok_or_else(changed)
            },
            |references| data_uri::decode(references.get(nth as usize).ok_or_else(changed)?),
        )
    }

    /// Lets go of what is kept only to be quick.
    pub(super) fn release(&self) {
        self.source.release();
        self.recent.clear();
    }
}
