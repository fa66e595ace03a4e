//! A column chunk's bytes for the parquet crate, and its pages as they come back, checked.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};
use parquet::schema::types::ColumnDescriptor;

use super::thrift::{self, PageSizes};
use crate::source::ByteSource;

/// How much is read where a page header is expected. Most headers have fewer than 100 bytes.
const HEADER_BYTES: usize = 1 << 10;

/// The longest page header that is read: 16 MiB. Extremes of its values can stand in it.
const MAX_HEADER_BYTES: usize = 16 << 20;

/// A page that decompresses to more than 512 MiB must be one of data that hardly shrinks, such as
/// images: what a page says that it decompresses to is reserved before it is decompressed.
const LARGE_PAGE_BYTES: u64 = 512 << 20;

/// How many bytes one compressed byte of such a page may stand for.
const LARGE_PAGE_EXPANSION: u64 = 16;

/// A [`ByteSource`] as the parquet crate reads it, for the pages of one column chunk.
pub(super) struct ChunkBytes {
    source: Arc<dyn ByteSource>,
    /// How many bytes one compressed byte can stand for.
    expansion: u64,
    /// Where the data of the page begins whose header was read last, if it has any.
    data_start: AtomicU64,
    /// Where it would begin, if it has none: there the next header may stand.
    no_data_at: AtomicU64,
}

impl ChunkBytes {
    pub(super) fn new(source: Arc<dyn ByteSource>, codec: Compression) -> Self {
        Self {
            source,
            expansion: expansion(codec),
            data_start: AtomicU64::new(u64::MAX),
            no_data_at: AtomicU64::new(u64::MAX),
        }
    }

