//! The two passes of a resize, written so that the compiler makes vector code of them.
//!
//! All arithmetic is on integers, so every instruction set gives the same result.

use super::filter::{PRECISION_BITS, Taps};

/// Rows worked on together in the pass along rows.
const ROWS: usize = 8;
/// Channel values of those rows that stand at one column.
const LANES: usize = 3 * ROWS;
/// Channel values worked on together in the pass along columns.
const COLUMN_LANES: usize = 64;

/// Makes every row as long as `columns` says.
///
/// # Shapes
/// `[rows, width, 3]` to `[rows, columns.len(), 3]`.
pub(super) fn along_rows(source: &[u8], width: usize, columns: &Taps) -> Vec<u8> {
    let rows = source.len() / (3 * width);
    let line = 3 * columns.len();
    let mut result = vec![0; rows * line];
    let span = columns.span();
    // Eight rows are woven together, so that one weight meets 24 neighbouring values.
    // One byte of room, because pixels are moved as four bytes.
    let mut woven = vec![0; span.len() * LANES + 1];
    for (from, to) in source
        .chunks(3 * width * ROWS)
        .zip(result.chunks_mut(line * ROWS))
    {
        weave(from, width, span.start, &mut woven);
        filter_woven(&woven, span.start, columns, to);
    }
    result
}

/// Puts the pixels of up to eight rows that stand in one column side by side.
fn weave(rows: &[u8], width: usize, start: usize, woven: &mut [u8]) {
    let columns = woven.len() / LANES;
    for (row, line) in rows.chunks_exact(3 * width).enumerate() {
        let pixels = line[3 * start..][..3 * columns].as_chunks::<3>().0;
        let places = woven[3 * row..].chunks_mut(LANES);
        for (pixel, place) in pixels.iter().zip(places) {
            place[..3].copy_from_slice(pixel);
        }
    }
}

/// Makes every column as long as `rows` says.
///
/// # Shapes
/// `[…, line]`, of which the first row is row `first` of the image, to
/// `[rows.len(), line]`.
pub(super) fn along_columns(source: &[u8], line: usize, first: usize, rows: &Taps) -> Vec<u8> {
    let mut result = vec![0; rows.len() * line];
    filter_columns(source, line, first, rows, &mut result);
    result
}

macro_rules! with_wide_vectors {
    ($(#[$doc:meta])* fn $name:ident / $wide:ident / $body:ident ($($arg:ident: $type:ty),*)) => {
        $(#[$doc])*
        fn $name($($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                #[target_feature(enable = "avx2")]
                fn $wide($($arg: $type),*) {
                    $body($($arg),*);
                }
                // SAFETY: the processor has AVX2, as was just asked.
                return unsafe { $wide($($arg),*) };
            }
            $body($($arg),*);
        }
    };
}

with_wide_vectors! {
    /// Filters up to eight woven rows into as many rows of `to`.
    fn filter_woven / filter_woven_avx2 / filter_woven_body(
        woven: &[u8], start: usize, columns: &Taps, to: &mut [u8]
    )
}

with_wide_vectors! {
    fn filter_columns / filter_columns_avx2 / filter_columns_body(
        source: &[u8], line: usize, first: usize, rows: &Taps, to: &mut [u8]
    )
}

#[inline(always)]
fn filter_woven_body(woven: &[u8], start: usize, columns: &Taps, to: &mut [u8]) {
    let line = 3 * columns.len();
    let (woven, _) = woven.as_chunks::<LANES>();
    for column in 0..columns.len() {
        let (first, weights) = columns.of(column);
        let mut sums = [HALF; LANES];
        for (values, weight) in woven[first - start..].iter().zip(weights) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += i32::from(*value) * weight;
            }
        }
        let mut levels = [0; LANES];
        for (level, sum) in levels.iter_mut().zip(sums) {
            *level = clip(sum);
        }
        for (row, pixel) in to.chunks_exact_mut(line).zip(levels.as_chunks::<3>().0) {
            row[3 * column..][..3].copy_from_slice(pixel);
        }
    }
}

#[inline(always)]
fn filter_columns_body(source: &[u8], line: usize, first: usize, rows: &Taps, to: &mut [u8]) {
    for (row, to) in to.chunks_exact_mut(line).enumerate() {
        let (top, weights) = rows.of(row);
        let source = &source[(top - first) * line..];
        let (blocks, rest) = to.as_chunks_mut::<COLUMN_LANES>();
        let done = blocks.len() * COLUMN_LANES;
        for (block, to) in blocks.iter_mut().enumerate() {
            let mut sums = [HALF; COLUMN_LANES];
            for (values, weight) in source.chunks_exact(line).zip(weights) {
                let values = &values[block * COLUMN_LANES..][..COLUMN_LANES];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += i32::from(*value) * weight;
                }
            }
            for (to, sum) in to.iter_mut().zip(sums) {
                *to = clip(sum);
            }
        }
        for (column, to) in rest.iter_mut().enumerate() {
            let lines = source.chunks_exact(line).zip(weights);
            let sum = lines.fold(HALF, |sum, (values, weight)| {
                sum + i32::from(values[done + column]) * weight
            });
            *to = clip(sum);
        }
    }
}

/// One half, so that cutting the fraction off rounds.
const HALF: i32 = 1 << (PRECISION_BITS - 1);

#[inline(always)]
fn clip(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}
