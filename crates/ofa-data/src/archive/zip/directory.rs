//! The central directory: where it is, and its records.

use std::io;
use std::ops::Range;

use rawzip::{
    ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive, ZipFileHeaderRecord,
    ZipLocator,
};
use sha2::{Digest, Sha256};

use crate::Result;
use crate::error::Error;
use crate::source::{ByteSource, for_each_chunk_in, read};

/// A directory takes memory in proportion to its length, so it has a limit: 1 GiB is enough for
/// ten million members.
const MAX_DIRECTORY: u64 = 1 << 30;

/// How much of the archive's end is searched for the end record.
const MAX_SEARCH: u64 = 1 << 20;

/// How many false end records are passed over. A comment can hold any number of them.
const MAX_FALSE_ENDS: usize = 64;

/// The length of an end record without the comment.
pub(super) const END_RECORD: u64 = 22;

/// Where the parts of the directory are.
pub(super) struct Directory {
    /// The records.
    pub(super) records: Range<u64>,
    /// Of the records.
    pub(super) sha256: [u8; 32],
    /// The comment of the archive, after the end record.
    pub(super) comment: Range<u64>,
}

/// A source as rawzip reads.
struct Reader<'a>(&'a dyn ByteSource);

impl ReaderAt for Reader<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let length = self.0.len().saturating_sub(offset).min(buf.len() as u64) as usize;
        self.0.read_at(offset, &mut buf[..length])?;
        Ok(length)
    }
}

impl Directory {
    /// Finds the directory and visits its records in their order, each with its position among
    /// the records' bytes.
    pub(super) fn read(
        source: &dyn ByteSource,
        visit: &mut dyn FnMut(u32, &ZipFileHeaderRecord<'_>),
    ) -> Result<Self> {
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let archive = locate(source, &mut buffer)?;
        let start = archive.directory_offset();
        let end_record = archive.eocd_offset();
        let declared = check_end_record(source, end_record)?;
        if end_record.saturating_sub(start) > MAX_DIRECTORY {
            let problem = format!(
                "its directory takes {} bytes, and at most {MAX_DIRECTORY} are read",
                end_record - start
            );
            return Err(broken(source, start, problem, "unpack it"));
        }
        let mut end = start;
        let mut entries = archive.entries(&mut buffer);
        loop {
            match entries.next_entry() {
                Ok(Some(record)) => {
                    // It fits, because the whole directory does.
                    visit((end - start) as u32, &record);
                    let variable = record.file_path().len()
                        + record.extra_fields().remaining_bytes().len()
                        + record.comment().as_bytes().len();
                    end = record.central_directory_offset() + RECORD as u64 + variable as u64;
                }
                Ok(None) => break,
                Err(error) => return Err(directory_error(source, end, error)),
            }
        }
        // Other programs find the directory by its length, so it has to be the one found here.
        if declared.is_some_and(|length| ![end - start, end_record - start].contains(&length)) {
            let problem = format!(
                "the end record says that the directory takes {} bytes, and it takes {}",
                declared.unwrap_or_default(),
                end - start
            );
            return Err(broken(source, end_record, problem, DAMAGED));
        }
        let mut hasher = Sha256::new();
        for_each_chunk_in(source, start..end, |_, bytes| {
            hasher.update(bytes);
            Ok(true)
        })?;
        let comment = end_record + END_RECORD;
        Ok(Self {
            records: start..end,
            sha256: hasher.finalize().into(),
            comment: comment..archive.end_offset(),
        })
    }
}

/// The length of a record without its name, extra fields and comment.
pub(super) const RECORD: usize = 46;

const DAMAGED: &str = "the archive is damaged: fetch or make it again (`unzip -t` tests it)";

fn broken(
    source: &dyn ByteSource,
    offset: u64,
    problem: impl Into<String>,
    advice: &'static str,
) -> Error {
    Error::Zip {
        name: source.name().to_owned(),
        offset,
        problem: problem.into(),
        advice,
    }
}

/// Finds the end record, passing over places that only look like one.
fn locate<'a>(source: &'a dyn ByteSource, buffer: &mut [u8]) -> Result<ZipArchive<Reader<'a>>> {
    let length = source.len();
    let mut end = length;
    let mut first = None;
    for _ in 0..MAX_FALSE_ENDS {
        let locator = ZipLocator::new().max_search_space(MAX_SEARCH.saturating_sub(length - end));
        let error = match locator.locate_in_reader(Reader(source), buffer, end) {
            Ok(archive) => return Ok(archive),
            Err((_, error)) => error,
        };
        let found = error.eocd_offset().filter(|&found| found < end);
        let kind = error.into_kind();
        // Reading beyond the end is the file's fault, not the system's.
        if let ErrorKind::IO(error) = kind
            && error.kind() != io::ErrorKind::UnexpectedEof
        {
            return Err(Error::Read {
                name: source.name().to_owned(),
                offset: found.unwrap_or(end),
                source: error,
            });
        }
        let Some(found) = found else { break };
        end = found;
        first.get_or_insert(found);
    }
    let Some(found) = first else {
        return Err(broken(
            source,
            length,
            "expected a zip archive's end record in its last MiB, found none",
            "is it a zip archive, and was it copied or downloaded whole?",
        ));
    };
    // The last part of a divided archive says so.
    if found + END_RECORD <= length {
        check_end_record(source, found)?;
    }
    let problem = "the end record does not fit: its comment leaves the file, or the directory \
                   would stand behind it";
    Err(broken(source, found, problem, DAMAGED))
}

