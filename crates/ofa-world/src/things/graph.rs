//! Line charts and pie charts.

use super::names::Shade;
use crate::drawing::{Canvas, Extent, Region, Rgb, UNIT, in_disc, turned};
use crate::rng::Rng;
use crate::vocabulary::vocabulary;

vocabulary!(
    /// How a line runs.
    Trend {
        Rising = "rising",
        Falling = "falling",
        Peak = "rises then falls",
        Valley = "falls then rises",
        Steady = "steady",
    }
);

/// One slice of a pie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slice {
    pub(crate) shade: Shade,
    /// How much of the turn it takes, in 64ths.
    pub(crate) share: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Curve {
    /// The trend, the shade, and the heights in thousandths from left to right.
    Line(Trend, Shade, Vec<i32>),
    /// Slices clockwise from the top.
    Pie(Vec<Slice>),
}

/// A chart on a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Graph {
    pub(crate) curve: Curve,
    /// The top left of the panel, in sixteenths of a pixel.
    pub(crate) corner: (i32, i32),
    side: i32,
}

const PANEL: Rgb = [252, 252, 250];
const AXIS: Rgb = [60, 62, 70];
const POINTS: i32 = 6;

impl Graph {
    pub(crate) fn sample(rng: &mut Rng, extent: Extent) -> Self {
        let curve = if rng.coin() { line(rng) } else { pie(rng) };
        Self {
            curve,
            corner: extent.point(60, 60),
            side: extent.share(880),
        }
    }

    /// The name of this kind of chart.
    pub(crate) fn name(&self) -> &'static str {
        match self.curve {
            Curve::Line(..) => "line chart",
            Curve::Pie(_) => "pie chart",
        }
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let (left, top) = self.corner;
        let panel = Region {
            left,
            top,
            right: left + self.side,
            bottom: top + self.side,
        };
        canvas.paint(panel, |x, y| panel.contains(x, y).then_some(PANEL));
        match &self.curve {
            Curve::Line(_, shade, heights) => self.paint_line(canvas, panel, *shade, heights),
            Curve::Pie(slices) => self.paint_pie(canvas, slices),
        }
    }

    fn at(&self, thousandths: i32) -> i32 {
        self.side * thousandths / 1000
    }

    fn paint_line(&self, canvas: &mut Canvas, panel: Region, shade: Shade, heights: &[i32]) {
        for (x0, y0, x1, y1) in [(60, 60, 85, 940), (60, 915, 950, 940)] {
            let bar = Region {
                left: panel.left + self.at(x0),
                top: panel.top + self.at(y0),
                right: panel.left + self.at(x1),
                bottom: panel.top + self.at(y1),
            };
            canvas.paint(bar, |x, y| bar.contains(x, y).then_some(AXIS));
        }
        let points: Vec<(i32, i32)> = (0..)
            .zip(heights)
            .map(|(place, &height)| {
                let x = 130 + 790 * place / (POINTS - 1);
                (
                    panel.left + self.at(x),
                    panel.top + self.at(900 - height * 820 / 1000),
                )
            })
            .collect();
        let half_width = self.at(32);
        for ends in points.windows(2) {
            let (from, to) = (ends[0], ends[1]);
            let region = Region {
                left: from.0.min(to.0) - half_width,
                top: from.1.min(to.1) - half_width,
                right: from.0.max(to.0) + half_width,
                bottom: from.1.max(to.1) + half_width,
            };
            canvas.paint(region, |x, y| {
                is_near((x, y), from, to, half_width).then_some(shade.rgb())
            });
        }
    }

    fn paint_pie(&self, canvas: &mut Canvas, slices: &[Slice]) {
        let middle = (self.corner.0 + self.side / 2, self.corner.1 + self.side / 2);
        let mut from = 0;
        for slice in slices {
            let to = from + slice.share;
            canvas.paint_turned(middle, self.at(440), 0, |x, y| {
                let is_inside = in_disc(x, y, 1000) && is_between((x, y), from, to);
                is_inside.then_some(slice.shade.rgb())
            });
            from = to;
        }
    }
}

