//! One thing in a scene.

use super::figures::Paint;
use super::names::{Kind, Size};
use crate::drawing::{Canvas, Extent, Motion, Region, UNIT};

/// One thing in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) size: Size,
    /// The middle, in sixteenths of a pixel.
    pub(crate) centre: (i32, i32),
    /// The radius, in sixteenths of a pixel.
    pub(crate) radius: i32,
    /// Whether it looks to the other side.
    pub(crate) is_mirrored: bool,
}

impl Item {
    pub(crate) fn shift(&mut self, motion: Motion) {
        self.centre.0 += motion.shift.0;
        self.centre.1 += motion.shift.1;
        self.radius = self.radius * motion.scale / 100;
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let (centre_x, centre_y) = self.centre;
        let (radius, side) = (self.radius, if self.is_mirrored { -1 } else { 1 });
        for &(outline, paint) in self.kind.thing.parts() {
            let rgb = match paint {
                Paint::Main => self.kind.shade.rgb(),
                Paint::Shadow => self.kind.shade.shadow(),
                Paint::Fixed(rgb) => rgb,
            };
            let own = outline.bounds();
            let (left, right) = if self.is_mirrored {
                (-own.right, -own.left)
            } else {
                (own.left, own.right)
            };
            let region = Region {
                left: centre_x + left * radius / UNIT,
                top: centre_y + own.top * radius / UNIT,
                right: centre_x + right * radius / UNIT,
                bottom: centre_y + own.bottom * radius / UNIT,
            };
            canvas.paint(region, |x, y| {
                let own_x = side * (x - centre_x) * UNIT / radius;
                let own_y = (y - centre_y) * UNIT / radius;
                outline.contains(own_x, own_y).then_some(rgb)
            });
        }
    }

    /// The part of the picture that the item stands in, as in "upper left".
    pub(crate) fn place(&self, extent: Extent) -> &'static str {
        const PLACES: [[&str; 3]; 3] = [
            ["upper left", "upper middle", "upper right"],
            ["middle left", "middle", "middle right"],
            ["lower left", "lower middle", "lower right"],
        ];
        let (left, top) = extent.point(0, 0);
        let third = |at: i32| (at * 3).div_euclid(extent.share(1000)).clamp(0, 2) as usize;
        PLACES[third(self.centre.1 - top)][third(self.centre.0 - left)]
    }

    /// Whether the item stands so far from the borders between the parts of the picture that there is
    /// no doubt about its [place](Self::place).
    pub(crate) fn is_plainly_placed(&self, extent: Extent) -> bool {
        let (left, top) = extent.point(0, 0);
        let is_plain = |at: i32| {
            let thousandths = at * 1000 / extent.share(1000);
            [333, 667]
                .iter()
                .all(|border| (thousandths - border).abs() >= 40)
        };
        is_plain(self.centre.0 - left) && is_plain(self.centre.1 - top)
    }

    /// As in "tiny crimson house"; a normal size is not worth a word.
    pub(crate) fn phrase(&self) -> String {
        match self.size {
            Size::Normal => self.kind.name(),
            size => format!("{} {}", size.word(), self.kind.name()),
        }
    }
}
