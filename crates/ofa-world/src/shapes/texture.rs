//! How the inside of a shape is filled.

use super::concept::Shape;
use crate::rng::Rng;
use crate::vocabulary::vocabulary;

vocabulary!(
    /// The filling of an object.
    Texture {
        Plain = "plain",
        Striped = "striped",
        Dotted = "dotted",
        Hollow = "hollow",
    }
);

/// What a point of a shape shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filling {
    Own,
    Marking,
    Nothing,
}

const STRIPE: i32 = 300;
const DOT_PITCH: i32 = 600;
const DOT_RADIUS: i32 = 190;
/// The share of a hollow shape that is empty, in percent of its size.
const EMPTY: i32 = 62;

impl Texture {
    /// Plain three times of five.
    pub(crate) fn sample(rng: &mut Rng, shape: Shape) -> Self {
        let texture = Self::ALL[rng.weighted(&[6, 2, 1, 1])];
        // A hollow circle is a ring, and what is thin has no room for an empty inside.
        let may_be_hollow = matches!(
            shape,
            Shape::Square
                | Shape::Triangle
                | Shape::Diamond
                | Shape::Hexagon
                | Shape::Pentagon
                | Shape::Heart
        );
        // Stripes cut thin shapes to pieces.
        let is_thin = matches!(
            shape,
            Shape::Cross | Shape::Crescent | Shape::Star | Shape::Arrow | Shape::Ring
        );
        match texture {
            Self::Striped | Self::Hollow if is_thin => Self::Dotted,
            Self::Hollow if !may_be_hollow => Self::Striped,
            texture => texture,
        }
    }

    /// What stands at a point of a shape's own coordinates that is inside of it.
    pub(crate) fn filling(self, shape: Shape, x: i32, y: i32) -> Filling {
        let marked = match self {
            Self::Plain => false,
            Self::Striped => (y - STRIPE / 2).div_euclid(STRIPE).rem_euclid(2) == 0,
            Self::Dotted => {
                let within = |at: i32| (at + DOT_PITCH / 2).rem_euclid(DOT_PITCH) - DOT_PITCH / 2;
                let (x, y) = (within(x), within(y));
                x * x + y * y <= DOT_RADIUS * DOT_RADIUS
            }
            Self::Hollow => {
                return if shape.contains(x * 100 / EMPTY, y * 100 / EMPTY) {
                    Filling::Nothing
                } else {
                    Filling::Own
                };
            }
        };
        if marked {
            Filling::Marking
        } else {
            Filling::Own
        }
    }

    /// As in "striped ", and nothing for plain.
    pub(crate) fn adjective(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Striped => "striped ",
            Self::Dotted => "dotted ",
            Self::Hollow => "hollow ",
        }
    }
}
