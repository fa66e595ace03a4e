//! One leaf column, read forward from any row.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;

use super::file::File;
use super::guard::{Found, caught};

/// Some rows of a leaf column as the file has them: a level for every value or null, and the
/// values that are not null.
pub(super) struct Levels<T: DataType> {
    /// Empty where the column can hold no null.
    pub(super) definition: Vec<i16>,
    /// Empty where the column is in no list.
    pub(super) repetition: Vec<i16>,
    pub(super) values: Vec<T::T>,
}

/// A leaf column, read in order. Reading goes on where it ended, or skips ahead; only to go back
/// is the row group begun anew.
pub(super) struct LeafReader<T: DataType> {
    leaf: usize,
    open: Option<Open<T>>,
}

struct Open<T: DataType> {
    group: usize,
    next: u64,
    reader: ColumnReaderImpl<T>,
}

impl<T: DataType> LeafReader<T> {
    pub(super) fn new(leaf: usize) -> Self {
        Self { leaf, open: None }
    }

    pub(super) fn leaf(&self) -> usize {
        self.leaf
    }

    /// The row group that is being read, and the row in it that comes next.
    pub(super) fn position(&self) -> Option<(usize, u64)> {
        self.open.as_ref().map(|open| (open.group, open.next))
    }

    /// Reads `count` rows of a row group from its row `start` on.
    ///
    /// After an error reading begins anew.
    pub(super) fn read(
        &mut self,
        file: &File,
        group: usize,
        start: u64,
        count: u64,
    ) -> Found<Levels<T>> {
        let mut open = match self.open.take() {
            Some(open) if open.group == group && open.next <= start => open,
            _ => self.begin(file, group)?,
        };
        let mut levels = Levels {
            definition: vec![],
            repetition: vec![],
            values: vec![],
        };
        caught(|| {
            let skip = start - open.next;
            let short = |found: u64| {
                ParquetError::General(format!(
                    "expected {} rows in the row group, found {found}",
                    file.rows_in(group)
                ))
            };
            if skip > 0 {
                let skipped = open.reader.skip_records(skip as usize)? as u64;
                if skipped < skip {
                    return Err(short(open.next + skipped));
                }
            }
            let mut read = 0;
            while read < count {
                let (rows, ..) = open.reader.read_records(
                    (count - read) as usize,
                    Some(&mut levels.definition),
                    Some(&mut levels.repetition),
                    &mut levels.values,
                )?;
                if rows == 0 {
                    return Err(short(start + read));
                }
                read += rows as u64;
            }
            Ok(())
        })?;
        open.next = start + count;
        self.open = Some(open);
        Ok(levels)
    }

    fn begin(&self, file: &File, group: usize) -> Found<Open<T>> {
        let column = file.schema().column(self.leaf);
        let pages = file.pages(group, self.leaf)?;
        let reader: ColumnReader = get_column_reader(column, Box::new(pages));
        let reader =
            T::get_column_reader(reader).ok_or_else(|| "the column has another type".to_owned())?;
        Ok(Open {
            group,
            next: 0,
            reader,
        })
    }
}
