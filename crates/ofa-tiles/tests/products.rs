//! Products on tiles, beside products in f64. Where the processor has no tiles, nothing can be multiplied: the
//! tests say so, and that nothing claims to.

use ofa_tiles::Tiles;
use ofa_tiles::floats::{Matrix, Target, multiply};

fn tiles() -> Option<Tiles> {
    let tiles = Tiles::get();
    if tiles.is_none() {
        println!("no tile registers that this process may use: nothing is multiplied");
    }
    tiles
}

/// The same numbers in [-1, 1) for the same seed.
fn values(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// How a matrix lies in memory.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Rows,
    Turned,
    /// Columns of wider rows.
    Part,
    /// No stride is 1.
    Scattered,
}

const LAYOUTS: [Layout; 4] = [
    Layout::Rows,
    Layout::Turned,
    Layout::Part,
    Layout::Scattered,
];

struct Stored {
    values: Vec<f32>,
    shape: [usize; 2],
    strides: [usize; 2],
}

impl Stored {
    /// What is not of the matrix is no number, so that nobody reads it unnoticed.
    fn new(layout: Layout, shape: [usize; 2], of: impl Fn(usize, usize) -> f32) -> Self {
        let [rows, columns] = shape;
        let strides = match layout {
            Layout::Rows => [columns, 1],
            Layout::Turned => [1, rows],
            Layout::Part => [columns + 5, 1],
            Layout::Scattered => [3 * columns + 1, 3],
        };
        let len = (rows.max(1) - 1) * strides[0] + (columns.max(1) - 1) * strides[1] + 1;
        let mut values = vec![f32::NAN; len];
        for row in 0..rows {
            for column in 0..columns {
                values[row * strides[0] + column * strides[1]] = of(row, column);
            }
        }
        Self {
            values,
            shape,
            strides,
        }
    }

    fn random(layout: Layout, shape: [usize; 2], seed: u64) -> Self {
        let values = values(shape[0] * shape[1], seed);
        Self::new(layout, shape, |row, column| values[row * shape[1] + column])
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.values, self.shape, self.strides)
    }

    fn get(&self, row: usize, column: usize) -> f64 {
        f64::from(self.values[row * self.strides[0] + column * self.strides[1]])
    }
}

fn product_of(tiles: Tiles, left: &Stored, right: &Stored) -> Vec<f32> {
    let mut values = vec![f32::NAN; left.shape[0] * right.shape[1]];
    let target = Target {
        values: &mut values,
        row_stride: right.shape[1],
        adds: false,
    };
    multiply(tiles, target, left.matrix(), right.matrix());
    values
}

/// The largest error of `product`, as a share of the sum of absolute products.
fn error(product: &[f32], left: &Stored, right: &Stored) -> f64 {
    let ([rows, inner], columns) = (left.shape, right.shape[1]);
    let mut largest = 0.0_f64;
    for row in 0..rows {
        for column in 0..columns {
            let terms = (0..inner).map(|i| left.get(row, i) * right.get(i, column));
            let (sum, absolute) = terms.fold((0.0, f64::MIN_POSITIVE), |(sum, absolute), term| {
                (sum + term, absolute + term.abs())
            });
            let off = (f64::from(product[row * columns + column]) - sum).abs() / absolute;
            assert!(!off.is_nan(), "row {row}, column {column}");
            largest = largest.max(off);
        }
    }
    largest
}

/// The same, of sums in f32 from the first term to the last.
fn error_of_f32(left: &Stored, right: &Stored) -> f64 {
    let ([rows, inner], columns) = (left.shape, right.shape[1]);
    let product: Vec<f32> = (0..rows * columns)
        .map(|at| {
            (0..inner).fold(0.0_f32, |sum, i| {
                let (a, b) = (left.get(at / columns, i), right.get(i, at % columns));
                (a as f32).mul_add(b as f32, sum)
            })
        })
        .collect();
    error(&product, left, right)
}

#[test]
fn tiles_are_there_where_linux_lists_them() {
    let listed = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = |flag: &str| listed.split_whitespace().any(|word| word == flag);
    let expected = ["amx_tile", "amx_int8", "amx_bf16", "avx512dq"]
        .into_iter()
        .all(has);
    println!("listed: {expected}");
    assert_eq!(Tiles::get().is_some(), expected);
}

#[test]
fn any_shape_is_multiplied_as_exactly_as_in_f32() {
    let Some(tiles) = tiles() else { return };
    let sizes = [1, 2, 15, 16, 17, 31, 32, 33, 65];
    let mut shapes: Vec<[usize; 3]> = Vec::new();
    for m in sizes {
        for n in sizes {
            shapes.extend([1, 31, 32, 33, 100].map(|k| [m, n, k]));
        }
    }
    shapes.extend([
        [161, 70, 1023],
        [40, 300, 1024],
        [33, 33, 1025],
        [5, 7, 3000],
    ]);
    for (seed, [m, n, k]) in shapes.into_iter().enumerate() {
        let left = Stored::random(Layout::Rows, [m, k], 2 * seed as u64);
        let right = Stored::random(Layout::Rows, [k, n], 2 * seed as u64 + 1);
        let off = error(&product_of(tiles, &left, &right), &left, &right);
        assert!(off < 2e-7, "{m} x {n}, {k} terms: {off:e}");
    }
}

