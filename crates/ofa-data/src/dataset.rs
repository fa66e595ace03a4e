//! A dataset: records by position, over bytes that stay where they are.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::Result;
use crate::error::Error;
use crate::format::{self, Format};
use crate::index::{self, RecordIndex};
use crate::record::Record;
use crate::skip::{Skip, SkipReason};
use crate::source::{self, ByteSource};

/// The largest record that is read into memory: 256 MiB.
///
/// A larger one is indexed and copied into subsets like any other; it cannot be encoded.
pub const MAX_RECORD_BYTES: u64 = 256 << 20;

/// A file of records, of which only the places are held: 12 bytes a record.
///
/// A record is known by its position in the file, from 0. Ids repeat in real datasets, and are
/// for display only.
///
/// ```
/// use std::sync::Arc;
/// use ofa_data::{Dataset, MemorySource};
///
/// let json = br#"[{"image": "a.jpg", "conversations": [{"from": "human", "value": "Hi"}]}]"#;
/// let dataset = Dataset::open(Arc::new(MemorySource::new("tiny.json", json.to_vec())), None)?;
/// let record = dataset.record(0)?.expect("it is valid");
/// assert_eq!(record.images, ["a.jpg"]);
/// assert_eq!(record.human_turns, ["Hi"]);
/// # Ok::<(), ofa_data::Error>(())
/// ```
pub struct Dataset {
    source: Arc<dyn ByteSource>,
    format: Format,
    index: RecordIndex,
    fingerprint: String,
}

impl Dataset {
    /// Finds every record of the source, in one pass over it.
    ///
    /// The format is detected from the content where it is not given, see [`Format::detect`].
    /// Memory: one buffer of 1 MiB and 12 bytes a record. Speed: about that of SHA-256, see
    /// `benches/index.rs`.
    ///
    /// Elements of the array or lines that are no valid records are no error: they have a
    /// position, and [`record`](Self::record) says what is wrong with them.
    ///
    /// # Errors
    /// - those of [`Format::detect`]; with a format given, only [`Error::Unsupported`] and
    ///   [`Error::Empty`] of them;
    /// - [`Error::NotAnArray`]: the format is JSON, and the top level is something else;
    /// - [`Error::Broken`]: between two records stands something else than one comma, or the
    ///   brackets of a record do not match;
    /// - [`Error::BreaksOff`]: the file ends before the array does;
    /// - [`Error::Trailing`]: something follows the array;
    /// - [`Error::RecordTooLong`]: a record of 4 GiB or more;
    /// - [`Error::Read`]: the source fails.
    pub fn open(source: Arc<dyn ByteSource>, format: Option<Format>) -> Result<Self> {
        let format = match format {
            Some(format) => {
                format::refuse_unsupported(&*source)?;
                format
            }
            None => Format::detect(&*source)?,
        };
        let scan = index::scan(&*source, format)?;
        if format == Format::Jsonl && scan.index.len() == 0 {
            return Err(Error::Empty {
                name: source.name().to_owned(),
            });
        }
        let digest: String = scan
            .sha256
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let fingerprint = format!("{format}:{}:{digest}", source.len());
        Ok(Self {
            source,
            format,
            index: scan.index,
            fingerprint,
        })
    }

    /// How many records there are, usable or not.
    pub fn len(&self) -> u64 {
        self.index.len()
    }

    /// Whether there are none: the source is `[]`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the records stand in the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The source's name, for messages.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// What the dataset is known by, wherever it lies: `FORMAT:LENGTH:SHA256`.
    ///
    /// The format is [`Format::as_str`], the length that of the file in bytes, in decimal; the
    /// SHA-256 of all its bytes is in lower-case hexadecimal. For example
    /// `jsonl:3:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Checks that the source is still what it was when its records were found.
    ///
    /// # Errors
    /// [`Error::Changed`] where its length or time is another, [`Error::Read`] where it cannot
    /// be looked at any more.
    pub fn check_unchanged(&self) -> Result<()> {
        let name = || self.name().to_owned();
        match self.source.is_unchanged() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Changed { name: name() }),
            Err(source) => Err(Error::Read {
                name: name(),
                offset: 0,
                source,
            }),
        }
    }

    /// The bytes that the records are in.
    pub fn source(&self) -> &dyn ByteSource {
        &*self.source
    }

    /// Where a record stands in the source.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`].
    pub fn range(&self, position: u64) -> Result<Range<u64>> {
        if position >= self.len() {
            return Err(Error::NoSuchRecord {
                name: self.name().to_owned(),
                position,
                records: self.len(),
            });
        }
        Ok(self.index.range(position))
    }

    /// A record's bytes as they stand in the source.
    ///
    /// # Errors
    /// - [`Error::NoSuchRecord`];
    /// - [`Error::RecordTooLong`]: more than [`MAX_RECORD_BYTES`];
    /// - [`Error::Read`]: the source fails.
    pub fn record_bytes(&self, position: u64) -> Result<Vec<u8>> {
        let range = self.range(position)?;
        let length = range.end - range.start;
        if length > MAX_RECORD_BYTES {
            return Err(Error::RecordTooLong {
                name: self.name().to_owned(),
                record: position,
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
    ///
    /// The inner result is the record's own: a [`Skip`] with `invalid_json`, `not_an_object`,
    /// `invalid_conversations`, `invalid_image` or `record_too_large`, with byte positions
    /// counted from the start of the file. What a valid record lacks, [`Record::skip`] tells.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] and [`Error::Read`].
    pub fn record(&self, position: u64) -> Result<Result<Record, Skip>> {
        match self.record_bytes(position) {
            Ok(bytes) => Ok(Record::parse_at(&bytes, self.index.range(position).start)),
            Err(Error::RecordTooLong { length, limit, .. }) => Ok(Err(Skip::new(
                SkipReason::RecordTooLarge,
                format!("{length} bytes; at most {limit} are read"),
            ))),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("name", &self.name())
            .field("format", &self.format)
            .field("records", &self.len())
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}
