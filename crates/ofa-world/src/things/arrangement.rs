//! Where the things of a scene stand.

use super::item::Item;
use super::names::{Kind, Size};
use crate::drawing::Extent;
use crate::rng::Rng;

/// How the things of a scene are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrangement {
    Alone,
    /// In a row on a plank.
    Shelf,
    Scattered,
    /// Close together in one corner.
    Pile,
}

/// The height of the plank, in thousandths of the middle square.
pub(crate) const PLANK: i32 = 720;

impl Arrangement {
    /// One that has room for so many things.
    pub(crate) fn sample(rng: &mut Rng, count: usize) -> Self {
        match (count, rng.below(10)) {
            (1, 0..4) => Self::Alone,
            (..=4, 0..5) => Self::Shelf,
            // More would reach beyond the quarter of the picture that is their corner.
            (2..=4, 5..7) => Self::Pile,
            _ => Self::Scattered,
        }
    }

    /// Words for it in a caption.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Alone => "in the middle",
            Self::Shelf => "in a row on a shelf",
            Self::Scattered => "scattered about",
            Self::Pile => "close together in a corner",
        }
    }

    /// Puts the things at their places, in the order of a row from left to right.
    pub(crate) fn place(self, rng: &mut Rng, extent: Extent, things: &[(Kind, Size)]) -> Vec<Item> {
        let count = things.len() as i32;
        let base = match self {
            Self::Alone => 380,
            Self::Shelf => (490 / count).min(360),
            Self::Scattered => [380, 250, 210, 180, 165, 150, 140, 130][count.min(8) as usize - 1],
            Self::Pile => 150,
        };
        let points = match self {
            Self::Alone => vec![(500 + rng.between(-40, 40), 500 + rng.between(-40, 40))],
            Self::Shelf => shelf(rng, things, base),
            Self::Scattered => scattered(rng, things, base),
            Self::Pile => pile(rng, things.len(), base),
        };
        things
            .iter()
            .zip(points)
            .map(|(&(kind, size), (x, y))| Item {
                kind,
                size,
                centre: extent.point(x, y),
                radius: extent.share(base * percent(size) / 100),
                is_mirrored: rng.coin(),
            })
            .collect()
    }
}

/// The radius as a share of the largest.
fn percent(size: Size) -> i32 {
    match size {
        Size::Tiny => 62,
        Size::Normal => 80,
        Size::Huge => 100,
    }
}

/// Side by side, all standing on the plank.
fn shelf(rng: &mut Rng, things: &[(Kind, Size)], base: i32) -> Vec<(i32, i32)> {
    let slot = 980 / things.len() as i32;
    (0..)
        .zip(things)
        .map(|(place, &(_, size))| {
            let radius = base * percent(size) / 100;
            let slack = (slot / 2 - radius).max(0) / 2;
            let x = 10 + slot * place + slot / 2 + rng.between(-slack, slack);
            (x, PLANK - radius)
        })
        .collect()
}

/// Anywhere, without their discs covering each other.
fn scattered(rng: &mut Rng, things: &[(Kind, Size)], base: i32) -> Vec<(i32, i32)> {
    'again: loop {
        let mut points: Vec<(i32, i32, i32)> = Vec::new();
        for &(_, size) in things {
            let radius = base * percent(size) / 100;
            // A few tries for each thing; when it finds no room, all are placed anew.
            let found = (0..40).find_map(|_| {
                let (low, high) = (radius + 10, 990 - radius);
                let (x, y) = (rng.between(low, high), rng.between(low, high));
                let is_free = points.iter().all(|&(other_x, other_y, other)| {
                    let (across, down) = (x - other_x, y - other_y);
                    let apart = (radius + other) * 105 / 100;
                    across * across + down * down >= apart * apart
                });
                is_free.then_some((x, y, radius))
            });
            match found {
                Some(point) => points.push(point),
                None => continue 'again,
            }
        }
        return points.into_iter().map(|(x, y, _)| (x, y)).collect();
    }
}

/// In a square in a corner.
fn pile(rng: &mut Rng, count: usize, base: i32) -> Vec<(i32, i32)> {
    const STEPS: [(i32, i32); 4] = [(0, 0), (1, 0), (0, 1), (1, 1)];
    let (flip_x, flip_y) = (rng.coin(), rng.coin());
    let at = |steps: i32, flips: bool| {
        let inward = base + 20 + steps * base * 19 / 10;
        if flips { 1000 - inward } else { inward }
    };
    STEPS[..count]
        .iter()
        .map(|&(x, y)| (at(x, flip_x), at(y, flip_y)))
        .collect()
}
