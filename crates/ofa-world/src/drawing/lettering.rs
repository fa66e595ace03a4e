//! A line of letters on a board.

use super::canvas::{Canvas, Rgb};
use super::font::{ADVANCE, COLUMNS, glyph};
use super::region::Region;

/// Letters with the board that they stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lettering {
    pub(crate) text: String,
    pub(crate) ink: Rgb,
    pub(crate) board: Rgb,
    pub(crate) rim: Rgb,
    /// The middle of the letters and of the board, in sixteenths of a pixel.
    pub(crate) centre: (i32, i32),
    /// The side of one dot of a letter, in sixteenths of a pixel.
    pub(crate) dot: i32,
    /// Rows that the letters take: seven, or nine where some reach below the base line.
    pub(crate) rows: i32,
    /// Half of the board's width and height, in sixteenths of a pixel.
    pub(crate) half: (i32, i32),
}

impl Lettering {
    /// Columns of dots that a text of so many letters takes.
    pub(crate) fn columns(letters: usize) -> i32 {
        letters as i32 * ADVANCE - (ADVANCE - COLUMNS)
    }

    /// The board's box.
    pub(crate) fn region(&self) -> Region {
        Region::around(self.centre, self.half.0, self.half.1)
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let board = self.region();
        // A rim two thirds of a dot wide, so that the board stands out at any size.
        let rim = self.dot * 2 / 3;
        let inner = Region::around(self.centre, self.half.0 - rim, self.half.1 - rim);
        canvas.paint(board, |x, y| {
            let rgb = if inner.contains(x, y) {
                self.board
            } else {
                self.rim
            };
            board.contains(x, y).then_some(rgb)
        });

        let columns = Self::columns(self.text.chars().count());
        let line = Region::around(
            self.centre,
            columns * self.dot / 2,
            self.rows * self.dot / 2,
        );
        let glyphs: Vec<[u8; 9]> = self.text.chars().filter_map(glyph).collect();
        canvas.paint(line, |x, y| {
            let column = (x - line.left).div_euclid(self.dot);
            let row = (y - line.top).div_euclid(self.dot);
            let glyph = glyphs.get(usize::try_from(column / ADVANCE).ok()?)?;
            let bits = glyph.get(usize::try_from(row).ok()?)?;
            let within = column % ADVANCE;
            let inked = (0..COLUMNS).contains(&within) && bits >> (COLUMNS - 1 - within) & 1 == 1;
            inked.then_some(self.ink)
        });
    }
}
