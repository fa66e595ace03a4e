//! What the things look like: parts painted one over the other, in coordinates from -1000 to 1000.

use super::names::Thing;
use crate::drawing::{Region, Rgb, in_disc, in_ellipse, in_polygon};

/// The outline of a part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outline {
    /// Middle and radius.
    Disc(i32, i32, i32),
    /// Middle, outer and inner radius.
    Ring(i32, i32, i32, i32),
    /// Middle, half of the width and of the height.
    Ellipse(i32, i32, i32, i32),
    /// The upper half of an ellipse.
    Dome(i32, i32, i32, i32),
    /// Left, top, right, bottom.
    Bar(i32, i32, i32, i32),
    Polygon(&'static [(i32, i32)]),
}

/// The colour of a part.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paint {
    /// The item's own shade.
    Main,
    /// The item's own shade, darker.
    Shadow,
    /// The same in every item.
    Fixed(Rgb),
}

impl Outline {
    pub(crate) fn contains(self, x: i32, y: i32) -> bool {
        match self {
            Self::Disc(cx, cy, radius) => in_disc(x - cx, y - cy, radius),
            Self::Ring(cx, cy, outer, inner) => {
                in_disc(x - cx, y - cy, outer) && !in_disc(x - cx, y - cy, inner)
            }
            Self::Ellipse(cx, cy, wide, high) => in_ellipse(x - cx, y - cy, wide, high),
            Self::Dome(cx, cy, wide, high) => y <= cy && in_ellipse(x - cx, y - cy, wide, high),
            Self::Bar(left, top, right, bottom) => {
                (left..right).contains(&x) && (top..bottom).contains(&y)
            }
            Self::Polygon(corners) => in_polygon(corners, x, y),
        }
    }

    /// The box around the outline.
    pub(crate) fn bounds(self) -> Region {
        match self {
            Self::Disc(x, y, radius) | Self::Ring(x, y, radius, _) => {
                Region::around((x, y), radius, radius)
            }
            Self::Ellipse(x, y, wide, high) => Region::around((x, y), wide, high),
            Self::Dome(x, y, wide, high) => Region {
                bottom: y,
                ..Region::around((x, y), wide, high)
            },
            Self::Bar(left, top, right, bottom) => Region {
                left,
                top,
                right,
                bottom,
            },
            Self::Polygon(corners) => {
                corners
                    .iter()
                    .fold(Region::around(corners[0], 0, 0), |bounds, &(x, y)| Region {
                        left: bounds.left.min(x),
                        top: bounds.top.min(y),
                        right: bounds.right.max(x),
                        bottom: bounds.bottom.max(y),
                    })
            }
        }
    }
}

const WOOD: Paint = Paint::Fixed([105, 68, 38]);
const INK: Paint = Paint::Fixed([30, 28, 32]);
const CHALK: Paint = Paint::Fixed([248, 248, 248]);
const STEEL: Paint = Paint::Fixed([150, 154, 162]);
const GLASS: Paint = Paint::Fixed([205, 232, 245]);
const LEAF: Paint = Paint::Fixed([40, 120, 50]);
const SUN: Paint = Paint::Fixed([255, 214, 60]);
const CREAM: Paint = Paint::Fixed([240, 226, 196]);
const RAIN: Paint = Paint::Fixed([60, 110, 220]);

type Part = (Outline, Paint);
use Outline::{Bar, Disc, Dome, Ellipse, Polygon, Ring};
use Paint::{Main, Shadow};

