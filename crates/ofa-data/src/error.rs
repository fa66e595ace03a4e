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

    /// The file is Parquet, and the crate was built without the feature `parquet`.
    #[error("{name}: is a Parquet file, and this build reads none")]
    WithoutParquet {
        /// Name of the source.
        name: String,
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

    /// Nothing in a folder or an archive is a record.
    #[error(
        "{name}: no records in it; expected .json or .jsonl files, Parquet files, tar shards, or images \
         with .txt captions beside them; found {found}"
    )]
    NoRecords {
        /// The folder or archive.
        name: String,
        /// The files in it, in words.
        found: String,
    },

    /// A pattern of paths gives no files.
    #[error("{pattern}: expected a file, a folder, or a pattern that matches files: {problem}")]
    Pattern {
        /// The pattern as it was given.
        pattern: String,
        /// What is wrong.
        problem: String,
    },

    /// The files of one dataset are of different formats.
    #[error(
        "{name}: files of one format were expected, found {one} and {other}; \
         name the files, or say which with --format"
    )]
    MixedFormats {
        /// The folder, archive or pattern.
        name: String,
        /// A file and its format.
        one: String,
        /// The first file of another format.
        other: String,
    },

    /// A file was given where a folder or an archive is needed.
    #[error("{name}: images with captions are a folder or an archive; found a single file")]
    NotATree {
        /// Name of the source.
        name: String,
    },

    /// Samples of two shards would be read as one.
    #[error(
        "the sample {key} of {one} and that of {other} would stand together in one archive and be \
         read as one sample; write a subset for each shard with --per-file"
    )]
    SamplesMeet {
        /// The key of both.
        key: String,
        /// The shard of the first.
        one: String,
        /// The shard of the second.
        other: String,
    },

    /// A record cannot be converted.
    #[error("{name}: record {record}: {problem}")]
    Record {
        /// Name of the source.
        name: String,
        /// Position in the file.
        record: u64,
        /// What is wrong with it.
        problem: String,
    },

    /// The subset is no single file, but one for each image and caption.
    #[error(
        "{name}: a subset of images with captions is a folder or a zip; \
         expected an output name that ends with `.zip` or `/`"
    )]
    SubsetIsFiles {
        /// Name of the dataset.
        name: String,
    },

    /// A folder of images cannot be used.
    #[error("{path}: expected a folder of images: {problem}")]
    ImageRoot {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        problem: String,
    },

    /// A path is no folder.
    #[error("{path}: expected a folder: {problem}")]
    Folder {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        problem: String,
    },

    /// The footer of a Parquet file is missing or damaged.
    #[error(
        "{name}: expected the footer of a Parquet file, found something else at byte {offset}: \
         {problem}; was it copied or downloaded whole?"
    )]
    ParquetFooter {
        /// Name of the source.
        name: String,
        /// Where the wrong part begins.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },

    /// The files of a folder cannot be listed.
    #[error(
        "{name}: its files cannot be listed: {problem}; make it readable, or move it elsewhere"
    )]
    List {
        /// Name of the folder.
        name: String,
        /// The place, and what the system said.
        problem: String,
    },

    /// A zip archive as a whole cannot be read.
    #[error("{name}: cannot be read as a zip archive: at byte {offset}: {problem}; {advice}")]
    Zip {
        /// Name of the source.
        name: String,
        /// Where it is wrong.
        offset: u64,
        /// What was expected and found.
        problem: String,
        /// What to do about it.
        advice: &'static str,
    },

    /// A member of a zip archive cannot be read.
    #[error("{name}: the member {member} cannot be read: {problem}")]
    ZipMember {
        /// Name of the archive.
        name: String,
        /// The member's path.
        member: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },

    /// A tar archive ends in the middle of a member or of a header.
    #[error(
        "{name}: the tar archive breaks off at byte {offset}, the end of the file ({place}): expected {expected}; \
         was it copied or downloaded whole?"
    )]
    TarBreaksOff {
        /// Name of the source.
        name: String,
        /// Length of the file.
        offset: u64,
        /// Which member it is in or after.
        place: String,
        /// What should stand there.
        expected: &'static str,
    },

    /// A header of a tar archive is broken, or the file is something else.
    #[error(
        "{name}: broken tar archive at byte {offset} ({place}): expected {expected}, found: {found}; {advice}"
    )]
    TarBroken {
        /// Name of the source.
        name: String,
        /// Where the header begins.
        offset: u64,
        /// Which member it is after.
        place: String,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },

    /// A Parquet file is encrypted.
    #[error(
        "{name}: expected a Parquet file in the clear, found an encrypted one (`PARE`); \
         write it again without encryption"
    )]
    ParquetEncrypted {
        /// Name of the source.
        name: String,
    },

    /// A column of a Parquet file is compressed in a way that is not read.
    #[error(
        "{name}: the column `{column}` is compressed with {codec}; expected none, Snappy, gzip, \
         LZ4 or Zstandard: write the file again with one of these"
    )]
    ParquetCodec {
        /// Name of the source.
        name: String,
        /// The column's path.
        column: String,
        /// The compression.
        codec: &'static str,
    },

    /// A Parquet file has no column that records are read from.
    #[error(
        "{name}: expected a column of images ({images}) or of text ({texts}), found only: {found}; \
         rename the columns that hold them"
    )]
    ParquetColumns {
        /// Name of the source.
        name: String,
        /// The names of columns of images.
        images: String,
        /// The names of columns of text.
        texts: String,
        /// The columns there are.
        found: String,
    },

    /// Rows of a Parquet file cannot be decoded.
    #[error(
        "{name}: the column `{column}` cannot be read from row {row} on (the first is 0): {problem}; \
         was the file copied or downloaded whole?"
    )]
    ParquetRows {
        /// Name of the source.
        name: String,
        /// The first row that is affected.
        row: u64,
        /// The column's path, or several.
        column: String,
        /// What was found.
        problem: String,
    },

    /// Parquet files that are to become one have different columns.
    #[error(
        "{name} and {other} cannot be written as one Parquet file, because {difference}; \
         select from each of them by itself"
    )]
    ParquetSchemas {
        /// Name of the first file.
        name: String,
        /// Name of the file that differs from it.
        other: String,
        /// The first difference.
        difference: String,
    },

    /// A row of a Parquet file cannot be written as JSON.
    #[error("{name}: the row {row} (the first is 0) cannot be written as JSON: {problem}")]
    ParquetJson {
        /// Name of the source.
        name: String,
        /// Its position.
        row: u64,
        /// What is in the way.
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
