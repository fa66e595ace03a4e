//! Some leaf columns as Arrow batches, a few hundred rows at a time.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, RowGroups, RowSelection, RowSelector,
};
use parquet::arrow::{
    FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema,
};
use parquet::column::page::{PageIterator, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::file::File;
use super::guard::{Found, caught};

/// The most rows in a batch.
pub(super) const MAX_ROWS: u64 = 256;

/// What the rows of a batch take when decoded, about.
const BATCH_BYTES: u64 = 16 << 20;

/// Leaf columns, read as record batches: batch `n` of a row group has the rows from
/// `n * batch_rows` on.
///
/// Read by the types of the Parquet schema, not by the Arrow schema that a writer may have left
/// in the file: so dictionaries, large strings and large lists all come out as plain ones. Text
/// comes as views into the decoded pages, so that a page is never copied for each of its rows.
pub(super) struct Batches {
    levels: FieldLevels,
    leaves: Vec<usize>,
    open: Option<Open>,
}

struct Open {
    group: usize,
    reader: ParquetRecordBatchReader,
    batch_rows: u64,
    /// The batch that comes next.
    next: u64,
}

impl Batches {
    pub(super) fn new(file: &File, leaves: Vec<usize>) -> Found<Self> {
        let levels = caught(|| {
            let schema = parquet_to_arrow_schema(file.schema(), None)?;
            let viewed = with_views(schema.fields());
            let mask = ProjectionMask::leaves(file.schema(), leaves.iter().copied());
            parquet_to_arrow_field_levels(file.schema(), mask, Some(&viewed))
        })?;
        Ok(Self {
            levels,
            leaves,
            open: None,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// The columns, for messages.
    pub(super) fn names(&self, file: &File) -> String {
        let mut names: Vec<String> = self
            .leaves
            .iter()
            .map(|leaf| file.schema().column(*leaf).path().parts()[0].clone())
            .collect();
        names.dedup();
        names.join("`, `")
    }

    /// How many rows a batch of a row group has, but for the last.
    pub(super) fn batch_rows(&self, file: &File, group: usize) -> u64 {
        let mean = file.mean_row(group, &self.leaves, |chunk| chunk.uncompressed_size());
        (BATCH_BYTES / mean.max(1)).clamp(1, MAX_ROWS)
    }

    /// Reads a batch. Asked for in order, the row group is decoded once.
    pub(super) fn read(&mut self, file: &File, group: usize, batch: u64) -> Found<RecordBatch> {
        let mut open = match self.open.take() {
            // Where pages cannot be skipped, going on is never dearer than beginning anew.
            Some(open)
                if open.group == group
                    && open.next <= batch
                    && (batch - open.next < 2 || !file.has_index(group, &self.leaves)) =>
            {
                open
            }
            _ => self.begin(file, group, batch)?,
        };
        loop {
            let read = caught(|| open.reader.next().transpose())?;
            let rows = (file.rows_in(group) - open.next * open.batch_rows).min(open.batch_rows);
            let read = read
                .filter(|read| read.num_rows() as u64 == rows)
                .ok_or_else(|| {
                    format!(
                        "the row group ends before its {} rows do",
                        file.rows_in(group)
                    )
                })?;
            open.next += 1;
            if open.next > batch {
                self.open = Some(open);
                return Ok(read);
            }
        }
    }

    fn begin(&self, file: &File, group: usize, batch: u64) -> Found<Open> {
        let batch_rows = self.batch_rows(file, group);
        let rows = usize::try_from(file.rows_in(group))
            .map_err(|_| "the row group has more rows than fit in memory".to_owned())?;
        let skip = ((batch * batch_rows) as usize).min(rows);
        let selection = (skip > 0).then(|| {
            RowSelection::from(vec![
                RowSelector::skip(skip),
                RowSelector::select(rows - skip),
            ])
        });
        let reader = caught(|| {
            ParquetRecordBatchReader::try_new_with_row_groups(
                &self.levels,
                &OneGroup { file, group },
                batch_rows as usize,
                selection,
            )
        })?;
        Ok(Open {
            group,
            reader,
            batch_rows,
            next: batch,
        })
    }
}

/// The types with text and bytes as views, and times with their offset from UTC.
fn with_views(fields: &Fields) -> Fields {
    fields
        .iter()
        .map(|field| {
            let viewed = match field.data_type() {
                DataType::Utf8 => DataType::Utf8View,
                DataType::Binary => DataType::BinaryView,
                // The name of a time zone cannot be looked up here, and Parquet has only this one.
                DataType::Timestamp(unit, Some(_)) => {
                    DataType::Timestamp(*unit, Some("+00:00".into()))
                }
                DataType::Struct(parts) => DataType::Struct(with_views(parts)),
                DataType::List(item) => DataType::List(with_view(item)),
                DataType::Map(entry, sorted) => DataType::Map(with_view(entry), *sorted),
                other => other.clone(),
            };
            Arc::new(Field::clone(field).with_data_type(viewed))
        })
        .collect()
}

fn with_view(field: &FieldRef) -> FieldRef {
    Arc::clone(&with_views(&Fields::from(vec![Arc::clone(field)]))[0])
}

/// A row group as Arrow's reader asks for it.
struct OneGroup<'a> {
    file: &'a File,
    group: usize,
}

impl RowGroups for OneGroup<'_> {
    fn num_rows(&self) -> usize {
        self.file.rows_in(self.group) as usize
    }

    fn column_chunks(&self, leaf: usize) -> ParquetResult<Box<dyn PageIterator>> {
        let pages = self
            .file
            .pages(self.group, leaf)
            .map_err(ParquetError::General)?;
        Ok(Box::new(OneChunk(Some(Box::new(pages)))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.file.meta.row_group(self.group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.file.meta
    }
}

/// The only column chunk of a column in a row group.
struct OneChunk(Option<Box<dyn PageReader>>);

impl Iterator for OneChunk {
    type Item = ParquetResult<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(Ok)
    }
}

impl PageIterator for OneChunk {}
