//! A product of matrices, cut into pieces that stay in a core's cache.

use std::cell::Cell;
use std::ops::Range;
use std::thread::LocalKey;

use super::kernel::{self, Sums};
use super::limbs::{DEPTH, Line, PANEL, STEP_LINES, Side, pack};
use super::matrix::{Matrix, Target};
use super::threads;
use crate::Tiles;
use crate::configuration::Configured;

/// Steps of `DEPTH` values that are summed in tiles before they are added to the product.
const MOST_STEPS: usize = 32;
/// Panels of the right side that are packed at once for all of the left: with all steps 24 MB.
const MOST_RIGHT_PANELS: usize = 128;
/// Panels of one side that a thread packs for itself and multiplies by the other side: with all steps 768 KB, less
/// than half of a core's L2 cache.
const MOST_PANELS: usize = 4;
/// Panels of the right side that a thread packs together for all: of each row 1 KB.
const MOST_PACKED_PANELS: usize = 8;
/// Panels of the right side that are worth packing some of the left side for.
const FEWEST_RIGHT_PANELS: usize = 4;
/// Fewer multiplications are done by one thread.
const PARALLEL_FROM: usize = 1 << 21;

thread_local! {
    /// Room for packed panels, kept because new pages cost as much as what is written to them.
    static LEFT: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
    static RIGHT: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

pub(crate) fn multiply(tiles: Tiles, target: Target<'_>, left: Matrix<'_>, right: Matrix<'_>) {
    let (m, n, k) = (left.rows(), right.columns(), left.columns());
    assert_eq!(k, right.rows(), "as many columns as the other has rows");
    if m == 0 || n == 0 {
        return;
    }
    assert!(
        n <= target.row_stride && (m - 1) * target.row_stride + n <= target.values.len(),
        "room for the product"
    );
    let threads = match m * n * k {
        few if few < PARALLEL_FROM => 1,
        _ => threads::count(),
    };
    let right = right.turned();
    let mut adds = target.adds;
    if k == 0 && !adds {
        let rows = target.values.chunks_mut(target.row_stride).take(m);
        rows.for_each(|row| row[..n].fill(0.0));
    }
    for column in (0..k).step_by(MOST_STEPS * DEPTH) {
        let part = Part {
            tiles,
            left,
            right,
            column,
            steps: (k - column).div_ceil(DEPTH).min(MOST_STEPS),
            values: target.values.as_mut_ptr(),
            row_stride: target.row_stride,
            adds,
        };
        if m.div_ceil(PANEL) <= MOST_PANELS {
            part.multiply_few_rows(threads);
        } else {
            part.multiply(threads);
        }
        adds = true;
    }
}

/// Some columns of the left side times as many rows of the right side.
struct Part<'a> {
    tiles: Tiles,
    left: Matrix<'a>,
    /// Turned.
    right: Matrix<'a>,
    column: usize,
    steps: usize,
    /// Of the whole product.
    values: *mut f32,
    row_stride: usize,
    adds: bool,
}

// SAFETY: the pointer is to the values of a product that this call alone may write to, and threads write
// to different blocks of it.
unsafe impl Sync for Part<'_> {}

/// Packed panels of a side.
#[derive(Clone, Copy)]
struct Panels<'a> {
    lines: &'a [Line],
    /// The number of the first of them, of all that the side has.
    first: usize,
}

