//! The file: its footer, and how its rows lie in row groups.

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::schema::types::SchemaDescriptor;
use sha2::{Digest, Sha256};

use super::chunk::CheckedPages;
use super::guard::{Found, caught};
use super::thrift;
use crate::Result;
use crate::error::Error;
use crate::source::{self, ByteSource};

/// The longest footer that is read: 64 MiB. Those of datasets have a few MiB at most.
const MAX_FOOTER_BYTES: u64 = 64 << 20;

/// The longest offset index of one column in one row group: 16 MiB.
const MAX_INDEX_BYTES: u64 = 16 << 20;

/// What ends every file: the length of the footer, and the magic bytes.
const TAIL_BYTES: u64 = 8;

/// A Parquet file whose footer has been read.
pub(super) struct File {
    pub(super) source: Arc<dyn ByteSource>,
    pub(super) meta: ParquetMetaData,
    /// For every row group the position of its first row, and one more: how many rows there are.
    starts: Vec<u64>,
    pub(super) digest: [u8; 32],
}

impl File {
    pub(super) fn open(source: Arc<dyn ByteSource>) -> Result<Self> {
        let footer = read_footer(&*source)?;
        let damaged = |problem: String| Error::ParquetFooter {
            name: source.name().to_owned(),
            offset: source.len() - TAIL_BYTES - footer.len() as u64,
            problem,
        };
        if !thrift::is_sound_metadata(&footer) {
            return Err(damaged("its lengths lead out of it".to_owned()));
        }
        let meta = caught(|| ParquetMetaDataReader::decode_metadata(&footer)).map_err(damaged)?;
        let mut starts = vec![0];
        let mut rows = 0u64;
        for (group, row_group) in meta.row_groups().iter().enumerate() {
            rows = u64::try_from(row_group.num_rows())
                .ok()
                .and_then(|more| rows.checked_add(more))
                .ok_or_else(|| damaged(format!("row group {group} has no valid row count")))?;
            starts.push(rows);
            for chunk in row_group.columns() {
                check_chunk(&*source, group, chunk)?;
            }
        }
        let mut hash = Sha256::new();
        hash.update(&footer);
        hash.update(source.len().to_le_bytes());
        Ok(Self {
            digest: hash.finalize().into(),
            source,
            meta,
            starts,
        })
    }

    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    pub(super) fn len(&self) -> u64 {
        self.starts[self.starts.len() - 1]
    }

    pub(super) fn schema(&self) -> &SchemaDescriptor {
        self.meta.file_metadata().schema_descr()
    }

    pub(super) fn chunk(&self, group: usize, leaf: usize) -> &ColumnChunkMetaData {
        self.meta.row_group(group).column(leaf)
    }

    /// How many rows a row group has.
    pub(super) fn rows_in(&self, group: usize) -> u64 {
        self.starts[group + 1] - self.starts[group]
    }

    /// The position in the file of a row group's first row.
    pub(super) fn start_of(&self, group: usize) -> u64 {
        self.starts[group]
    }

    /// The row group that a row is in, and its position there.
    pub(super) fn place(&self, row: u64) -> Result<(usize, u64)> {
        if row >= self.len() {
            return Err(Error::NoSuchRecord {
                name: self.name().to_owned(),
                position: row,
                records: self.len(),
            });
        }
        // Row groups without rows begin where the next one does, and are passed over.
        let group = self.starts.partition_point(|start| *start <= row) - 1;
        Ok((group, row - self.starts[group]))
    }

    /// The mean length of a row of these leaves in a row group, as `size` measures a chunk.
    pub(super) fn mean_row(
        &self,
        group: usize,
        leaves: &[usize],
        size: impl Fn(&ColumnChunkMetaData) -> i64,
    ) -> u64 {
        let total: u64 = leaves
            .iter()
            .map(|leaf| u64::try_from(size(self.chunk(group, *leaf))).unwrap_or(0))
            .fold(0, u64::saturating_add);
        total / self.rows_in(group).max(1)
    }

    /// The pages of a leaf column in a row group.
    pub(super) fn pages(&self, group: usize, leaf: usize) -> Found<CheckedPages> {
        let chunk = self.chunk(group, leaf);
        let rows = usize::try_from(self.rows_in(group))
            .map_err(|_| "the row group has more rows than fit in memory".to_owned())?;
        let locations = self.page_locations(group, leaf);
        caught(|| CheckedPages::new(Arc::clone(&self.source), chunk, rows, locations))
    }

    /// Whether it is written where the pages of these leaves begin, so that rows can be skipped.
    pub(super) fn has_index(&self, group: usize, leaves: &[usize]) -> bool {
        leaves
            .iter()
            .all(|leaf| self.chunk(group, *leaf).offset_index_offset().is_some())
    }

