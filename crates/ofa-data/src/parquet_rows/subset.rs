//! Writes chosen rows as one Parquet file.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::basic::{Encoding, Type as Physical};
use parquet::data_type::{
    AsBytes, BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type, Int96Type,
};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnDescriptor, Type};

use super::ParquetRows;
use super::file::File;
use super::guard::caught;
use super::leaf::{LeafReader, Levels};
use crate::Result;
use crate::error::Error;
use crate::source::for_each_chunk;

/// The most rows in a row group.
const GROUP_ROWS: u64 = 1000;

/// What a row group takes when decoded, about.
const GROUP_BYTES: u64 = 64 << 20;

/// What is copied at a time, about: no page is much longer than that.
const STEP_BYTES: u64 = 1 << 20;

/// The metadata that says what the columns mean to `datasets`.
const FEATURES_KEY: &str = "huggingface";

/// Writes the rows of several files, in this order, as one Parquet file. Returns how many bytes
/// were written.
///
/// The columns, their types and the key-value metadata are those of the first file. Levels and
/// values are copied as they are stored, never by way of another type: so no number is rounded, a
/// null, an empty list and a list with a null stay what they were, and what the metadata says
/// about them (dictionaries, large strings, time zones) still holds. Each column keeps its
/// compression. A row group has at most 1000 rows, and fewer where they would take about 64 MiB.
/// Statistics and where pages begin are written anew; Bloom filters and a stated order of sorting
/// are not kept.
///
/// All rows of one file and none of another give the very bytes of that file. Otherwise the
/// output depends on the rows, the schema and this version of the program alone.
///
/// Memory: some pages of one column. `out` is not flushed.
///
/// # Errors
/// - [`Error::PositionsNotIncreasing`] and [`Error::NoSuchRecord`], for each file by itself, and
///   [`Error::ParquetSchemas`], before anything is written;
/// - [`Error::Changed`]: a file is not what it was when it was opened; what was written must then
///   be thrown away;
/// - [`Error::ParquetRows`]: rows cannot be decoded;
/// - [`Error::Read`] and [`Error::Write`].
///
/// # Panics
/// Where there is no file.
pub fn write_parquet_subset(files: &[(&ParquetRows, &[u64])], out: &mut dyn Write) -> Result<u64> {
    let (first, _) = files.first().expect("a subset is of at least one file");
    for (rows, positions) in files {
        check_positions(&rows.file, positions)?;
        check_same_columns(&first.file, &rows.file)?;
        rows.check_unchanged()?;
    }
    let mut chosen = files.iter().filter(|(_, positions)| !positions.is_empty());
    let written = match (chosen.next(), chosen.next()) {
        (Some((rows, positions)), None) if positions.len() as u64 == rows.len() => {
            copy(&rows.file, out)?
        }
        _ => {
            let files: Vec<(&File, &[u64])> = files
                .iter()
                .map(|(rows, positions)| (&rows.file, *positions))
                .collect();
            rewrite(&files, out)?
        }
    };
    for (rows, _) in files {
        rows.check_unchanged()?;
    }
    Ok(written)
}

fn check_positions(file: &File, positions: &[u64]) -> Result<()> {
    for pair in positions.windows(2) {
        if pair[0] >= pair[1] {
            return Err(Error::PositionsNotIncreasing {
                previous: pair[0],
                position: pair[1],
            });
        }
    }
    positions
        .last()
        .map_or(Ok(()), |last| file.place(*last).map(|_| ()))
}

fn copy(file: &File, out: &mut dyn Write) -> Result<u64> {
    for_each_chunk(&*file.source, 0, |_, bytes| {
        out.write_all(bytes).map_err(Error::Write)?;
        Ok(true)
    })?;
    Ok(file.source.len())
}

/// Refuses files whose rows do not fit into one table, naming the first column that differs.
fn check_same_columns(first: &File, other: &File) -> Result<()> {
    let difference = column_difference(first, other).or_else(|| features_difference(first, other));
    difference.map_or(Ok(()), |difference| {
        Err(Error::ParquetSchemas {
            name: first.name().to_owned(),
            other: other.name().to_owned(),
            difference,
        })
    })
}

fn column_difference(first: &File, other: &File) -> Option<String> {
    let fields = |file: &File| file.schema().root_schema().get_fields().to_vec();
    let (ours, theirs) = (fields(first), fields(other));
    for at in 0..ours.len().max(theirs.len()) {
        match (ours.get(at), theirs.get(at)) {
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (Some(ours), Some(theirs)) if ours.name() == theirs.name() => {
                return Some(format!(
                    "the column `{}` is `{}` in one and `{}` in the other",
                    ours.name(),
                    describe(ours),
                    describe(theirs)
                ));
            }
            (ours, theirs) => {
                let name = |field: Option<&Arc<Type>>| match field {
                    Some(field) => format!("`{}`", field.name()),
                    None => "missing".to_owned(),
                };
                return Some(format!(
                    "the column {at} is {} in one and {} in the other",
                    name(ours),
                    name(theirs)
                ));
            }
        }
    }
    None
}

