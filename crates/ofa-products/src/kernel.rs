//! The product itself.
//!
//! It is compiled for a module that has nothing but the memory of another: no memory of its own for what it
//! would spill, no place for what a panic says. So it works on pointers, and keeps everything in registers.

use crate::lanes::{Lanes, first, load, load_splat, multiply_add, store, zeros};
use crate::weight::COLUMNS;

/// Rows whose sums are in registers at a time: with two vectors of columns each, eight sums, as many as two
/// units of four steps keep busy.
const ROWS: usize = 4;

/// Rows of a panel that are read again and again from the nearest cache: 16 KB, beside 8 KB of `x`.
const DEPTH: usize = 512;

/// Rows of `x` that a panel is multiplied with before the next: 384 KB of them, for the second cache.
const ROWS_AGAIN: usize = 192;

/// `product = x W`, for a weight as [`PackedWeight`](crate::PackedWeight) lays it out.
///
/// # Shapes
/// `x` `[rows, depth]`, `weight` `[ceil(columns / COLUMNS), depth, COLUMNS]`, `product` `[rows, columns]`; f32.
///
/// # Safety
/// The pointers point to as many values, and those of `product` overlap no others.
#[cfg_attr(
    all(target_family = "wasm", feature = "fused"),
    target_feature(enable = "relaxed-simd")
)]
pub unsafe fn multiply(
    x: *const f32,
    rows: usize,
    weight: *const f32,
    depth: usize,
    columns: usize,
    product: *mut f32,
) {
    let mut row = 0;
    while row < rows {
        let rows_here = ROWS_AGAIN.min(rows - row);
        // At least once, so that a product of no depth is zeros.
        let mut start = 0;
        loop {
            let part = Part {
                depth: DEPTH.min(depth - start),
                x_stride: depth,
                product_stride: columns,
                adds: start > 0,
            };
            let mut column = 0;
            while column + COLUMNS <= columns {
                // SAFETY: all of these are places in what the caller gave.
                unsafe {
                    part.panel(
                        x.add(row * depth + start),
                        rows_here,
                        weight.add(column * depth + start * COLUMNS),
                        product.add(row * columns + column),
                    );
                }
                column += COLUMNS;
            }
            start += DEPTH;
            if start >= depth {
                break;
            }
        }
        row += rows_here;
    }
    let whole = columns - columns % COLUMNS;
    for row in 0..rows {
        for column in whole..columns {
            // SAFETY: as above.
            unsafe {
                let panel = weight.add(whole * depth + column - whole);
                *product.add(row * columns + column) = one(x.add(row * depth), panel, depth);
            }
        }
    }
}

/// Steps of a turn of the loop. In Chromium it does 37e9 operations a second with 8, 30e9 with 4, and 28e9 where the
/// steps are written out without a loop around them: the compiler then gathers what they load, for which there are
/// not registers enough.
const STEPS: usize = 8;

/// Some of the depth of a product.
#[derive(Clone, Copy)]
struct Part {
    depth: usize,
    x_stride: usize,
    product_stride: usize,
    /// Whether there are sums already that are gone on with.
    adds: bool,
}

