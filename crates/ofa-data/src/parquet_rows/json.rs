//! A row as one JSON object.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, NullArray, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;

use super::batches::Batches;
use super::cells;
use super::file::File;
use super::guard::{Found, caught};
use super::layout::{ImageColumn, ImageLeaves, Layout, TURNS};
use crate::Result;
use crate::dataset::MAX_RECORD_BYTES;
use crate::error::Error;

/// Writes rows as JSON, a batch at a time.
pub(super) struct JsonReader {
    batches: Batches,
    recent: Option<(usize, u64, RecordBatch)>,
}

impl JsonReader {
    pub(super) fn new(file: &File, layout: &Layout) -> Found<Self> {
        let images: Vec<usize> = layout.image_bytes().collect();
        let leaves = (0..file.schema().num_columns())
            .filter(|leaf| !images.contains(leaf))
            .collect();
        Ok(Self {
            batches: Batches::new(file, leaves)?,
            recent: None,
        })
    }

    pub(super) fn json(&mut self, file: &File, layout: &Layout, row: u64) -> Result<Vec<u8>> {
        let (group, at) = file.place(row)?;
        let batch_rows = self.batches.batch_rows(file, group);
        let batch = at / batch_rows;
        let is_recent =
            |(in_group, nth, _): &(usize, u64, RecordBatch)| (*in_group, *nth) == (group, batch);
        if !self.recent.as_ref().is_some_and(is_recent) {
            self.recent = None;
            let names = self.batches.names(file);
            let damaged = |problem| file.damaged(group, batch * batch_rows, &names, problem);
            let found = if self.batches.is_empty() {
                None
            } else {
                Some(self.batches.read(file, group, batch).map_err(damaged)?)
            };
            let count = batch_rows.min(file.rows_in(group) - batch * batch_rows);
            let rows = caught(|| with_images(file, layout, found.as_ref(), count as usize))
                .map_err(damaged)?;
            self.recent = Some((group, batch, rows));
        }
        let Some((.., rows)) = &self.recent else {
            return Ok(vec![]);
        };
        let at = (at - batch * batch_rows) as usize;
        let columns = rows.columns().iter();
        let length: u64 = columns.map(|column| cells::length(column, at)).sum();
        let json = match length <= MAX_RECORD_BYTES {
            true => caught(|| write(&rows.slice(at, 1))),
            false => Err(format!(
                "it has {length} bytes; at most {MAX_RECORD_BYTES} are written"
            )),
        };
        json.map_err(|problem| Error::ParquetJson {
            name: file.name().to_owned(),
            row,
            problem,
        })
    }
}

fn write(row: &RecordBatch) -> std::result::Result<Vec<u8>, ArrowError> {
    let mut writer = WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, LineDelimited>(vec![]);
    writer.write(row)?;
    writer.finish()?;
    let mut json = writer.into_inner();
    if json.last() == Some(&b'\n') {
        json.pop();
    }
    Ok(json)
}

/// The columns in the order of the file, with nulls where the images stand.
fn with_images(
    file: &File,
    layout: &Layout,
    rows: Option<&RecordBatch>,
    count: usize,
) -> std::result::Result<RecordBatch, ArrowError> {
    let mut found = rows.into_iter().flat_map(|rows| {
        let schema = rows.schema();
        let fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
        fields.into_iter().zip(rows.columns().to_vec())
    });
    let mut fields = vec![];
    let mut columns: Vec<ArrayRef> = vec![];
    let mut next = found.next();
    for name in super::layout::root_names(file.schema()) {
        let images = layout.images.iter().find_map(|column| match column {
            ImageColumn::Leaves(leaves) if leaves.name == name => Some(leaves),
            _ => None,
        });
        match next.take() {
            Some((field, column)) if field.name() == name => {
                let column = match images {
                    Some(leaves) => with_bytes(&column, leaves)?,
                    None if TURNS.contains(&name) => cells::without_images(&column)?,
                    None => column,
                };
                fields.push(Field::new(name, column.data_type().clone(), true));
                columns.push(column);
                next = found.next();
            }
            // Nothing of this column was read: it is images alone.
            other => {
                next = other;
                fields.push(Field::new(name, DataType::Null, true));
                columns.push(Arc::new(NullArray::new(count)));
            }
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// The column with a null `bytes` in every struct, where it stood.
fn with_bytes(
    column: &ArrayRef,
    leaves: &ImageLeaves,
) -> std::result::Result<ArrayRef, ArrowError> {
    let Some(part) = leaves.bytes_part else {
        return Ok(Arc::clone(column));
    };
    Ok(match column.data_type() {
        DataType::List(item) => {
            let lists = column.as_list::<i32>();
            let items = with_bytes(lists.values(), leaves)?;
            let item = Field::clone(item).with_data_type(items.data_type().clone());
            Arc::new(ListArray::try_new(
                Arc::new(item),
                lists.offsets().clone(),
                items,
                lists.nulls().cloned(),
            )?)
        }
        DataType::Struct(parts) => {
            let structs = column.as_struct();
            let mut parts: Vec<FieldRef> = parts.iter().cloned().collect();
            let mut columns = structs.columns().to_vec();
            let part = part.min(parts.len());
            parts.insert(part, Arc::new(Field::new("bytes", DataType::Null, true)));
            columns.insert(part, Arc::new(NullArray::new(structs.len())));
            Arc::new(StructArray::try_new(
                parts.into(),
                columns,
                structs.nulls().cloned(),
            )?)
        }
        _ => Arc::clone(column),
    })
}