/// A column's type as Parquet writes it, on one line.
fn describe(field: &Type) -> String {
    let mut text = vec![];
    parquet::schema::printer::print_schema(&mut text, field);
    let text = String::from_utf8_lossy(&text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

/// Names of classes and the like are in the metadata: equal numbers would mean different things.
fn features_difference(first: &File, other: &File) -> Option<String> {
    let features = |file: &File| {
        let text = key_values(file)?
            .iter()
            .find(|pair| pair.key == FEATURES_KEY)?
            .value
            .clone()?;
        Some(serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)))
    };
    (features(first) != features(other))
        .then(|| format!("the metadata `{FEATURES_KEY}` (the features) is different"))
}

fn key_values(file: &File) -> Option<&Vec<KeyValue>> {
    file.meta.file_metadata().key_value_metadata()
}

/// Neighbouring rows of one row group.
struct Run {
    file: usize,
    group: usize,
    rows: Range<u64>,
}

/// Splits the chosen rows into row groups, each a list of runs.
fn row_groups(files: &[(&File, &[u64])]) -> Result<Vec<Vec<Run>>> {
    let mut groups: Vec<Vec<Run>> = vec![];
    let (mut rows, mut bytes) = (GROUP_ROWS, 0);
    for (nth, (file, positions)) in files.iter().enumerate() {
        let leaves: Vec<usize> = (0..file.schema().num_columns()).collect();
        let mut mean = (usize::MAX, 0);
        for position in *positions {
            let (group, at) = file.place(*position)?;
            if mean.0 != group {
                mean = (
                    group,
                    file.mean_row(group, &leaves, |chunk| chunk.uncompressed_size()),
                );
            }
            if rows >= GROUP_ROWS || (rows > 0 && bytes + mean.1 > GROUP_BYTES) {
                groups.push(vec![]);
                (rows, bytes) = (0, 0);
            }
            rows += 1;
            bytes += mean.1;
            let Some(runs) = groups.last_mut() else {
                continue;
            };
            match runs.last_mut() {
                Some(run) if run.file == nth && run.group == group && run.rows.end == at => {
                    run.rows.end += 1;
                }
                _ => runs.push(Run {
                    file: nth,
                    group,
                    rows: at..at + 1,
                }),
            }
        }
    }
    Ok(groups)
}

fn rewrite(files: &[(&File, &[u64])], out: &mut dyn Write) -> Result<u64> {
    let (first, _) = files[0];
    let groups = row_groups(files)?;
    let failed = |problem: String| Error::Write(io::Error::other(problem));
    let schema = first.schema().root_schema_ptr();
    let buffer = SharedBuffer::default();
    let mut drain = Drain {
        buffer: buffer.clone(),
        out,
        written: 0,
    };
    let properties = Arc::new(properties(first));
    let mut writer =
        caught(|| SerializedFileWriter::new(buffer, schema, properties)).map_err(failed)?;
    let mut columns: Vec<Box<dyn CopyColumn>> = (0..first.schema().num_columns())
        .map(|leaf| copier(first.schema().column(leaf).physical_type(), leaf))
        .collect();
    for runs in groups {
        let mut group = caught(|| writer.next_row_group()).map_err(failed)?;
        for column in &mut columns {
            let Some(mut to) = caught(|| group.next_column()).map_err(failed)? else {
                break;
            };
            for run in &runs {
                column.copy(files[run.file].0, run, &mut to, &mut drain)?;
            }
            caught(|| to.close()).map_err(failed)?;
            drain.flush()?;
        }
        caught(|| group.close()).map_err(failed)?;
        drain.flush()?;
    }
    caught(|| writer.finish()).map_err(failed)?;
    drain.flush()?;
    Ok(drain.written)
}

fn properties(file: &File) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by("ofa".to_owned())
        .set_key_value_metadata(key_values(file).cloned())
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_write_batch_size(GROUP_ROWS as usize);
    for leaf in 0..file.schema().num_columns() {
        let path = file.schema().column(leaf).path().clone();
        // An empty file has no column chunks to go by; the defaults then apply to nothing.
        let Some(group) = file.meta.row_groups().first() else {
            break;
        };
        let chunk = group.column(leaf);
        let has_dictionary = chunk.encodings().any(|encoding| {
            matches!(
                encoding,
                Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY
            )
        });
        properties = properties
            .set_column_compression(path.clone(), chunk.compression())
            .set_column_dictionary_enabled(path, has_dictionary);
    }
    properties.build()
}

