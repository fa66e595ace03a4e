//! What is multiplied, and where the product goes.

/// A matrix in memory, row by row, turned, or a part of one.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "read where there can be tiles")
    )]
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// The value in row `r` and column `c` is `values[r * row_stride + c * column_stride]`. Fast where one of
    /// the strides is 1.
    ///
    /// # Panics
    /// Where the last of these lies outside of `values`.
    pub fn new(
        values: &'a [f32],
        [rows, columns]: [usize; 2],
        [row_stride, column_stride]: [usize; 2],
    ) -> Self {
        let last = |count: usize, stride: usize| (count - 1).checked_mul(stride);
        let is_inside = rows == 0
            || columns == 0
            || last(rows, row_stride)
                .zip(last(columns, column_stride))
                .and_then(|(row, column)| row.checked_add(column))
                .is_some_and(|last| last < values.len());
        assert!(
            is_inside,
            "{rows} rows of {columns} columns are in `values`"
        );
        Self {
            values,
            rows,
            columns,
            row_stride,
            column_stride,
        }
    }

    /// Rows for columns.
    pub fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl<'a> Matrix<'a> {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn row_stride(&self) -> usize {
        self.row_stride
    }

    pub(crate) fn column_stride(&self) -> usize {
        self.column_stride
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f32 {
        self.values[row * self.row_stride + column * self.column_stride]
    }

    /// The values from those of a row and a column on.
    pub(crate) fn from(&self, row: usize, column: usize) -> &'a [f32] {
        &self.values[row * self.row_stride + column * self.column_stride..]
    }
}

/// Where a product goes, row by row.
#[derive(Debug)]
pub struct Target<'a> {
    /// From the first value of the product on.
    pub values: &'a mut [f32],
    /// From the first value of a row to that of the next; what lies between rows is left alone.
    pub row_stride: usize,
    /// Whether the product is added to what is there.
    pub adds: bool,
}
