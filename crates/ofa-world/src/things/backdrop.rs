//! What stands behind the things.

use crate::drawing::{Extent, Rgb};
use crate::rng::Rng;
use crate::vocabulary::vocabulary;

vocabulary!(
    /// The landscape or wall of a scene.
    Backdrop {
        Meadow = "meadow",
        Wood = "wooden wall",
        Sea = "blue sea",
        Night = "night sky",
        Bricks = "brick wall",
        Paper = "sheet of paper",
        Desert = "desert",
    }
);

/// The row, in thousandths of the height, where sky ends and ground begins.
const HORIZON: i32 = 600;

impl Backdrop {
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        Self::ALL[rng.weighted(&[6, 4, 4, 3, 3, 3, 2])]
    }

    /// As in "in front of a brick wall".
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Meadow => "on a green meadow under a blue sky",
            Self::Wood => "in front of a wooden wall",
            Self::Sea => "on the waves of the sea",
            Self::Night => "under a night sky with stars",
            Self::Bricks => "in front of a brick wall",
            Self::Paper => "on a sheet of graph paper",
            Self::Desert => "in a yellow desert",
        }
    }

    /// The colours that cover most of it.
    pub(crate) fn colours(self) -> [Rgb; 2] {
        match self {
            Self::Meadow => [[150, 205, 245], [110, 170, 85]],
            Self::Wood => [[196, 150, 100], [180, 134, 86]],
            Self::Sea => [[70, 145, 195], [120, 190, 220]],
            Self::Night => [[20, 22, 48], [20, 22, 48]],
            Self::Bricks => [[172, 104, 84], [214, 204, 194]],
            Self::Paper => [[250, 250, 244], [176, 200, 228]],
            Self::Desert => [[250, 228, 190], [226, 190, 120]],
        }
    }

    /// The colour at a pixel.
    pub(crate) fn rgb_at(self, x: i32, y: i32, extent: Extent) -> Rgb {
        let [first, second] = self.colours();
        let choose = |is_second: bool| if is_second { second } else { first };
        match self {
            Self::Meadow | Self::Desert => choose(y * 1000 >= extent.height * HORIZON),
            Self::Wood if y % 22 < 2 => [120, 84, 50],
            Self::Wood => choose(y / 22 % 2 == 1),
            Self::Sea => {
                // Triangles in a row, as a child draws waves.
                let within = (x % 20 - 10).abs() / 2;
                choose((y + within) % 14 < 4)
            }
            Self::Night => {
                let (column, row) = (x / 14, y / 14);
                // One star in most squares, at a place that only looks random.
                let mixed = (column * 37 + row * 101 + column * row * 53).rem_euclid(211);
                let (star_x, star_y) = (2 + mixed % 10, 2 + mixed / 10 % 10);
                let is_near = (x % 14 - star_x).abs() + (y % 14 - star_y).abs() <= 1;
                if is_near && mixed % 3 != 0 {
                    [250, 248, 220]
                } else {
                    first
                }
            }
            Self::Bricks => {
                let row = y / 16;
                let offset = if row % 2 == 0 { 0 } else { 16 };
                choose(y % 16 < 3 || (x + offset) % 32 < 3)
            }
            Self::Paper => choose(x % 16 < 1 || y % 16 < 1),
        }
    }
}
