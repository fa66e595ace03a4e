//! One member: what the directory says of it, and where its data are.

use std::ops::Range;

use rawzip::{CompressionMethod, ZipFileHeaderRecord};

use super::ZipTree;
use crate::Result;
use crate::source::read;

/// The length of a member's own header without its name and extra fields.
pub(super) const LOCAL_HEADER: u64 = 30;

const ENCRYPTED: u16 = 1;
/// Lengths and checksum follow the data.
pub(super) const HAS_DESCRIPTOR: u16 = 1 << 3;

/// What the directory says of a member. There are hundreds of thousands, so the name is elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Member {
    name_start: u64,
    /// Where the member's own header is.
    pub(super) header: u64,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// Position of the record among the directory's bytes.
    pub(super) record: u32,
    pub(super) crc: u32,
    name_len: u32,
    /// The name's bytes are compared with those of the header by this.
    raw_name_crc: u32,
    raw_name_len: u16,
    method: u16,
    flags: u16,
}

/// The parts of a member in the archive.
pub(super) struct Span {
    pub(super) header: u64,
    pub(super) data: Range<u64>,
}

impl Member {
    pub(super) fn new(
        record: &ZipFileHeaderRecord<'_>,
        position: u32,
        name_start: usize,
        name_len: usize,
    ) -> Self {
        let raw_name = record.file_path();
        Self {
            name_start: name_start as u64,
            // A name has at most 65,535 bytes, or three times as many from code page 437.
            name_len: name_len as u32,
            header: record.local_header_offset(),
            compressed: record.compressed_size_hint(),
            uncompressed: record.uncompressed_size_hint(),
            record: position,
            crc: record.crc32(),
            raw_name_crc: crc32fast::hash(raw_name.as_bytes()),
            raw_name_len: raw_name.len() as u16,
            method: record.compression_method().as_u16(),
            flags: record.flags().bits(),
        }
    }

    /// Where its name is among the names.
    pub(super) fn name(&self) -> Range<usize> {
        let start = self.name_start as usize;
        start..start + self.name_len as usize
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & ENCRYPTED != 0
    }

    pub(super) fn is_stored(&self) -> bool {
        self.method == CompressionMethod::STORE.as_u16()
    }

    pub(super) fn has_descriptor(&self) -> bool {
        self.flags & HAS_DESCRIPTOR != 0
    }

    /// Why its data cannot be read, in words; `None` where they can, as far as the directory tells.
    pub(super) fn unreadable(&self) -> Option<String> {
        if self.is_encrypted() {
            return Some(
                "it is encrypted; unpack the archive with its password and give the folder"
                    .to_owned(),
            );
        }
        let method = CompressionMethod::new(self.method);
        if method == CompressionMethod::STORE {
            return (self.compressed != self.uncompressed).then(|| {
                format!(
                    "it is stored, but said to take {} bytes and to have {}",
                    self.compressed, self.uncompressed
                )
            });
        }
        (method != CompressionMethod::DEFLATE).then(|| {
            let name = method.name().unwrap_or("an unknown method").to_lowercase();
            format!(
                "expected it to be stored or deflated, found method {} ({name}); repack the archive \
                 with stored or deflate",
                self.method
            )
        })
    }
}

impl ZipTree {
    /// Where the data of a member are that can be read.
    pub(super) fn data(&self, path: &str, member: &Member) -> Result<Range<u64>> {
        match member.unreadable() {
            Some(problem) => Err(self.member_error(path, problem)),
            None => Ok(self.span(path, member)?.data),
        }
    }

    /// Reads a member's own header and checks it against the directory.
    pub(super) fn span(&self, path: &str, member: &Member) -> Result<Span> {
        let records = self.directory.records.start;
        let name_len = u64::from(member.raw_name_len);
        let outside = |end: Option<u64>| end.is_none_or(|end| end > records);
        let name_end = member.header.checked_add(LOCAL_HEADER + name_len);
        if outside(name_end) {
            let problem = format!(
                "expected its header before the directory at byte {records}, found it said to be at \
                 byte {}",
                member.header
            );
            return Err(self.member_error(path, problem));
        }
        let mut header = vec![0; (LOCAL_HEADER + name_len) as usize];
        read(&*self.source, member.header, &mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            let problem = format!(
                "expected its header at byte {}, found the bytes {:02x?}",
                member.header,
                &header[..4]
            );
            return Err(self.member_error(path, problem));
        }
        let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let name = &header[LOCAL_HEADER as usize..];
        if short(26) != member.raw_name_len || crc32fast::hash(name) != member.raw_name_crc {
            let problem = format!(
                "the header at byte {} has another name than the directory: {}",
                member.header,
                String::from_utf8_lossy(name)
            );
            return Err(self.member_error(path, problem));
        }
        let start = member.header + LOCAL_HEADER + name_len + u64::from(short(28));
        match start.checked_add(member.compressed) {
            Some(end) if end <= records => Ok(Span {
                header: member.header,
                data: start..end,
            }),
            _ => {
                let problem = format!(
                    "its {} bytes from byte {start} on would reach into the directory at byte \
                     {records}",
                    member.compressed
                );
                Err(self.member_error(path, problem))
            }
        }
    }
}
