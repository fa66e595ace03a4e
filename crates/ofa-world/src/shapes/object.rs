//! One shape in a scene.

use super::concept::{Concept, Size};
use super::texture::{Filling, Texture};
use crate::drawing::{Canvas, Cell, Motion, Region, UNIT, turned};

/// One thing in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) concept: Concept,
    pub(crate) texture: Texture,
    pub(crate) size: Size,
    pub(crate) cell: Cell,
    /// The middle, in sixteenths of a pixel.
    pub(crate) centre: (i32, i32),
    /// The radius, in sixteenths of a pixel.
    pub(crate) radius: i32,
    /// How far it is turned clockwise, in 64ths of a full turn.
    pub(crate) turn: i32,
}

impl Object {
    /// As in "large red striped circle".
    pub(crate) fn phrase(&self) -> String {
        format!("{} {}", self.size.word(), self.textured())
    }

    /// As in "red striped circle".
    pub(crate) fn textured(&self) -> String {
        let Concept { colour, shape } = self.concept;
        let texture = self.texture.adjective();
        format!("{} {texture}{}", colour.word(), shape.word())
    }

    pub(crate) fn shift(&mut self, motion: Motion) {
        self.centre.0 += motion.shift.0;
        self.centre.1 += motion.shift.1;
        self.radius = self.radius * motion.scale / 100;
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let Concept { colour, shape } = self.concept;
        let marking = colour.marking();
        canvas.paint_turned(self.centre, self.radius, self.turn, |x, y| {
            if !shape.contains(x, y) {
                return None;
            }
            match self.texture.filling(shape, x, y) {
                Filling::Own => Some(colour.rgb()),
                Filling::Marking => Some(marking),
                Filling::Nothing => None,
            }
        });
    }

    /// The box around what is drawn, to a thirtieth of the radius: found by trying points, because a
    /// turned outline has no simpler bounds.
    pub(crate) fn region(&self) -> Region {
        const STEP: usize = 32;
        let mut own = Region::around((0, 0), 0, 0);
        for y in (-1120..=1120).step_by(STEP) {
            for x in (-1120..=1120).step_by(STEP) {
                if self.concept.shape.contains(x, y) {
                    let (x, y) = turned((x, y), self.turn);
                    own.left = own.left.min(x);
                    own.right = own.right.max(x);
                    own.top = own.top.min(y);
                    own.bottom = own.bottom.max(y);
                }
            }
        }
        let scaled = |at: i32| at * self.radius / UNIT;
        Region {
            left: self.centre.0 + scaled(own.left),
            top: self.centre.1 + scaled(own.top),
            right: self.centre.0 + scaled(own.right),
            bottom: self.centre.1 + scaled(own.bottom),
        }
    }
}