const HOUSE: &[Part] = &[
    (Bar(420, -820, 620, -300), STEEL),
    (Bar(-680, -160, 680, 960), Main),
    (Polygon(&[(-960, -140), (0, -960), (960, -140)]), WOOD),
    (Bar(-170, 340, 190, 960), INK),
    (Bar(-540, 60, -260, 340), GLASS),
    (Bar(280, 60, 560, 340), GLASS),
];
const BOAT: &[Part] = &[
    (Bar(-40, -980, 50, 340), WOOD),
    (Polygon(&[(90, -940), (90, 220), (820, 220)]), CHALK),
    (Polygon(&[(-90, -700), (-90, 220), (-640, 220)]), CREAM),
    (
        Polygon(&[(-980, 320), (980, 320), (640, 880), (-640, 880)]),
        Main,
    ),
    (Bar(-860, 480, 860, 560), Shadow),
];
const TREE: &[Part] = &[
    (Bar(-150, 200, 150, 1000), WOOD),
    (Disc(-460, 0, 480), Main),
    (Disc(460, 0, 480), Main),
    (Disc(0, -440, 540), Main),
    (Disc(-300, -120, 110), Shadow),
    (Disc(260, -440, 110), Shadow),
    (Disc(420, 100, 110), Shadow),
];
const FISH: &[Part] = &[
    (
        Polygon(&[(360, 0), (1000, -560), (860, 0), (1000, 560)]),
        Shadow,
    ),
    (Polygon(&[(-200, -380), (140, -760), (320, -260)]), Shadow),
    (Ellipse(-220, 0, 760, 470), Main),
    (Bar(-260, -330, -150, 330), Shadow),
    (Disc(-600, -110, 150), CHALK),
    (Disc(-630, -110, 75), INK),
];
const CAR: &[Part] = &[
    (
        Polygon(&[(-560, -60), (-360, -560), (340, -560), (620, -60)]),
        Main,
    ),
    (
        Polygon(&[(-400, -90), (-270, -430), (-30, -430), (-30, -90)]),
        GLASS,
    ),
    (
        Polygon(&[(60, -90), (60, -430), (270, -430), (450, -90)]),
        GLASS,
    ),
    (Bar(-980, -80, 980, 400), Main),
    (Bar(820, 20, 980, 160), SUN),
    (Disc(-520, 400, 280), INK),
    (Disc(540, 400, 280), INK),
    (Disc(-520, 400, 120), STEEL),
    (Disc(540, 400, 120), STEEL),
];
const FLOWER: &[Part] = &[
    (Bar(-60, 0, 60, 1000), LEAF),
    (Ellipse(-300, 720, 280, 120), LEAF),
    (Ellipse(300, 580, 280, 120), LEAF),
    (Disc(0, -740, 250), Main),
    (Disc(390, -450, 250), Main),
    (Disc(250, -20, 250), Main),
    (Disc(-250, -20, 250), Main),
    (Disc(-390, -450, 250), Main),
    (Disc(0, -360, 240), SUN),
    (Disc(0, -360, 110), WOOD),
];
const MUG: &[Part] = &[
    (Ring(520, 60, 440, 240), Shadow),
    (Bar(-720, -640, 480, 820), Main),
    (Ellipse(-120, 820, 600, 140), Main),
    (Bar(-720, 120, 480, 340), CHALK),
    (Ellipse(-120, -640, 600, 170), Shadow),
    (Ellipse(-120, -630, 480, 110), WOOD),
];
const UMBRELLA: &[Part] = &[
    (Bar(-50, -960, 50, 800), WOOD),
    (Ring(-190, 760, 240, 130), WOOD),
    (Dome(0, 60, 980, 900), Main),
    (Polygon(&[(-330, 60), (0, -840), (330, 60)]), Shadow),
    (Bar(-40, -1000, 40, -820), INK),
];
const CAT: &[Part] = &[
    (Polygon(&[(-780, -240), (-700, -980), (-160, -560)]), Shadow),
    (Polygon(&[(780, -240), (700, -980), (160, -560)]), Shadow),
    (Ellipse(0, 100, 860, 780), Main),
    (Ellipse(-340, -60, 190, 210), CHALK),
    (Ellipse(340, -60, 190, 210), CHALK),
    (Ellipse(-320, -40, 80, 170), INK),
    (Ellipse(320, -40, 80, 170), INK),
    (Polygon(&[(-120, 260), (120, 260), (0, 420)]), INK),
    (Bar(-260, 540, 260, 610), INK),
];
const MUSHROOM: &[Part] = &[
    (
        Polygon(&[(-240, 0), (240, 0), (330, 960), (-330, 960)]),
        CREAM,
    ),
    (Dome(0, 120, 960, 1000), Main),
    (Disc(-470, -200, 160), CHALK),
    (Disc(80, -520, 170), CHALK),
    (Disc(480, -120, 140), CHALK),
];
const LAMP: &[Part] = &[
    (Bar(-60, -100, 60, 860), STEEL),
    (Ellipse(0, 880, 520, 120), INK),
    (Ellipse(0, -60, 260, 170), SUN),
    (
        Polygon(&[(-360, -960), (360, -960), (820, -60), (-820, -60)]),
        Main,
    ),
    (
        Polygon(&[(-780, -140), (780, -140), (820, -60), (-820, -60)]),
        Shadow,
    ),
];
const BALLOON: &[Part] = &[
    (
        Polygon(&[(-500, -40), (-400, -40), (-160, 640), (-230, 640)]),
        INK,
    ),
    (
        Polygon(&[(500, -40), (400, -40), (160, 640), (230, 640)]),
        INK,
    ),
    (Disc(0, -320, 680), Main),
    (Ellipse(0, -320, 250, 680), CHALK),
    (
        Polygon(&[(-460, 180), (460, 180), (170, 500), (-170, 500)]),
        Main,
    ),
    (Bar(-260, 620, 260, 1000), WOOD),
];
const KEY: &[Part] = &[
    (Bar(-200, -110, 980, 110), STEEL),
    (Bar(560, 80, 700, 430), STEEL),
    (Bar(820, 80, 960, 360), STEEL),
    (Ring(-500, 0, 500, 220), Main),
    (Bar(-60, -170, 100, 170), Shadow),
];
const CLOCK: &[Part] = &[
    (Polygon(&[(-620, 980), (-420, 500), (-200, 700)]), WOOD),
    (Polygon(&[(620, 980), (420, 500), (200, 700)]), WOOD),
    (Disc(-560, -720, 240), Shadow),
    (Disc(560, -720, 240), Shadow),
    (Disc(0, 0, 880), Main),
    (Disc(0, 0, 620), CHALK),
    (Bar(-55, -500, 55, 60), INK),
    (Bar(-55, -50, 400, 60), INK),
];
const KITE: &[Part] = &[
    (Bar(-30, 300, 30, 1000), INK),
    (
        Polygon(&[(0, -1000), (640, -240), (0, 520), (-640, -240)]),
        Main,
    ),
    (Polygon(&[(0, -1000), (640, -240), (0, -240)]), Shadow),
    (Polygon(&[(0, 520), (-640, -240), (0, -240)]), Shadow),
    (Polygon(&[(-260, 600), (0, 700), (-260, 800)]), SUN),
    (Polygon(&[(260, 600), (0, 700), (260, 800)]), SUN),
    (Polygon(&[(-220, 840), (0, 920), (-220, 1000)]), SUN),
    (Polygon(&[(220, 840), (0, 920), (220, 1000)]), SUN),
];
const CLOUD: &[Part] = &[
    (Ellipse(-480, 640, 70, 240), RAIN),
    (Ellipse(0, 740, 70, 240), RAIN),
    (Ellipse(480, 640, 70, 240), RAIN),
    (Disc(-520, -40, 420), Main),
    (Disc(540, 0, 380), Main),
    (Disc(40, -300, 520), Main),
    (Bar(-560, 0, 560, 380), Main),
    (Ellipse(0, 340, 700, 70), Shadow),
];

