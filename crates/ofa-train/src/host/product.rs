//! Products of matrices in host memory.
use gemm::{Parallelism, gemm};
use ofa_tiles::Tiles;
use ofa_tiles::floats;

/// Fewer multiplications are done by one core.
const PARALLEL_FROM: usize = 1 << 22;

/// With fewer multiplications, or fewer rows or columns of the product, packing takes more time than tile
/// registers save.
const TILES_FROM: usize = 1 << 22;
const TILES_FROM_SIDE: usize = 96;

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

    fn of_tiles(self) -> floats::Matrix<'a> {
        floats::Matrix::new(
            self.values,
            [self.rows, self.columns],
            [self.row_stride, self.column_stride],
        )
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
/// On tile registers where the processor has them, which is as exact, but not the same to the bit.
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
    if m.min(n) >= TILES_FROM_SIDE
        && m * n * k >= TILES_FROM
        && let Some(tiles) = Tiles::get()
    {
        let target = floats::Target {
            values: &mut into.values[into.from..],
            row_stride: into.width,
            adds: into.adds,
        };
        return floats::multiply(tiles, target, left.of_tiles(), right.of_tiles());
    }
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
    #[test]
    fn large_products_are_those_of_f64() {
        // Large enough for tile registers, with a part of the columns on each side.
        let (m, n, k) = (100, 130, 400);
        let values = |count: usize, step: usize| -> Vec<f32> {
            let value = |at: usize| (at * step % 1013) as f32 / 1013.0 - 0.5;
            (0..count).map(value).collect()
        };
        let (a, b) = (values((k + 3) * m, 7), values(n * (k + 1), 11));
        let before = values(m * (n + 2), 13);
        for adds in [false, true] {
            let mut c = before.clone();
            let into = Into {
                values: &mut c,
                width: n + 2,
                from: 1,
                adds,
            };
            let left = Matrix::part(&a, k + 3, 2, k);
            multiply(into, left, Matrix::part(&b, k + 1, 0, k).turned());
            for (at, (&value, &before)) in c.iter().zip(&before).enumerate() {
                let (row, column) = (at / (n + 2), at % (n + 2));
                if column == 0 || column > n {
                    assert_eq!(value, before);
                    continue;
                }
                let term = |i: usize| {
                    f64::from(a[row * (k + 3) + 2 + i]) * f64::from(b[(column - 1) * (k + 1) + i])
                };
                let sum: f64 = (0..k).map(term).sum();
                let expected = sum + if adds { f64::from(before) } else { 0.0 };
                let off = (f64::from(value) - expected).abs();
                // Sums in f32 are off by their terms' sizes, whatever these add up to.
                let size: f64 = (0..k).map(|i| term(i).abs()).sum();
                assert!(off < 1e-6 * size, "{row}, {column}: {value} for {expected}");
            }
        }
    }
}
