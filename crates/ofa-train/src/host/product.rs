//! Products of matrices in host memory.
use gemm::{Parallelism, gemm};

/// Fewer multiplications are done by one core.
const PARALLEL_FROM: usize = 1 << 22;

/// A matrix, or a part of its columns, row by row or turned.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Whole rows.
    pub(super) fn new(values: &'a [f32], columns: usize) -> Self {
        Self::part(values, columns, 0, columns)
    }

    /// `columns` columns from `from`, of rows of `width`.
    pub(super) fn part(values: &'a [f32], width: usize, from: usize, columns: usize) -> Self {
        assert!(from + columns <= width && values.len().is_multiple_of(width));
        Self {
            values: &values[from..],
            rows: values.len() / width,
            columns,
            row_stride: width,
            column_stride: 1,
        }
    }

    /// Rows for columns.
    pub(super) fn turned(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// Where a product goes: `columns` columns from `from`, of rows of `width`.
pub(super) struct Into<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) width: usize,
    pub(super) from: usize,
    /// Whether it is added to what is there.
    pub(super) adds: bool,
}

/// `into = left @ right`, or `into += left @ right`.
///
/// # Panics
/// Where the shapes do not fit.
pub(super) fn multiply(into: Into<'_>, left: Matrix<'_>, right: Matrix<'_>) {
    let (m, n, k) = (left.rows, right.columns, left.columns);
    assert_eq!(k, right.rows, "as many columns as the other has rows");
    assert!(
        into.from + n <= into.width && into.values.len() == m * into.width,
        "room for the product"
    );
    let parallelism = match m * n * k {
        few if few < PARALLEL_FROM => Parallelism::None,
        _ => Parallelism::Rayon(0),
    };
    // SAFETY: the shapes fit, as was checked above and where the matrices were made, and nothing else
    // reads or writes what is written to.
    unsafe {
        gemm(
            m,
            n,
            k,
            into.values.as_mut_ptr().add(into.from),
            1,
            into.width as isize,
            into.adds,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_turned_matrices_are_multiplied() {
        // [[1, 2, 3], [4, 5, 6]]
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        // [[1, 0], [0, 2]]
        let b = [1.0, 0.0, 0.0, 2.0];
        let mut c = [9.0; 6];
        fn into(values: &mut [f32], adds: bool) -> Into<'_> {
            Into {
                values,
                width: 3,
                from: 1,
                adds,
            }
        }
        multiply(
            into(&mut c, false),
            Matrix::part(&a, 3, 1, 2),
            Matrix::new(&b, 2),
        );
        assert_eq!(c, [9.0, 2.0, 6.0, 9.0, 5.0, 12.0]);
        multiply(
            into(&mut c, true),
            Matrix::new(&b, 2).turned(),
            Matrix::part(&a, 3, 0, 2),
        );
        assert_eq!(c, [9.0, 3.0, 8.0, 9.0, 13.0, 22.0]);
    }
}