/// Whether a point is at most `reach` away from the line between two points.
fn is_near(point: (i32, i32), from: (i32, i32), to: (i32, i32), reach: i32) -> bool {
    let wide = |(x, y): (i32, i32)| (i64::from(x), i64::from(y));
    let ((x, y), (x0, y0), (x1, y1)) = (wide(point), wide(from), wide(to));
    let (along_x, along_y) = (x1 - x0, y1 - y0);
    let length = along_x * along_x + along_y * along_y;
    let reach = i64::from(reach) * i64::from(reach);
    let along = (x - x0) * along_x + (y - y0) * along_y;
    if along <= 0 {
        return (x - x0) * (x - x0) + (y - y0) * (y - y0) <= reach;
    }
    if along >= length {
        return (x - x1) * (x - x1) + (y - y1) * (y - y1) <= reach;
    }
    let across = (x - x0) * along_y - (y - y0) * along_x;
    across * across <= reach * length
}

/// Whether a point, seen from the middle, lies between two angles in 64ths of a turn, clockwise from
/// the top.
fn is_between(point: (i32, i32), from: i32, to: i32) -> bool {
    let is_after = |angle: i32| {
        let (x, y) = turned((0, -UNIT), angle);
        x * point.1 - y * point.0 >= 0
    };
    if to - from <= 32 {
        is_after(from) && !is_after(to)
    } else {
        is_after(from) || !is_after(to)
    }
}

fn line(rng: &mut Rng) -> Curve {
    let trend = Trend::ALL[rng.weighted(&[4, 4, 2, 2, 1])];
    let (low, high) = (rng.between(40, 180), rng.between(760, 960));
    let last = POINTS - 1;
    let level = rng.between(200, 800);
    let heights = (0..POINTS)
        .map(|place| {
            // The way from low to high in tenths; unevenness comes on top.
            let way = match trend {
                Trend::Rising => place * 2,
                Trend::Falling => (last - place) * 2,
                Trend::Peak => 10 - (place * 4 - 2 * last).abs(),
                Trend::Valley => (place * 4 - 2 * last).abs(),
                Trend::Steady => return level + rng.between(-15, 15),
            };
            let unevenness = (high - low) / 14;
            low + (high - low) * way / 10 + rng.between(-unevenness, unevenness)
        })
        .collect();
    Curve::Line(trend, Shade::sample(rng, &[PANEL]), heights)
}

fn pie(rng: &mut Rng) -> Curve {
    let count = 3 + rng.below(3) as usize;
    let shares = loop {
        let mut shares: Vec<i32> = (0..count).map(|_| rng.between(4, 34)).collect();
        let sum: i32 = shares[..count - 1].iter().sum();
        shares[count - 1] = 64 - sum;
        let mut ranked = shares.clone();
        ranked.sort_unstable();
        // The largest and the smallest are plain to see.
        let stands_out = |a: usize, b: usize| ranked[b] - ranked[a] >= 4;
        if ranked[0] >= 4 && stands_out(0, 1) && stands_out(count - 2, count - 1) {
            break shares;
        }
    };
    let mut slices: Vec<Slice> = Vec::with_capacity(count);
    while slices.len() < count {
        let shade = Shade::sample(rng, &[PANEL]);
        if slices.iter().all(|slice| slice.shade != shade) {
            let share = shares[slices.len()];
            slices.push(Slice { shade, share });
        }
    }
    Curve::Pie(slices)
}

/// The slices from the largest to the smallest.
pub(crate) fn ranked(slices: &[Slice]) -> Vec<Slice> {
    let mut ranked = slices.to_vec();
    ranked.sort_by_key(|slice| -slice.share);
    ranked
}