impl Part<'_> {
    /// The right side is packed once for all threads, of the left side by each what it multiplies.
    fn multiply(&self, threads: usize) {
        let left_panels = self.left.rows().div_ceil(PANEL);
        let all = self.right.rows().div_ceil(PANEL);
        // Twice as many pieces as threads, so that one who comes late has less to do.
        let rows = left_panels.div_ceil(left_panels.div_ceil(2 * threads).clamp(1, MOST_PANELS));
        for first in (0..all).step_by(MOST_RIGHT_PANELS) {
            let panels = MOST_RIGHT_PANELS.min(all - first);
            let columns = threads
                .div_ceil(rows)
                .min(panels / FEWEST_RIGHT_PANELS)
                .max(1);
            let together = panels.div_ceil(2 * threads).min(MOST_PACKED_PANELS);
            with_room(&RIGHT, panels * self.lines(), |packed| {
                threads::for_each_chunk(
                    threads,
                    packed,
                    together * self.lines(),
                    |number, lines| self.pack(Side::Right, first + number * together, lines),
                );
                threads::for_each(threads, rows * columns, |piece| {
                    let left = share(left_panels, rows, piece / columns);
                    let right = share(panels, columns, piece % columns);
                    let of_right = Panels {
                        lines: &packed[right.start * self.lines()..right.end * self.lines()],
                        first: first + right.start,
                    };
                    with_room(&LEFT, left.len() * self.lines(), |packed| {
                        self.pack(Side::Left, left.start, packed);
                        let of_left = Panels {
                            lines: packed,
                            first: left.start,
                        };
                        self.blocks(of_left, of_right);
                    });
                });
            });
        }
    }

    /// The left side is packed once for all threads, of the right side by each what it multiplies: that is then
    /// still in the core's cache.
    fn multiply_few_rows(&self, threads: usize) {
        let left_panels = self.left.rows().div_ceil(PANEL);
        let right_panels = self.right.rows().div_ceil(PANEL);
        let columns =
            right_panels.div_ceil(right_panels.div_ceil(2 * threads).clamp(1, MOST_PANELS));
        with_room(&LEFT, left_panels * self.lines(), |packed| {
            self.pack(Side::Left, 0, packed);
            let of_left = Panels {
                lines: packed,
                first: 0,
            };
            threads::for_each(threads, columns, |piece| {
                let right = share(right_panels, columns, piece);
                with_room(&RIGHT, right.len() * self.lines(), |packed| {
                    self.pack(Side::Right, right.start, packed);
                    let of_right = Panels {
                        lines: packed,
                        first: right.start,
                    };
                    self.blocks(of_left, of_right);
                });
            });
        });
    }

    /// Lines of a panel.
    fn lines(&self) -> usize {
        self.steps * STEP_LINES
    }

    fn pack(&self, side: Side, first: usize, lines: &mut [Line]) {
        let matrix = match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        };
        // SAFETY: `Tiles` proves that the processor has these instructions.
        unsafe { pack(side, matrix, first * PANEL, self.column, self.steps, lines) }
    }

    /// The products of some panels.
    fn blocks(&self, left: Panels<'_>, right: Panels<'_>) {
        let configured = Configured::new(self.tiles);
        let mut sums = Sums::ZERO;
        let lines = self.lines();
        for (number, of_right) in right.lines.chunks_exact(lines).enumerate() {
            let column = (right.first + number) * PANEL;
            let columns = PANEL.min(self.right.rows() - column);
            // Quarters of the next panel, which is on its way from a slower cache meanwhile.
            let mut next = right.lines[(number + 1) * lines..].chunks_exact(lines / 4);
            for (number, of_left) in left.lines.chunks_exact(lines).enumerate() {
                let next = next.next().unwrap_or(of_right);
                kernel::multiply(&configured, of_left, of_right, next, &mut sums);
                let row = (left.first + number) * PANEL;
                let rows = PANEL.min(self.left.rows() - row);
                // SAFETY: the block is within the product, whose rows were checked to be within the target,
                // and nobody else writes it. `Tiles` proves the instructions.
                unsafe {
                    let to = self.values.add(row * self.row_stride + column);
                    sums.write(to, self.row_stride, [rows, columns], self.adds);
                }
            }
        }
    }
}

/// The panels of one of so many shares.
fn share(panels: usize, shares: usize, number: usize) -> Range<usize> {
    panels * number / shares..panels * (number + 1) / shares
}

/// Calls `work` with so many lines, whose content is left from before. While it works, its thread may take
/// up another product, which then finds no room and makes its own.
fn with_room(of: &'static LocalKey<Cell<Vec<Line>>>, lines: usize, work: impl FnOnce(&mut [Line])) {
    let mut room = of.take();
    if room.len() < lines {
        room = vec![Line::ZERO; lines];
    }
    work(&mut room[..lines]);
    of.set(room);
}
