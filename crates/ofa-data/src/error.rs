//! The one error type of this crate.

use std::io;

/// Why a dataset as a whole cannot be read or written.
///
/// A single record or image that cannot be used is a [`Skip`](crate::Skip) instead.
/// Byte positions count from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened.
    #[error("{path}: cannot be opened: {source}")]
    Open {
        /// The path as it was given.
        path: String,
        /// What the system said.
        source: io::Error,
    },

    /// The bytes could not be read.
    #[error("{name}: cannot be read at byte {offset}: {source}")]
    Read {
        /// Name of the source.
        name: String,
        /// Where reading began.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },

    /// The file has no bytes, or nothing but white space.
    #[error(
        "{name}: the file is empty; expected a JSON array of records, or one JSON object a line"
    )]
    Empty {
        /// Name of the source.
        name: String,
    },

    /// The file is in a known format that is not read.
    #[error("{name}: expected JSON or JSON Lines, found {found}; {advice}")]
    Unsupported {
        /// Name of the source.
        name: String,
        /// The format that its first bytes show.
        found: &'static str,
        /// What to do about it.
        advice: &'static str,
    },

    /// The file does not begin like JSON at all.
    #[error(
        "{name}: expected `[` (a JSON array) or `{{` (JSON Lines) at byte {offset}, found {found}; \
         is this the dataset's JSON file?"
    )]
    NotJson {
        /// Name of the source.
        name: String,
        /// Position of the first byte that is not white space.
        offset: u64,
        /// That byte.
        found: String,
    },

    /// The top level is no array.
    #[error(
        "{name}: expected a JSON array of records at byte {offset}, found {found}; \
         if the records are inside an object, write that list to a file of its own"
    )]
    NotAnArray {
        /// Name of the source.
        name: String,
        /// Position of the top-level value.
        offset: u64,
        /// What stands there.
        found: String,
    },

    /// The JSON array is broken between records, or a record's brackets do not match.
    #[error("{name}: broken JSON at byte {offset} ({place}): expected {expected}, found {found}")]
    Broken {
        /// Name of the source.
        name: String,
        /// Position of the first byte that is wrong.
        offset: u64,
        /// Which record it is in or after.
        place: String,
        /// What JSON asks for there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },

    /// The file ends before the JSON array does.
    #[error(
        "{name}: the JSON breaks off at byte {offset}, the end of the file ({place}): expected {expected}; \
         was it copied or downloaded whole?"
    )]
    BreaksOff {
        /// Name of the source.
        name: String,
        /// Length of the file.
        offset: u64,
        /// Which record it is in or after.
        place: String,
        /// What JSON asks for there.
        expected: &'static str,
    },

    /// Something follows the end of the JSON array.
    #[error(
        "{name}: the JSON array ends, but at byte {offset} there is more: {found}; \
         expected one JSON document (if every line is a record of its own, the format is jsonl)"
    )]
    Trailing {
        /// Name of the source.
        name: String,
        /// Position of the first byte that does not belong.
        offset: u64,
        /// What stands there.
        found: String,
    },

    /// A record does not fit the index.
    #[error(
        "{name}: the record {record} at byte {offset} is {length} bytes long; at most {limit} are read"
    )]
    RecordTooLong {
        /// Name of the source.
        name: String,
        /// Position in the dataset.
        record: u64,
        /// Where it begins.
        offset: u64,
        /// Its length in bytes.
        length: u64,
        /// The most that is read.
        limit: u64,
    },

    /// A position is not in the dataset.
    #[error(
        "{name}: there is no record {position}: the dataset has {records} records (the first is 0)"
    )]
    NoSuchRecord {
        /// Name of the source.
        name: String,
        /// The position that was asked for.
        position: u64,
        /// How many records there are.
        records: u64,
    },

    /// The positions of a subset are not strictly increasing.
    #[error(
        "the positions of a subset must increase: expected more than {previous}, found {position}"
    )]
    PositionsNotIncreasing {
        /// The position before it.
        previous: u64,
        /// The position that is not larger.
        position: u64,
    },

    /// The source is no longer what it was when it was opened.
    #[error("{name}: the file has changed since it was opened; run again on the file as it is now")]
    Changed {
        /// Name of the source.
        name: String,
    },

    /// A subset could not be written.
    #[error("the subset cannot be written: {0}")]
    Write(#[source] io::Error),

    /// A folder of images cannot be used.
    #[error("{path}: expected a folder of images: {problem}")]
    ImageRoot {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// A byte as an error message shows it: `` `x` `` where it is printable, its number elsewhere.
pub(crate) fn show_byte(byte: u8) -> String {
    match byte {
        0x20..=0x7e => format!("`{}`", byte as char),
        other => format!("the byte 0x{other:02x}"),
    }
}