/// Checks that an end record is of an archive in one piece, and gives the length of the
/// directory where the record (and no zip64 one) holds it.
fn check_end_record(source: &dyn ByteSource, offset: u64) -> Result<Option<u64>> {
    let mut record = [0; END_RECORD as usize];
    read(source, offset, &mut record)?;
    let short = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
    let is_first = |disk: u16| disk == 0 || disk == u16::MAX;
    let mut is_divided = !is_first(short(4)) || !is_first(short(6)) || short(8) != short(10);
    if let Some(before) = offset.checked_sub(20) {
        let mut locator = [0; 20];
        read(source, before, &mut locator)?;
        let disks = u32::from_le_bytes([locator[16], locator[17], locator[18], locator[19]]);
        is_divided |= locator.starts_with(b"PK\x06\x07") && disks > 1;
    }
    if is_divided {
        return Err(broken(
            source,
            offset,
            "expected an archive in one piece, found one divided into several",
            "join its pieces (`zip -s 0 divided.zip --out whole.zip`) or unpack it",
        ));
    }
    let length = u32::from_le_bytes([record[12], record[13], record[14], record[15]]);
    Ok((length != u32::MAX).then_some(length.into()))
}

fn directory_error(source: &dyn ByteSource, offset: u64, error: rawzip::Error) -> Error {
    let problem = match error.into_kind() {
        ErrorKind::IO(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Error::Read {
                name: source.name().to_owned(),
                offset,
                source: error,
            };
        }
        ErrorKind::InvalidSignature { actual, .. } => format!(
            "expected a record of the directory, found the bytes {:02x?}",
            actual.to_le_bytes()
        ),
        _ => "a record of the directory breaks off".to_owned(),
    };
    broken(source, offset, problem, DAMAGED)
}

/// Reads records again one after the other, in large steps.
pub(super) struct Records<'a> {
    source: &'a dyn ByteSource,
    range: Range<u64>,
    /// What is read of the range, and where it begins.
    buffer: Vec<u8>,
    start: u64,
}

impl<'a> Records<'a> {
    pub(super) fn new(source: &'a dyn ByteSource, range: Range<u64>) -> Self {
        let start = range.start;
        Self {
            source,
            range,
            buffer: vec![],
            start,
        }
    }

    /// The record at a position among the records' bytes.
    pub(super) fn at(&mut self, position: u32) -> Result<&[u8]> {
        let offset = self.range.start + u64::from(position);
        self.fill(offset, RECORD)?;
        let fixed = &self.buffer[(offset - self.start) as usize..];
        let length = RECORD
            + [28, 30, 32]
                .map(|at| usize::from(u16::from_le_bytes([fixed[at], fixed[at + 1]])))
                .iter()
                .sum::<usize>();
        self.fill(offset, length)?;
        let begin = (offset - self.start) as usize;
        Ok(&self.buffer[begin..begin + length])
    }

    fn fill(&mut self, offset: u64, length: usize) -> Result<()> {
        let end = offset + length as u64;
        if self.start <= offset && end <= self.start + self.buffer.len() as u64 {
            return Ok(());
        }
        if end > self.range.end {
            // It was whole when the archive was opened.
            return Err(Error::Changed {
                name: self.source.name().to_owned(),
            });
        }
        let step = (self.range.end - offset).min(1 << 20).max(length as u64);
        self.buffer.resize(step as usize, 0);
        self.start = offset;
        read(self.source, offset, &mut self.buffer)
    }
}