    fn read(&self, start: u64, length: usize) -> Result<Vec<u8>> {
        let rest = self.source.len().saturating_sub(start);
        if length as u64 > rest {
            return Err(ParquetError::EOF(format!(
                "expected {length} bytes at byte {start}, found {rest}"
            )));
        }
        let mut bytes = vec![0; length];
        self.source.read_at(start, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a page header, and as much again as stands in the same piece.
    fn read_header(&self, start: u64) -> Result<Vec<u8>> {
        let rest = self.source.len().saturating_sub(start);
        let mut most = HEADER_BYTES;
        loop {
            let bytes = self.read(start, rest.min(most as u64) as usize)?;
            if let Some(sizes) = thrift::page_sizes(&bytes) {
                self.check_sizes(start, sizes)?;
                return Ok(bytes);
            }
            if most == MAX_HEADER_BYTES || rest <= most as u64 {
                return match self.no_data_at.load(Ordering::Relaxed) == start {
                    true => Ok(bytes),
                    false => Err(no_header(start)),
                };
            }
            most = (most * 16).min(MAX_HEADER_BYTES);
        }
    }

    /// Refuses a page that says it decompresses to more than it can: the size it says is reserved
    /// before anything is decompressed.
    fn check_sizes(&self, start: u64, sizes: PageSizes) -> Result<()> {
        let compressed = u64::try_from(sizes.compressed).unwrap_or(0);
        let data = start + sizes.header as u64;
        let (data_start, no_data_at) = match compressed {
            0 => (u64::MAX, data),
            _ => (data, u64::MAX),
        };
        self.data_start.store(data_start, Ordering::Relaxed);
        self.no_data_at.store(no_data_at, Ordering::Relaxed);
        let most = (compressed * self.expansion + 64)
            .min(LARGE_PAGE_BYTES.max(compressed * LARGE_PAGE_EXPANSION));
        if u64::try_from(sizes.uncompressed).is_ok_and(|size| size > most) {
            return Err(ParquetError::General(format!(
                "the page at byte {start} says that {} bytes decompress to {}",
                sizes.compressed, sizes.uncompressed
            )));
        }
        Ok(())
    }
}

fn no_header(start: u64) -> ParquetError {
    ParquetError::General(format!(
        "expected a page header of at most {MAX_HEADER_BYTES} bytes at byte {start}, found none"
    ))
}

/// The most bytes that one compressed byte can stand for, rounded up.
fn expansion(codec: Compression) -> u64 {
    match codec {
        Compression::UNCOMPRESSED => 1,
        Compression::SNAPPY => 32,
        Compression::LZ4 | Compression::LZ4_RAW => 256,
        Compression::GZIP(_) => 1040,
        // A block of 128 KiB of one byte takes 4 bytes.
        _ => 1 << 16,
    }
}

impl Length for ChunkBytes {
    fn len(&self) -> u64 {
        self.source.len()
    }
}

impl ChunkReader for ChunkBytes {
    type T = SourceRead;

    fn get_read(&self, start: u64) -> Result<SourceRead> {
        let rest = self.source.len().saturating_sub(start);
        let buffer = match start == self.data_start.load(Ordering::Relaxed) {
            // Asked for once more, and not read, when the header is known already.
            true => self.read(start, rest.min(HEADER_BYTES as u64) as usize)?,
            false => self.read_header(start)?,
        };
        Ok(SourceRead {
            source: Arc::clone(&self.source),
            next: start + buffer.len() as u64,
            buffer,
            at: 0,
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.read(start, length)?;
        // Data whose header was read before, or else a whole page, with its header.
        if length > 0 && start != self.data_start.load(Ordering::Relaxed) {
            let header = &bytes[..length.min(MAX_HEADER_BYTES)];
            let sizes = thrift::page_sizes(header).ok_or_else(|| no_header(start))?;
            self.check_sizes(start, sizes)?;
        }
        Ok(bytes.into())
    }
}

/// The bytes of a source one after the other.
pub(super) struct SourceRead {
    source: Arc<dyn ByteSource>,
    buffer: Vec<u8>,
    at: usize,
    next: u64,
}

impl Read for SourceRead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            let rest = self.source.len().saturating_sub(self.next);
            self.buffer
                .resize(rest.min(HEADER_BYTES as u64) as usize, 0);
            self.source.read_at(self.next, &mut self.buffer)?;
            self.next += self.buffer.len() as u64;
            self.at = 0;
        }
        let count = out.len().min(self.buffer.len() - self.at);
        out[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// The pages of a column chunk, each looked at before it is decoded.
///
/// What is refused here would otherwise reserve memory for more values than the page can hold, or
/// never come to an end.
pub(super) struct CheckedPages {
    pages: SerializedPageReader<ChunkBytes>,
    /// The fewest bytes that a value in a dictionary takes.
    value_bytes: u64,
    max_rep_level: i16,
}

impl CheckedPages {
    pub(super) fn new(
        source: Arc<dyn ByteSource>,
        chunk: &ColumnChunkMetaData,
        rows: usize,
        locations: Option<Vec<PageLocation>>,
    ) -> Result<Self> {
        let bytes = Arc::new(ChunkBytes::new(source, chunk.compression()));
        Ok(Self {
            pages: SerializedPageReader::new(bytes, chunk, rows, locations)?,
            value_bytes: value_bytes(chunk.column_descr()),
            max_rep_level: chunk.column_descr().max_rep_level(),
        })
    }

    fn check(&self, page: &Page) -> Result<()> {
        match page {
            Page::DictionaryPage {
                buf, num_values, ..
            } if u64::from(*num_values) * self.value_bytes > buf.len() as u64 => {
                return Err(ParquetError::General(format!(
                    "a dictionary of {} bytes says it has {num_values} values",
                    buf.len()
                )));
            }
            Page::DataPage {
                buf,
                num_values,
                rep_level_encoding: Encoding::RLE,
                ..
            } if self.max_rep_level > 0 => {
                let levels = buf.get(..4).and_then(|length| {
                    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
                    buf.get(4..)?.get(..length)
                });
                self.check_levels(levels, *num_values)?;
            }
            Page::DataPageV2 {
                buf,
                num_values,
                rep_levels_byte_len,
                ..
            } if self.max_rep_level > 0 => {
                self.check_levels(buf.get(..*rep_levels_byte_len as usize), *num_values)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn check_levels(&self, levels: Option<&[u8]>, expected: u32) -> Result<()> {
        let found = levels.map_or(0, |levels| level_count(levels, self.max_rep_level));
        if found < u64::from(expected) {
            return Err(ParquetError::General(format!(
                "a page of {expected} values has {found} repetition levels"
            )));
        }
        Ok(())
    }
}

fn value_bytes(column: &ColumnDescriptor) -> u64 {
    match column.physical_type() {
        // No truth value stands in a dictionary, and each would take a bit.
        Type::BOOLEAN => 1,
        Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT96 => 12,
        Type::FIXED_LEN_BYTE_ARRAY => {
            u64::try_from(column.type_length()).map_or(1, |length| length.max(1))
        }
    }
}

/// How many levels these runs hold, with the padding of the last.
fn level_count(mut runs: &[u8], max_level: i16) -> u64 {
    let bits = u64::from(16 - max_level.leading_zeros().min(16));
    let mut count = 0u64;
    'runs: while !runs.is_empty() {
        let mut head = 0u64;
        let mut shift = 0;
        loop {
            let Some((&byte, rest)) = runs.split_first() else {
                break 'runs;
            };
            runs = rest;
            head |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
            if shift > 28 {
                break 'runs;
            }
        }
        let (levels, bytes) = match head & 1 {
            0 => (head >> 1, bits.div_ceil(8)),
            _ => ((head >> 1) * 8, (head >> 1) * bits),
        };
        let here = bytes.min(runs.len() as u64);
        runs = &runs[here as usize..];
        // The last packed run may be cut short after the levels that count.
        count += match head & 1 {
            1 if here < bytes => here * 8 / bits,
            _ if here < bytes => break,
            _ => levels,
        };
    }
    count
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            self.check(page)?;
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    #[test]
    fn levels_are_counted_by_their_runs() {
        // Five zeros as a run; eight packed levels of one bit.
        assert_eq!(level_count(&[10, 0], 1), 5);
        assert_eq!(level_count(&[3, 0b0101_0101], 1), 8);
        assert_eq!(level_count(&[10, 0, 3, 0], 1), 13);
        assert_eq!(level_count(&[3, 0xff], 3), 4);
        assert_eq!(level_count(&[10], 1), 0);
        assert_eq!(level_count(&[0xff; 9], 1), 0);
        assert_eq!(level_count(&[], 1), 0);
    }

    /// A page header with a text of `extra` bytes between the sizes and its end.
    fn header(uncompressed: i32, compressed: i32, extra: usize) -> Vec<u8> {
        fn varint(out: &mut Vec<u8>, mut value: u64) {
            while value >= 0x80 {
                out.push(value as u8 | 0x80);
                value >>= 7;
            }
            out.push(value as u8);
        }
        let mut bytes = vec![0x15, 0];
        for size in [uncompressed, compressed] {
            bytes.push(0x15);
            varint(&mut bytes, (size as u64) << 1);
        }
        bytes.push(0x18);
        varint(&mut bytes, extra as u64);
        bytes.resize(bytes.len() + extra, 7);
        bytes.push(0);
        bytes
    }

    #[test]
    fn the_bytes_are_read_on_past_the_buffer() {
        for extra in [0, 1000, 3000, 100_000] {
            let head = header(3000, 3000, extra);
            let data: Vec<u8> = (0..3000).map(|i| (i % 251) as u8).collect();
            let bytes = [&b"before "[..], &head, &data].concat();
            let source = Arc::new(MemorySource::new("m", bytes.clone()));
            let chunk = ChunkBytes::new(source, Compression::UNCOMPRESSED);
            let mut read = vec![];
            chunk.get_read(7).unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, bytes[7..]);
            let start = 7 + head.len() as u64;
            assert_eq!(chunk.get_bytes(start, 3000).unwrap(), data);
            assert!(chunk.get_bytes(start, 3001).is_err());
            let page = chunk.get_bytes(7, head.len() + 3000).unwrap();
            assert_eq!(page, bytes[7..]);
            assert!(chunk.get_read(start).is_ok());
            assert!(chunk.get_bytes(u64::MAX, 1).is_err());
            assert!(chunk.get_read(bytes.len() as u64 + 1).is_err());
        }
    }

    #[test]
    fn a_page_that_claims_gigabytes_is_refused_however_long_its_header() {
        let claims = |codec, uncompressed, compressed, extra| {
            let bytes = [header(uncompressed, compressed, extra), vec![0; 64]].concat();
            let length = bytes.len();
            let chunk = ChunkBytes::new(Arc::new(MemorySource::new("m", bytes)), codec);
            let [read, whole] = [
                chunk.get_read(0).map(|_| ()),
                chunk.get_bytes(0, length).map(|_| ()),
            ];
            assert_eq!(read.is_ok(), whole.is_ok());
            read.map_err(|error| error.to_string())
        };
        let zstd = Compression::ZSTD(Default::default());
        for extra in [0, 2000, 200_000] {
            for (codec, uncompressed, compressed) in [
                (zstd, i32::MAX, 64),
                (zstd, (512 << 20) + 1, 1 << 20),
                (zstd, 65 << 16, 64),
                (Compression::UNCOMPRESSED, i32::MAX, 64),
                (Compression::SNAPPY, 100_000, 64),
            ] {
                let error = claims(codec, uncompressed, compressed, extra).unwrap_err();
                assert!(error.contains("decompress to"), "{error}");
            }
            claims(zstd, 512 << 20, 1 << 20, extra).unwrap();
            claims(zstd, 1 << 30, 64 << 20, extra).unwrap();
            claims(zstd, 1 << 22, 64, extra).unwrap();
        }
        // A page without data is no reason to believe the next one.
        let bytes = [header(0, 0, 0), header(i32::MAX, 9, 0), vec![0; 9]].concat();
        let chunk = ChunkBytes::new(Arc::new(MemorySource::new("m", bytes)), zstd);
        chunk.get_read(0).unwrap();
        let next = header(0, 0, 0).len() as u64;
        assert!(chunk.get_bytes(next, 0).unwrap().is_empty());
        let error = chunk.get_read(next).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("decompress to"), "{error}");
        let chunk = ChunkBytes::new(Arc::new(MemorySource::new("m", vec![0x18; 5000])), zstd);
        let error = chunk.get_read(0).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("at byte 0, found none"), "{error}");
    }
}
