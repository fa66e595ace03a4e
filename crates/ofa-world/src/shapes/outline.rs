//! The outlines of shapes, in whole numbers, so that every platform draws the same pixels.

use super::concept::Shape;
use crate::drawing::{in_disc, in_polygon};

const TRIANGLE: &[(i32, i32)] = &[(0, -1000), (940, 760), (-940, 760)];
const STAR: &[(i32, i32)] = &[
    (0, -1024),
    (240, -331),
    (974, -316),
    (389, 126),
    (602, 828),
    (0, 410),
    (-602, 828),
    (-389, 126),
    (-974, -316),
    (-240, -331),
];
const DIAMOND: &[(i32, i32)] = &[(0, -1024), (680, 0), (0, 1024), (-680, 0)];
const HEXAGON: &[(i32, i32)] = &[
    (1000, 0),
    (500, 866),
    (-500, 866),
    (-1000, 0),
    (-500, -866),
    (500, -866),
];
const PENTAGON: &[(i32, i32)] = &[
    (0, -1000),
    (951, -309),
    (588, 809),
    (-588, 809),
    (-951, -309),
];
const ARROW: &[(i32, i32)] = &[
    (-1000, -260),
    (100, -260),
    (100, -760),
    (1000, 0),
    (100, 760),
    (100, 260),
    (-1000, 260),
];
/// The lower part of a heart, below its two discs.
const HEART_TIP: &[(i32, i32)] = &[(-905, 70), (905, 70), (0, 980)];

impl Shape {
    /// Whether a point is inside the outline. `x` goes right and `y` down, the middle is `(0, 0)`,
    /// and everything inside is about [`UNIT`](crate::drawing::UNIT) away from it at most: the
    /// corners of a square are a tenth farther.
    pub(crate) fn contains(self, x: i32, y: i32) -> bool {
        match self {
            Self::Circle => in_disc(x, y, 1000),
            Self::Square => x.abs() <= 780 && y.abs() <= 780,
            Self::Triangle => in_polygon(TRIANGLE, x, y),
            Self::Star => in_polygon(STAR, x, y),
            Self::Diamond => in_polygon(DIAMOND, x, y),
            Self::Hexagon => in_polygon(HEXAGON, x, y),
            Self::Ring => in_disc(x, y, 1000) && !in_disc(x, y, 560),
            Self::Cross => {
                let (across, along) = (x.abs().min(y.abs()), x.abs().max(y.abs()));
                across <= 270 && along <= 980
            }
            Self::Heart => {
                in_disc(x - 440, y + 240, 560)
                    || in_disc(x + 440, y + 240, 560)
                    || in_polygon(HEART_TIP, x, y)
            }
            Self::Arrow => in_polygon(ARROW, x, y),
            Self::Crescent => in_disc(x, y, 1000) && !in_disc(x - 430, y, 820),
            Self::Pentagon => in_polygon(PENTAGON, x, y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points of a coarse raster inside the shape and inside its unit disc.
    fn raster(shape: Shape) -> (Vec<bool>, usize) {
        let steps = || (-1100..=1100).step_by(50);
        let cells: Vec<bool> = steps()
            .flat_map(|y| steps().map(move |x| shape.contains(x, y)))
            .collect();
        let area = cells.iter().filter(|&&inside| inside).count();
        (cells, area)
    }

    #[test]
    fn no_shape_leaves_its_unit_disc_by_more_than_a_corner() {
        for &shape in Shape::ALL {
            for y in (-1400..=1400_i32).step_by(20) {
                for x in (-1400..=1400_i32).step_by(20) {
                    // The corners of the square reach 1103.
                    assert!(
                        !shape.contains(x, y) || x * x + y * y <= 1210 * 1210,
                        "{shape:?} at {x}, {y}"
                    );
                }
            }
        }
    }

    #[test]
    fn shapes_are_visibly_different() {
        let all: Vec<_> = Shape::ALL
            .iter()
            .map(|&shape| (shape, raster(shape)))
            .collect();
        for (index, (shape, (cells, area))) in all.iter().enumerate() {
            assert!(*area > 250, "{shape:?} covers {area} cells");
            for (other, (other_cells, other_area)) in &all[index + 1..] {
                let differing = cells
                    .iter()
                    .zip(other_cells)
                    .filter(|(a, b)| a != b)
                    .count();
                assert!(
                    differing * 20 > *area.min(other_area),
                    "{shape:?} and {other:?} differ in {differing} cells"
                );
            }
        }
    }

    #[test]
    fn known_points() {
        assert!(Shape::Triangle.contains(0, 0) && !Shape::Triangle.contains(700, -500));
        assert!(!Shape::Ring.contains(0, 0) && Shape::Ring.contains(800, 0));
        assert!(Shape::Crescent.contains(-700, 0) && !Shape::Crescent.contains(400, 0));
        assert!(Shape::Arrow.contains(900, 0) && !Shape::Arrow.contains(-900, 400));
        assert!(Shape::Heart.contains(0, 900) && !Shape::Heart.contains(0, -700));
    }
}