impl Part {
    /// Some rows times a panel.
    #[inline]
    #[cfg_attr(
        all(target_family = "wasm", feature = "fused"),
        target_feature(enable = "relaxed-simd")
    )]
    unsafe fn panel(self, x: *const f32, rows: usize, panel: *const f32, product: *mut f32) {
        let mut row = 0;
        // SAFETY: the rows are there, and so is the panel.
        unsafe {
            while row + ROWS <= rows {
                let (x, product) = (
                    x.add(row * self.x_stride),
                    product.add(row * self.product_stride),
                );
                self.rows::<ROWS>(x, panel, product);
                row += ROWS;
            }
            while row < rows {
                let (x, product) = (
                    x.add(row * self.x_stride),
                    product.add(row * self.product_stride),
                );
                self.rows::<1>(x, panel, product);
                row += 1;
            }
        }
    }

    /// `N` rows times a panel: each sum goes through the depth from its start to its end, however many rows are
    /// beside it.
    #[inline]
    #[cfg_attr(
        all(target_family = "wasm", feature = "fused"),
        target_feature(enable = "relaxed-simd")
    )]
    unsafe fn rows<const N: usize>(self, x: *const f32, panel: *const f32, product: *mut f32) {
        let mut sums = [[zeros(); 2]; N];
        // SAFETY: as for the panel.
        unsafe {
            if self.adds {
                for (row, sums) in sums.iter_mut().enumerate() {
                    let product = product.add(row * self.product_stride);
                    *sums = [load(product), load(product.add(4))];
                }
            }
            let mut at = 0;
            while at + STEPS <= self.depth {
                for step in 0..STEPS {
                    self.step(
                        x.add(at + step),
                        panel.add((at + step) * COLUMNS),
                        &mut sums,
                    );
                }
                at += STEPS;
            }
            while at < self.depth {
                self.step(x.add(at), panel.add(at * COLUMNS), &mut sums);
                at += 1;
            }
            for (row, sums) in sums.iter().enumerate() {
                let product = product.add(row * self.product_stride);
                store(product, sums[0]);
                store(product.add(4), sums[1]);
            }
        }
    }

    /// One column of the rows times one row of the panel.
    #[inline]
    #[cfg_attr(
        all(target_family = "wasm", feature = "fused"),
        target_feature(enable = "relaxed-simd")
    )]
    unsafe fn step<const N: usize>(
        self,
        x: *const f32,
        panel: *const f32,
        sums: &mut [[Lanes; 2]; N],
    ) {
        // SAFETY: as for the panel.
        unsafe {
            let (left, right) = (load(panel), load(panel.add(4)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = load_splat(x.add(row * self.x_stride));
                *sums = [
                    multiply_add(value, left, sums[0]),
                    multiply_add(value, right, sums[1]),
                ];
            }
        }
    }
}

/// One row times one column of a panel.
#[inline]
#[cfg_attr(
    all(target_family = "wasm", feature = "fused"),
    target_feature(enable = "relaxed-simd")
)]
unsafe fn one(x: *const f32, panel: *const f32, depth: usize) -> f32 {
    let mut sum = zeros();
    for at in 0..depth {
        // SAFETY: the row and the panel are as long.
        let (x, weight) = unsafe { (load_splat(x.add(at)), load_splat(panel.add(at * COLUMNS))) };
        sum = multiply_add(x, weight, sum);
    }
    first(sum)
}

#[cfg(test)]
mod tests {
    use crate::{OfThisLibrary, PackedWeight, Products};

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        let value = |at: usize| ((at + 1) * step % 1013) as f32 / 1013.0 - 0.5;
        (0..count).map(value).collect()
    }

    fn product(x: &[f32], weight: &PackedWeight) -> Vec<f32> {
        let rows = x.len() / weight.depth();
        // What is there before must not matter.
        let mut product = vec![f32::NAN; rows * weight.columns()];
        OfThisLibrary.multiply(x, weight, &mut product);
        product
    }

    #[test]
    fn products_of_all_shapes_are_as_exact_as_f32() {
        for rows in [0, 1, 3, 4, 5, 191, 192, 197] {
            for depth in [1, 3, 4, 511, 512, 513, 1030] {
                for columns in [1, 7, 8, 9, 24, 27] {
                    let (x, weight) = (numbers(rows * depth, 7), numbers(depth * columns, 11));
                    let found = product(&x, &PackedWeight::new(&weight, depth, columns));
                    for row in 0..rows {
                        for column in 0..columns {
                            let exact: f64 = (0..depth)
                                .map(|at| {
                                    f64::from(x[row * depth + at])
                                        * f64::from(weight[at * columns + column])
                                })
                                .sum();
                            let found = f64::from(found[row * columns + column]);
                            let error = (found - exact).abs();
                            assert!(
                                error < 1e-5,
                                "{rows} x {depth} x {columns}, {row} {column}: {error}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_row_depends_on_the_others() {
        let (depth, columns) = (700, 19);
        let weight = PackedWeight::new(&numbers(depth * columns, 5), depth, columns);
        let x = numbers(23 * depth, 13);
        let together = product(&x, &weight);
        for row in 0..23 {
            let alone = product(&x[row * depth..(row + 1) * depth], &weight);
            assert_eq!(alone, together[row * columns..(row + 1) * columns]);
        }
    }

    #[test]
    fn a_product_of_no_depth_is_zeros() {
        let weight = PackedWeight::new(&[], 0, 9);
        let mut product = vec![f32::NAN; 18];
        // SAFETY: there is nothing to read, and room for two rows of 9.
        unsafe {
            super::multiply(
                [].as_ptr(),
                2,
                weight.values().as_ptr(),
                0,
                9,
                product.as_mut_ptr(),
            )
        };
        assert_eq!(product, [0.0; 18]);
    }
}