#[test]
fn long_sums_are_no_less_exact_than_in_f32() {
    let Some(tiles) = tiles() else { return };
    for (name, k, sign) in [("either sign", 4096, 1.0), ("one sign", 4096, 0.0)] {
        let [left, right] = [(1, [24, k]), (2, [k, 24])].map(|(seed, shape)| {
            let values = values(k * 24, seed);
            Stored::new(Layout::Rows, shape, |row, column| {
                let value = values[row * shape[1] + column];
                if sign > 0.0 { value } else { value.abs() }
            })
        });
        let off = error(&product_of(tiles, &left, &right), &left, &right);
        let in_f32 = error_of_f32(&left, &right);
        println!("{name}: {off:.1e}, in f32 {in_f32:.1e}");
        assert!(off <= in_f32, "{name}: {off:e}, in f32 {in_f32:e}");
    }
}

#[test]
fn every_layout_has_the_same_product() {
    let Some(tiles) = tiles() else { return };
    for [m, n, k] in [[64, 64, 64], [50, 37, 70], [33, 1, 1030]] {
        let first = {
            let left = Stored::random(Layout::Rows, [m, k], 3);
            let right = Stored::random(Layout::Rows, [k, n], 4);
            product_of(tiles, &left, &right)
        };
        for of_left in LAYOUTS {
            for of_right in LAYOUTS {
                let left = Stored::random(of_left, [m, k], 3);
                let right = Stored::random(of_right, [k, n], 4);
                let product = product_of(tiles, &left, &right);
                assert_eq!(product, first, "{of_left:?} times {of_right:?}");
                // Rows for columns of what was made for the other shape.
                let turned = Stored::random(of_left, [k, m], 5);
                let straight = Stored::new(Layout::Rows, [m, k], |row, column| {
                    turned.get(column, row) as f32
                });
                let mut values = vec![0.0; m * n];
                let target = Target {
                    values: &mut values,
                    row_stride: n,
                    adds: false,
                };
                multiply(tiles, target, turned.matrix().turned(), right.matrix());
                assert_eq!(values, product_of(tiles, &straight, &right));
            }
        }
    }
}

#[test]
fn only_the_product_is_written_and_added_where_asked() {
    let Some(tiles) = tiles() else { return };
    for [m, n, k] in [[33, 35, 20], [64, 32, 1100], [1, 1, 1]] {
        let left = Stored::random(Layout::Rows, [m, k], 6);
        let right = Stored::random(Layout::Rows, [k, n], 7);
        let product = product_of(tiles, &left, &right);
        let (stride, end) = (n + 3, 2);
        let before = values(m * stride + end, 8);
        for adds in [false, true] {
            let mut all = before.clone();
            let target = Target {
                values: &mut all,
                row_stride: stride,
                adds,
            };
            multiply(tiles, target, left.matrix(), right.matrix());
            for (at, (&now, &before)) in all.iter().zip(&before).enumerate() {
                let (row, column) = (at / stride, at % stride);
                if row >= m || column >= n {
                    assert_eq!(now.to_bits(), before.to_bits(), "beside row {row}");
                    continue;
                }
                let product = product[row * n + column];
                match adds {
                    false => assert_eq!(now, product),
                    true => assert!((now - (before + product)).abs() < 1e-5),
                }
            }
        }
    }
}

#[test]
fn a_product_of_nothing_is_zero() {
    let Some(tiles) = tiles() else { return };
    let nothing = |rows, columns| Matrix::new(&[], [rows, columns], [1, 1]);
    let mut values = [1.0; 6];
    for (adds, expected) in [(true, 1.0), (false, 0.0)] {
        let target = Target {
            values: &mut values,
            row_stride: 3,
            adds,
        };
        multiply(tiles, target, nothing(2, 0), nothing(0, 3));
        assert_eq!(values, [expected; 6]);
    }
    let target = Target {
        values: &mut [],
        row_stride: 3,
        adds: false,
    };
    multiply(tiles, target, nothing(0, 0), nothing(0, 3));
}

#[test]
fn a_row_does_not_depend_on_the_others() {
    let Some(tiles) = tiles() else { return };
    let (m, n, k) = (150, 70, 1100);
    let left = Stored::random(Layout::Rows, [m, k], 9);
    let right = Stored::random(Layout::Rows, [k, n], 10);
    let all = product_of(tiles, &left, &right);
    for (from, count) in [(0, 1), (149, 1), (17, 40), (31, 100)] {
        let some = Stored::new(Layout::Rows, [count, k], |row, column| {
            left.get(from + row, column) as f32
        });
        let product = product_of(tiles, &some, &right);
        assert_eq!(product, all[from * n..(from + count) * n]);
    }
    let some = Stored::new(Layout::Rows, [k, 3], |row, column| {
        right.get(row, 50 + column) as f32
    });
    let product = product_of(tiles, &left, &some);
    for row in 0..m {
        assert_eq!(product[row * 3..][..3], all[row * n + 50..][..3]);
    }
}

