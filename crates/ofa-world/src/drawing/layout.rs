//! Where objects can stand: the cells of a three-by-three grid in the middle square of the picture,
//! so that a centre crop to a square loses no object.

use crate::rng::Rng;

/// One pixel in the units of positions and radii.
pub(crate) const PIXEL: i32 = 16;

/// A cell of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cell {
    pub(crate) column: i32,
    pub(crate) row: i32,
}

impl Cell {
    pub(crate) const CENTRE: Self = Self { column: 1, row: 1 };

    /// All cells, in a random order.
    pub(crate) fn shuffled(rng: &mut Rng) -> Vec<Self> {
        let mut cells: Vec<Self> = (0..9)
            .map(|cell| Self {
                column: cell % 3,
                row: cell / 3,
            })
            .collect();
        rng.shuffle(&mut cells);
        cells
    }

    /// As in "in the top left".
    pub(crate) fn name(self) -> &'static str {
        match (self.row, self.column) {
            (0, 0) => "top left",
            (0, 1) => "top",
            (0, _) => "top right",
            (1, 0) => "left",
            (1, 1) => "center",
            (1, _) => "right",
            (_, 0) => "bottom left",
            (_, 1) => "bottom",
            (_, _) => "bottom right",
        }
    }

    /// The cell on the other side of the picture; for the centre, the top.
    pub(crate) fn opposite(self) -> Self {
        if self == Self::CENTRE {
            return Self { column: 1, row: 0 };
        }
        Self {
            column: 2 - self.column,
            row: 2 - self.row,
        }
    }
}

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Extent {
    /// Mostly squares; some pictures that a centre crop cuts.
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        let (width, height) = match rng.below(10) {
            0 => (160, 120),
            1 => (120, 160),
            2 => (96, 96),
            _ => (128, 128),
        };
        Self { width, height }
    }

    /// The side of the middle square, in pixels.
    pub(crate) fn side(self) -> i32 {
        self.width.min(self.height)
    }

    /// The middle of the picture, in sixteenths of a pixel.
    pub(crate) fn middle(self) -> (i32, i32) {
        (self.width * PIXEL / 2, self.height * PIXEL / 2)
    }

    /// A share of the middle square's side in thousandths, in sixteenths of a pixel.
    pub(crate) fn share(self, thousandths: i32) -> i32 {
        self.side() * PIXEL * thousandths / 1000
    }

    /// A point of the middle square, given in thousandths from its top left corner.
    pub(crate) fn point(self, x: i32, y: i32) -> (i32, i32) {
        let (middle_x, middle_y) = self.middle();
        (
            middle_x + self.share(x - 500),
            middle_y + self.share(y - 500),
        )
    }

    /// The middle of a cell, in sixteenths of a pixel.
    pub(crate) fn middle_of(self, cell: Cell) -> (i32, i32) {
        let step = self.side() * PIXEL / 3;
        let x = self.width * PIXEL / 2 + (cell.column - 1) * step;
        let y = self.height * PIXEL / 2 + (cell.row - 1) * step;
        (x, y)
    }
}