    /// Where the pages of a leaf begin, if the file says so and it can be true.
    fn page_locations(&self, group: usize, leaf: usize) -> Option<Vec<PageLocation>> {
        let chunk = self.chunk(group, leaf);
        let offset = u64::try_from(chunk.offset_index_offset()?).ok()?;
        let length = u64::try_from(chunk.offset_index_length()?).ok()?;
        if length > MAX_INDEX_BYTES || offset.checked_add(length)? > self.source.len() {
            return None;
        }
        let mut bytes = vec![0; length as usize];
        self.source.read_at(offset, &mut bytes).ok()?;
        let pages = thrift::page_locations(&bytes)?;
        let (start, end) = chunk_range(chunk)?;
        let rows = i64::try_from(self.rows_in(group)).ok()?;
        let mut next_offset = i64::try_from(start).ok()?;
        let mut last_row = -1;
        for page in &pages {
            let page_end = page.offset.checked_add(page.compressed_page_size.into())?;
            let fits = page.offset >= next_offset
                && page.compressed_page_size > 0
                && u64::try_from(page_end).is_ok_and(|page_end| page_end <= end)
                && page.first_row_index > last_row
                && page.first_row_index < rows;
            if !fits {
                return None;
            }
            next_offset = page_end;
            last_row = page.first_row_index;
        }
        (pages.first()?.first_row_index == 0).then_some(pages)
    }

    /// An error for what was found wrong from a row on.
    pub(super) fn damaged(&self, group: usize, row: u64, column: &str, problem: String) -> Error {
        Error::ParquetRows {
            name: self.name().to_owned(),
            row: self.starts[group] + row,
            column: column.to_owned(),
            problem,
        }
    }
}

/// Where a column chunk lies in the file.
fn chunk_range(chunk: &ColumnChunkMetaData) -> Option<(u64, u64)> {
    let start = chunk
        .dictionary_page_offset()
        .unwrap_or(chunk.data_page_offset());
    let start = u64::try_from(start).ok()?;
    let length = u64::try_from(chunk.compressed_size()).ok()?;
    Some((start, start.checked_add(length)?))
}

fn check_chunk(source: &dyn ByteSource, group: usize, chunk: &ColumnChunkMetaData) -> Result<()> {
    let column = || chunk.column_path().string();
    let codec = match chunk.compression() {
        Compression::UNCOMPRESSED
        | Compression::SNAPPY
        | Compression::GZIP(_)
        | Compression::LZ4
        | Compression::LZ4_RAW
        | Compression::ZSTD(_) => None,
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZO => Some("LZO"),
    };
    if let Some(codec) = codec {
        return Err(Error::ParquetCodec {
            name: source.name().to_owned(),
            column: column(),
            codec,
        });
    }
    match chunk_range(chunk) {
        Some((_, end)) if end <= source.len() => Ok(()),
        range => Err(Error::ParquetFooter {
            name: source.name().to_owned(),
            offset: range.map_or(0, |(start, _)| start),
            problem: format!(
                "the column `{}` of row group {group} leads out of the file, which has {} bytes",
                column(),
                source.len()
            ),
        }),
    }
}

/// Finds and reads the footer, without the tail.
fn read_footer(source: &dyn ByteSource) -> Result<Vec<u8>> {
    let name = || source.name().to_owned();
    let length = source.len();
    let broken = |offset: u64, problem: String| Error::ParquetFooter {
        name: name(),
        offset,
        problem,
    };
    if length < 4 + TAIL_BYTES {
        return Err(broken(0, format!("the file has only {length} bytes")));
    }
    let mut tail = [0; TAIL_BYTES as usize];
    source::read(source, length - TAIL_BYTES, &mut tail)?;
    let [a, b, c, d, magic @ ..] = tail;
    match &magic {
        b"PAR1" => {}
        b"PARE" => return Err(Error::ParquetEncrypted { name: name() }),
        _ => {
            return Err(broken(
                length - 4,
                format!(
                    "expected `PAR1` as the last bytes, found `{}`",
                    magic.escape_ascii()
                ),
            ));
        }
    }
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if footer > length - 4 - TAIL_BYTES {
        return Err(broken(
            length - TAIL_BYTES,
            format!("the footer says it has {footer} bytes, more than the file"),
        ));
    }
    if footer > MAX_FOOTER_BYTES {
        return Err(broken(
            length - TAIL_BYTES,
            format!("the footer has {footer} bytes; at most {MAX_FOOTER_BYTES} are read"),
        ));
    }
    let mut bytes = vec![0; footer as usize];
    source::read(source, length - TAIL_BYTES - footer, &mut bytes)?;
    Ok(bytes)
}