/// A product is spread over them with the feature `rayon`; without it, only products at once are tested.
#[test]
fn threads_change_nothing() {
    let Some(tiles) = tiles() else { return };
    for [m, n, k] in [[300, 200, 1100], [40, 4200, 64], [1500, 64, 64]] {
        let left = Stored::random(Layout::Turned, [m, k], 11);
        let right = Stored::random(Layout::Rows, [k, n], 12);
        let products = [1, 2, 3, 16].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.build().expect("a pool");
            pool.install(|| product_of(tiles, &left, &right))
        });
        for product in &products[1..] {
            assert_eq!(product, &products[0]);
        }
        // Many at once, on threads that take up one while another waits.
        let at_once = || {
            use rayon::prelude::*;
            let products: Vec<_> = (0..8)
                .into_par_iter()
                .map(|_| product_of(tiles, &left, &right))
                .collect();
            assert!(products.iter().all(|product| product == &products[0]));
            products.into_iter().next()
        };
        assert_eq!(at_once().as_ref(), Some(&products[0]));
    }
}

#[test]
fn magnitudes_from_one_end_to_the_other() {
    let Some(tiles) = tiles() else { return };
    for (of_left, of_right) in [
        (1e-30_f32, 1e30),
        (1e30, 1e-30),
        (1e-30, 1.0),
        (1e30, 1.0),
        (1e-15, 1e-15),
        (1e18, 1e18),
    ] {
        let [a, b] = [13, 14].map(|seed| values(40 * 40, seed));
        let left = Stored::new(Layout::Rows, [40, 40], |r, c| a[r * 40 + c] * of_left);
        let right = Stored::new(Layout::Rows, [40, 40], |r, c| b[r * 40 + c] * of_right);
        let off = error(&product_of(tiles, &left, &right), &left, &right);
        assert!(off < 2e-7, "{of_left:e} times {of_right:e}: {off:e}");
    }
    // Both ends in one sum.
    let ends = |r: usize, c: usize| {
        if (r + c).is_multiple_of(2) {
            1e15
        } else {
            1e-15
        }
    };
    let left = Stored::new(Layout::Rows, [20, 50], ends);
    let right = Stored::new(Layout::Rows, [50, 20], ends);
    let off = error(&product_of(tiles, &left, &right), &left, &right);
    assert!(off < 2e-7, "{off:e}");
    // Whole numbers of 24 bits are multiplied exactly by powers of two, and zeros are zeros.
    let left = Stored::new(Layout::Rows, [20, 32], |r, c| match (r + c) % 32 {
        0 => 16_777_215.0 - r as f32,
        _ => 0.0,
    });
    let right = Stored::new(Layout::Rows, [32, 20], |_, c| (2.0_f32).powi(c as i32 - 10));
    let off = error(&product_of(tiles, &left, &right), &left, &right);
    assert_eq!(off, 0.0);
}

#[test]
fn what_is_no_number_stays_none() {
    let Some(tiles) = tiles() else { return };
    let (m, n, k) = (40, 36, 50);
    for special in [
        f32::NAN,
        -f32::NAN,
        f32::from_bits(0x7fff_ffff),
        f32::from_bits(0xffff_ffff),
        f32::from_bits(0x7f80_0001),
        f32::INFINITY,
        f32::NEG_INFINITY,
    ] {
        let plain = Stored::random(Layout::Rows, [m, k], 15);
        let right = Stored::random(Layout::Rows, [k, n], 16);
        let left = Stored::new(Layout::Rows, [m, k], |row, column| match (row, column) {
            (35, 41) => special,
            _ => plain.get(row, column) as f32,
        });
        let (with, without) = (
            product_of(tiles, &left, &right),
            product_of(tiles, &plain, &right),
        );
        for (row, (with, without)) in with.chunks(n).zip(without.chunks(n)).enumerate() {
            match row {
                35 => assert!(with.iter().all(|value| !value.is_finite()), "{special}"),
                _ => assert_eq!(with, without),
            }
        }
        let product = product_of(tiles, &right_to_left(&right), &right_to_left(&left));
        for row in product.chunks(m) {
            assert!(!row[35].is_finite());
            assert!(row[..35].iter().all(|value| value.is_finite()));
        }
    }
}

/// Rows for columns.
fn right_to_left(of: &Stored) -> Stored {
    Stored::new(Layout::Rows, [of.shape[1], of.shape[0]], |row, column| {
        of.get(column, row) as f32
    })
}
