//! Bar charts.

use super::concept::Colour;
use crate::drawing::{Canvas, Extent, Region, Rgb};
use crate::rng::Rng;

/// One bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) colour: Colour,
    /// The height, from 1 to [`LEVELS`].
    pub(crate) level: i32,
}

/// A chart with bars of different colours and heights, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BarChart {
    pub(crate) bars: Vec<Bar>,
    /// The top left of the panel, in sixteenths of a pixel.
    pub(crate) corner: (i32, i32),
    /// The side of the panel, in sixteenths of a pixel.
    side: i32,
}

/// The largest height. Heights differ by at least one, which is still seen at 64 pixels.
const LEVELS: i32 = 8;

const PANEL: Rgb = [252, 252, 252];
const AXIS: Rgb = [50, 50, 54];

impl BarChart {
    pub(crate) fn sample(rng: &mut Rng, extent: Extent) -> Self {
        let count = 3 + rng.weighted(&[3, 4, 3, 2]);
        let mut levels: Vec<i32> = (1..=LEVELS).collect();
        rng.shuffle(&mut levels);
        let mut bars: Vec<Bar> = Vec::with_capacity(count);
        while bars.len() < count {
            let colour = Colour::sample(rng);
            if bars.iter().all(|bar| bar.colour != colour) {
                let level = levels[bars.len()];
                bars.push(Bar { colour, level });
            }
        }
        Self {
            bars,
            corner: extent.point(60, 60),
            side: extent.share(880),
        }
    }

    /// The bars from the highest to the lowest.
    pub(crate) fn ranked(&self) -> Vec<Bar> {
        let mut ranked = self.bars.clone();
        ranked.sort_by_key(|bar| -bar.level);
        ranked
    }

    pub(crate) fn highest(&self) -> Bar {
        self.ranked()[0]
    }

    pub(crate) fn lowest(&self) -> Bar {
        self.ranked()[self.bars.len() - 1]
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let (left, top) = self.corner;
        let at = |thousandths: i32| self.side * thousandths / 1000;
        let panel = Region {
            left,
            top,
            right: left + self.side,
            bottom: top + self.side,
        };
        fill(canvas, panel, PANEL);
        let base = top + at(930);
        let vertical = Region {
            left: left + at(60),
            top: top + at(50),
            right: left + at(85),
            bottom: base + at(25),
        };
        fill(canvas, vertical, AXIS);
        let horizontal = Region {
            left: left + at(60),
            top: base,
            right: left + at(960),
            bottom: base + at(25),
        };
        fill(canvas, horizontal, AXIS);
        let slot = 840 / self.bars.len() as i32;
        for (place, bar) in (0..).zip(&self.bars) {
            let start = 110 + slot * place;
            let region = Region {
                left: left + at(start + slot / 8),
                top: base - at(bar.level * 840 / LEVELS),
                right: left + at(start + slot * 7 / 8),
                bottom: base,
            };
            fill(canvas, region, bar.colour.rgb());
        }
    }
}

fn fill(canvas: &mut Canvas, region: Region, rgb: Rgb) {
    canvas.paint(region, |x, y| region.contains(x, y).then_some(rgb));
}
