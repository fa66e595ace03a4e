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
/// Panels of the right side that are packed at once: with all steps 24 MB.
const MOST_RIGHT_PANELS: usize = 128;
/// Panels of the right side that a thread packs together: of each row 1 KB.
const MOST_PACKED_PANELS: usize = 8;
/// Panels of the left side in a piece: with all steps 768 KB, less than half of a core's L2 cache.
const MOST_LEFT_PANELS: usize = 4;
/// Panels of the right side that are worth packing a piece of the left side for.
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
        let steps = (k - column).div_ceil(DEPTH).min(MOST_STEPS);
        for first in (0..n.div_ceil(PANEL)).step_by(MOST_RIGHT_PANELS) {
            let panels = MOST_RIGHT_PANELS.min(n.div_ceil(PANEL) - first);
            with_room(&RIGHT, panels * steps * STEP_LINES, |packed| {
                let together = panels.div_ceil(2 * threads).min(MOST_PACKED_PANELS);
                let chunk = together * steps * STEP_LINES;
                threads::for_each_chunk(threads, packed, chunk, |number, lines| {
                    let row = (first + number * together) * PANEL;
                    // SAFETY: `Tiles` proves that the processor has these instructions.
                    unsafe { pack(Side::Right, &right, row, column, steps, lines) }
                });
                let part = Part {
                    tiles,
                    left,
                    column,
                    steps,
                    right: packed,
                    first_panel: first,
                    values: target.values.as_mut_ptr(),
                    row_stride: target.row_stride,
                    columns: n,
                    adds,
                };
                part.multiply(threads);
            });
        }
        adds = true;
    }
}

/// Some columns of the left side times the packed rows of the right side.
struct Part<'a> {
    tiles: Tiles,
    left: Matrix<'a>,
    column: usize,
    steps: usize,
    /// Panels of the right side.
    right: &'a [Line],
    /// The number of the first of them, of all that the right side has.
    first_panel: usize,
    /// Of the whole product.
    values: *mut f32,
    row_stride: usize,
    columns: usize,
    adds: bool,
}

// SAFETY: the pointer is to the values of a product that this call alone may write to, and threads write
// to different blocks of it.
unsafe impl Sync for Part<'_> {}

impl Part<'_> {
    fn multiply(&self, threads: usize) {
        let left_panels = self.left.rows().div_ceil(PANEL);
        let right_panels = self.right.len() / (self.steps * STEP_LINES);
        // Twice as many pieces as threads, so that one who comes late has less to do.
        let heights = left_panels.div_ceil(2 * threads).clamp(1, MOST_LEFT_PANELS);
        let rows = left_panels.div_ceil(heights);
        let columns = threads
            .div_ceil(rows)
            .min(right_panels / FEWEST_RIGHT_PANELS)
            .max(1);
        let share = |panels: usize, shares: usize, number: usize| {
            panels * number / shares..panels * (number + 1) / shares
        };
        threads::for_each(threads, rows * columns, |piece| {
            self.piece(
                share(left_panels, rows, piece / columns),
                share(right_panels, columns, piece % columns),
            );
        });
    }

    /// The blocks of some panels of the left and some of the right side.
    fn piece(&self, left_panels: Range<usize>, right_panels: Range<usize>) {
        let lines = self.steps * STEP_LINES;
        with_room(&LEFT, left_panels.len() * lines, |left| {
            let row = left_panels.start * PANEL;
            // SAFETY: `Tiles` proves that the processor has these instructions.
            unsafe { pack(Side::Left, &self.left, row, self.column, self.steps, left) }
            let configured = Configured::new(self.tiles);
            let mut sums = Sums::ZERO;
            for right_panel in right_panels {
                let (right, after) = self.right[right_panel * lines..].split_at(lines);
                let column = (self.first_panel + right_panel) * PANEL;
                let columns = PANEL.min(self.columns - column);
                // Quarters of the next panel, which is on its way from a slower cache meanwhile.
                let mut next = after.chunks_exact(lines / 4);
                for (panel, left) in left_panels.clone().zip(left.chunks_exact(lines)) {
                    let next = next.next().unwrap_or(right);
                    kernel::multiply(&configured, left, right, next, &mut sums);
                    let row = panel * PANEL;
                    let rows = PANEL.min(self.left.rows() - row);
                    // SAFETY: the block is within the product, whose rows were checked to be within the
                    // target, and no other piece has it. `Tiles` proves the instructions.
                    unsafe {
                        let to = self.values.add(row * self.row_stride + column);
                        sums.write(to, self.row_stride, [rows, columns], self.adds);
                    }
                }
            }
        });
    }
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
