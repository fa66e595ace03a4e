//! A value of f32 as the sum of three of bf16, laid out as tiles.
//!
//! A bf16 has eight significant bits, an f32 24. The first limb is the value rounded to the nearest bf16, the
//! second what that leaves, rounded likewise, and the third the rest, which a bf16 holds. Rounding, rather
//! than cutting bits off, leaves remainders of either sign, so that what products of limbs are left out has
//! no bias.

use std::arch::x86_64::*;

use super::matrix::Matrix;
use crate::configuration::TILE_ROWS;

/// Limbs of a value.
pub(crate) const LIMBS: usize = 3;
/// Values along the side that both factors share, in a tile.
pub(crate) const DEPTH: usize = 32;
/// Rows of the left, or columns of the right side, in a panel: two tiles.
pub(crate) const PANEL: usize = 2 * TILE_ROWS;
/// Lines of a panel in a step of `DEPTH` values: for each limb two tiles.
pub(crate) const STEP_LINES: usize = LIMBS * PANEL;

/// A row of a tile.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line([u32; 16]);

impl Line {
    pub(crate) const ZERO: Self = Self([0; 16]);
}

/// Which side of a product a matrix is on.
///
/// Along the shared side, a product of tiles takes two values after two. Which is all the same if it is the same
/// on both sides: here the values `i` and `16 + i` of 32. In a tile of the left side a line has the pairs of a row,
/// on the right side the pair `i` of each column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Values before they are split: what is turned, at an edge, or scattered. Tiles of the left side come from
/// 16 rows of 32, those of the right side from 32 rows of 16.
#[repr(C, align(64))]
struct Staged([f32; TILE_ROWS * DEPTH]);