impl Thing {
    /// The parts in the order of painting.
    pub(crate) fn parts(self) -> &'static [Part] {
        match self {
            Self::House => HOUSE,
            Self::Boat => BOAT,
            Self::Tree => TREE,
            Self::Fish => FISH,
            Self::Car => CAR,
            Self::Flower => FLOWER,
            Self::Mug => MUG,
            Self::Umbrella => UMBRELLA,
            Self::Cat => CAT,
            Self::Mushroom => MUSHROOM,
            Self::Lamp => LAMP,
            Self::Balloon => BALLOON,
            Self::Key => KEY,
            Self::Clock => CLOCK,
            Self::Kite => KITE,
            Self::Cloud => CLOUD,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thing_has_its_shade_and_another_colour_and_stays_in_its_square() {
        for &thing in Thing::ALL {
            let parts = thing.parts();
            assert!(parts.iter().any(|(_, paint)| matches!(paint, Paint::Main)));
            assert!(parts.iter().any(|(_, paint)| !matches!(paint, Paint::Main)));
            for (outline, _) in parts {
                let Region {
                    left,
                    top,
                    right,
                    bottom,
                } = outline.bounds();
                assert!(
                    left >= -1000 && top >= -1000 && right <= 1000 && bottom <= 1000,
                    "{thing:?}: {outline:?}"
                );
            }
        }
    }
}