/// Copies the rows of one leaf column.
trait CopyColumn {
    fn copy(
        &mut self,
        file: &File,
        run: &Run,
        to: &mut SerializedColumnWriter<'_>,
        drain: &mut Drain<'_>,
    ) -> Result<()>;
}

fn copier(kind: Physical, leaf: usize) -> Box<dyn CopyColumn> {
    match kind {
        Physical::BOOLEAN => Box::new(Copier::<BoolType>::new(leaf)),
        Physical::INT32 => Box::new(Copier::<Int32Type>::new(leaf)),
        Physical::INT64 => Box::new(Copier::<Int64Type>::new(leaf)),
        Physical::INT96 => Box::new(Copier::<Int96Type>::new(leaf)),
        Physical::FLOAT => Box::new(Copier::<FloatType>::new(leaf)),
        Physical::DOUBLE => Box::new(Copier::<DoubleType>::new(leaf)),
        Physical::BYTE_ARRAY => Box::new(Copier::<ByteArrayType>::new(leaf)),
        Physical::FIXED_LEN_BYTE_ARRAY => Box::new(Copier::<FixedLenByteArrayType>::new(leaf)),
    }
}

struct Copier<T: DataType> {
    reader: LeafReader<T>,
    /// The file that the reader is in.
    file: Option<usize>,
}

impl<T: DataType> Copier<T> {
    fn new(leaf: usize) -> Self {
        Self {
            reader: LeafReader::new(leaf),
            file: None,
        }
    }
}

impl<T: DataType> CopyColumn for Copier<T> {
    fn copy(
        &mut self,
        file: &File,
        run: &Run,
        to: &mut SerializedColumnWriter<'_>,
        drain: &mut Drain<'_>,
    ) -> Result<()> {
        let leaf = self.reader.leaf();
        if self.file != Some(run.file) {
            self.reader = LeafReader::new(leaf);
            self.file = Some(run.file);
        }
        let column = file.schema().column(leaf);
        let mean = file.mean_row(run.group, &[leaf], |chunk| chunk.uncompressed_size());
        let step = (STEP_BYTES / mean.max(1)).clamp(1, GROUP_ROWS);
        let mut at = run.rows.start;
        while at < run.rows.end {
            let count = step.min(run.rows.end - at);
            let damaged = |problem| file.damaged(run.group, at, &column.path().string(), problem);
            let levels = self
                .reader
                .read(file, run.group, at, count)
                .map_err(damaged)?;
            for piece in pieces(&levels, &column) {
                caught(|| {
                    to.typed::<T>().write_batch(
                        &levels.values[piece.values],
                        has_nulls(&column).then(|| &levels.definition[piece.levels.clone()]),
                        is_repeated(&column).then(|| &levels.repetition[piece.levels.clone()]),
                    )
                })
                .map_err(damaged)?;
                drain.flush()?;
            }
            at += count;
        }
        Ok(())
    }
}

/// A part of some rows that ends where a row does.
struct Piece {
    levels: Range<usize>,
    values: Range<usize>,
}

/// Splits rows where their values take about [`STEP_BYTES`]. Where rows are far larger than the
/// mean, or are one value of a dictionary over and over, no page becomes much longer than that.
fn pieces<T: DataType>(levels: &Levels<T>, column: &ColumnDescriptor) -> Vec<Piece> {
    let total = match has_nulls(column) {
        true => levels.definition.len(),
        false => levels.values.len(),
    };
    let mut pieces = vec![];
    let (mut start, mut first, mut value, mut bytes) = (0, 0, 0, 0);
    for at in 0..total {
        let begins_row = !is_repeated(column) || levels.repetition[at] == 0;
        if begins_row && bytes >= STEP_BYTES {
            pieces.push(Piece {
                levels: start..at,
                values: first..value,
            });
            (start, first, bytes) = (at, value, 0);
        }
        if !has_nulls(column) || levels.definition[at] == column.max_def_level() {
            bytes += levels.values[value].as_bytes().len() as u64;
            value += 1;
        }
    }
    pieces.push(Piece {
        levels: start..total,
        values: first..value,
    });
    pieces
}

fn has_nulls(column: &ColumnDescriptor) -> bool {
    column.max_def_level() > 0
}

fn is_repeated(column: &ColumnDescriptor) -> bool {
    column.max_rep_level() > 0
}

/// What the parquet crate has written and what is not yet in the output. It asks for a writer
/// that can go to another thread, which a caller's need not be able to.
#[derive(Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Drain<'a> {
    buffer: SharedBuffer,
    out: &'a mut dyn Write,
    written: u64,
}

impl Drain<'_> {
    fn flush(&mut self) -> Result<()> {
        let mut buffer = self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.out.write_all(&buffer).map_err(Error::Write)?;
        self.written += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }
}
