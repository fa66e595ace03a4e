//! Axis-parallel boxes, and how they are written down as LLaVA writes them.

use super::layout::{Extent, PIXEL};

/// A box, in sixteenths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
}

impl Region {
    /// A box around a middle.
    pub(crate) fn around((x, y): (i32, i32), half_width: i32, half_height: i32) -> Self {
        Self {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        }
    }

    pub(crate) fn contains(self, x: i32, y: i32) -> bool {
        (self.left..self.right).contains(&x) && (self.top..self.bottom).contains(&y)
    }

    /// As in "[0.12, 0.30, 0.45, 0.61]": left, top, right, bottom as shares of the picture.
    pub(crate) fn coordinates(self, extent: Extent) -> String {
        let share = |at: i32, length: i32| {
            let whole = length * PIXEL;
            let hundredths = ((at * 200 + whole).div_euclid(2 * whole)).clamp(0, 100);
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        format!(
            "[{}, {}, {}, {}]",
            share(self.left, extent.width),
            share(self.top, extent.height),
            share(self.right, extent.width),
            share(self.bottom, extent.height)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_rounded_shares_inside_the_picture() {
        let extent = Extent {
            width: 100,
            height: 50,
        };
        let region = Region {
            left: -20,
            top: 25 * PIXEL,
            right: 12 * PIXEL + 8,
            bottom: 60 * PIXEL,
        };
        assert_eq!(region.coordinates(extent), "[0.00, 0.50, 0.13, 1.00]");
    }
}