/// Writes panels: for each step of `DEPTH` columns from `column`, for each limb, two tiles.
///
/// The right side of a product is given turned, so that either has the shared side along its rows. Rows and
/// columns beyond the matrix are zeros.
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) fn pack(
    side: Side,
    matrix: &Matrix<'_>,
    row: usize,
    column: usize,
    steps: usize,
    panels: &mut [Line],
) {
    let count = panels.len() / (steps * STEP_LINES);
    let mut staged = Staged([0.0; TILE_ROWS * DEPTH]);
    let mut write = |panel: usize, step: usize| {
        let lines = &mut panels[(panel * steps + step) * STEP_LINES..][..STEP_LINES];
        let (row, column) = (row + panel * PANEL, column + step * DEPTH);
        pack_step(side, matrix, row, column, lines, &mut staged);
    };
    // In the order in which the values lie, so that memory is read ahead.
    if matrix.row_stride() == 1 {
        for step in 0..steps {
            (0..count).for_each(|panel| write(panel, step));
        }
    } else {
        for panel in 0..count {
            (0..steps).for_each(|step| write(panel, step));
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_step(
    side: Side,
    matrix: &Matrix<'_>,
    row: usize,
    column: usize,
    lines: &mut [Line],
    staged: &mut Staged,
) {
    for half in 0..2 {
        let row = row + half * TILE_ROWS;
        let (values, stride) = block(side, matrix, row, column, staged);
        let mut tiles = lines.chunks_exact_mut(TILE_ROWS).skip(half).step_by(2);
        let mut next = || {
            let tile = tiles.next().expect("two tiles for each limb");
            <&mut [Line; TILE_ROWS]>::try_from(tile).expect("lines of a tile")
        };
        let limbs = [next(), next(), next()];
        match side {
            Side::Left => split(values, [stride, 16], limbs),
            Side::Right => split(values, [stride, 16 * stride], limbs),
        }
    }
}

/// The values that tiles are made of and the stride of their rows: in place where they lie as they are needed.
#[target_feature(enable = "avx512f")]
fn block<'a>(
    side: Side,
    matrix: &Matrix<'a>,
    row: usize,
    column: usize,
    staged: &'a mut Staged,
) -> (&'a [f32], usize) {
    let is_whole = row + TILE_ROWS <= matrix.rows() && column + DEPTH <= matrix.columns();
    let (row_stride, column_stride) = (matrix.row_stride(), matrix.column_stride());
    match side {
        Side::Left if is_whole && column_stride == 1 => {
            return (matrix.from(row, column), row_stride);
        }
        Side::Right if is_whole && row_stride == 1 => {
            return (matrix.from(row, column), column_stride);
        }
        Side::Left if is_whole && row_stride == 1 => {
            for half in 0..2 {
                let from = matrix.from(row, column + half * 16);
                turn(from, column_stride, &mut staged.0[half * 16..], DEPTH);
            }
        }
        Side::Right if is_whole && column_stride == 1 => {
            for half in 0..2 {
                let from = matrix.from(row, column + half * 16);
                let to = &mut staged.0[half * 16 * TILE_ROWS..];
                turn(from, row_stride, to, TILE_ROWS);
            }
        }
        _ => {
            let rows = TILE_ROWS.min(matrix.rows().saturating_sub(row));
            let columns = DEPTH.min(matrix.columns().saturating_sub(column));
            staged.0.fill(0.0);
            for r in 0..rows {
                for c in 0..columns {
                    let to = match side {
                        Side::Left => r * DEPTH + c,
                        Side::Right => c * TILE_ROWS + r,
                    };
                    staged.0[to] = matrix.get(row + r, column + c);
                }
            }
        }
    }
    let stride = match side {
        Side::Left => DEPTH,
        Side::Right => TILE_ROWS,
    };
    (&staged.0, stride)
}

/// Writes a tile of each limb: a line has 16 pairs of values, which a product of tiles multiplies and adds
/// together. Whether these are the first and the second half of a row, or two rows, is as `strides` says: from
/// a line to the next, and from the first of its pairs to the second.
#[target_feature(enable = "avx512f,avx512bw")]
fn split(
    values: &[f32],
    [stride, to_second]: [usize; 2],
    [high, middle, low]: [&mut [Line; TILE_ROWS]; LIMBS],
) {
    for line in 0..TILE_ROWS {
        let first = limbs(load(&values[line * stride..]));
        let second = limbs(load(&values[line * stride + to_second..]));
        store(&mut high[line], beside(first[0], second[0]));
        store(&mut middle[line], beside(first[1], second[1]));
        store(&mut low[line], beside(first[2], second[2]));
    }
}

/// The limbs as the upper halves of words.
#[inline]
#[target_feature(enable = "avx512f")]
fn limbs(values: __m512) -> [__m512i; LIMBS] {
    let (high, rest) = round(values);
    let (middle, rest) = round(rest);
    // No more bits are left than a bf16 has, unless the value is none or below the smallest normal one.
    [high, middle, _mm512_castps_si512(rest)]
}

/// Values rounded to bf16, away from zero at a tie, and what that leaves. A NaN may become anything, but leaves
/// one.
#[inline]
#[target_feature(enable = "avx512f")]
fn round(values: __m512) -> (__m512i, __m512) {
    let half = _mm512_set1_epi32(1 << 15);
    let upper = _mm512_set1_epi32(-1 << 16);
    let moved = _mm512_add_epi32(_mm512_castps_si512(values), half);
    let rounded = _mm512_and_si512(moved, upper);
    (rounded, _mm512_sub_ps(values, _mm512_castsi512_ps(rounded)))
}

/// The upper halves of words, of two beside each other.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn beside(first: __m512i, second: __m512i) -> __m512i {
    const SECOND: __mmask32 = 0xaaaa_aaaa;
    _mm512_mask_blend_epi16(SECOND, _mm512_srli_epi32::<16>(first), second)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(values: &[f32]) -> __m512 {
    let values: &[f32; 16] = values.first_chunk().expect("sixteen values");
    // SAFETY: that many were just found.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(line: &mut Line, words: __m512i) {
    // SAFETY: a line is 64 bytes, aligned to them.
    unsafe { _mm512_store_si512(line.0.as_mut_ptr().cast(), words) }
}

/// Writes the columns of 16 rows of 16 values as rows.
#[target_feature(enable = "avx512f")]
fn turn(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    let mut rows = [_mm512_setzero_ps(); 16];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = load(&from[r * from_stride..]);
    }
    // Within quarters of the vectors: pairs of rows, then fours.
    let mut fours = [_mm512_setzero_pd(); 16];
    for r in (0..16).step_by(4) {
        let pair = |a: usize, b: usize| {
            let (a, b) = (rows[r + a], rows[r + b]);
            let (low, high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            (_mm512_castps_pd(low), _mm512_castps_pd(high))
        };
        let ((low, high), (next_low, next_high)) = (pair(0, 1), pair(2, 3));
        fours[r] = _mm512_unpacklo_pd(low, next_low);
        fours[r + 1] = _mm512_unpackhi_pd(low, next_low);
        fours[r + 2] = _mm512_unpacklo_pd(high, next_high);
        fours[r + 3] = _mm512_unpackhi_pd(high, next_high);
    }
    // Then the quarters themselves: vector `c` has, of four rows, the columns `c`, `c + 4`, `c + 8`, `c + 12`.
    for c in 0..4 {
        let [a, b, d, e] = [0, 4, 8, 12].map(|r| fours[r + c]);
        let (ab_even, ab_odd) = (
            _mm512_shuffle_f64x2::<0b10_00_10_00>(a, b),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(a, b),
        );
        let (de_even, de_odd) = (
            _mm512_shuffle_f64x2::<0b10_00_10_00>(d, e),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(d, e),
        );
        let columns = [
            _mm512_shuffle_f64x2::<0b10_00_10_00>(ab_even, de_even),
            _mm512_shuffle_f64x2::<0b10_00_10_00>(ab_odd, de_odd),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(ab_even, de_even),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(ab_odd, de_odd),
        ];
        for (quarter, column) in columns.into_iter().enumerate() {
            let to: &mut [f32; 16] = to[(4 * quarter + c) * to_stride..]
                .first_chunk_mut()
                .expect("sixteen values");
            // SAFETY: that many were just found.
            unsafe { _mm512_storeu_ps(to.as_mut_ptr(), _mm512_castpd_ps(column)) }
        }
    }
}
