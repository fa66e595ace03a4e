//! A string of large glyphs on a plate or banner.

use super::concept::Colour;
use crate::drawing::{Extent, Lettering, PIXEL, Rgb};
use crate::rng::Rng;

/// Text in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) lettering: Lettering,
    pub(crate) colour: Colour,
    pub(crate) is_banner: bool,
    pub(crate) plate: &'static str,
    /// Whether the text is from a closed list, so that it can be asked for as a short answer.
    pub(crate) is_listed: bool,
    is_on_top: bool,
}

/// What single glyphs and free strings are made of. I and O are too near to 1 and 0
/// where nothing around them says which they are, as listed words do.
pub(crate) const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";

/// Strings that come again and again, as the words of real signs do.
pub(crate) const LISTED: &[&str] = &[
    "STOP", "EXIT", "GO", "OPEN", "TAXI", "BUS", "UP", "NO", "YES", "HOT", "ICE", "SALE", "CAFE",
    "BAR", "INN", "ZOO", "BANK", "POST", "SHOP", "TEA", "PARK", "EAST", "WEST", "GATE", "SLOW",
    "WAY", "OUT", "IN", "A1", "B2", "C3", "D4", "E5", "F6", "G7", "H8", "K9", "M3", "R2", "X7",
    "10", "25", "42", "60", "77", "99", "100", "365", "404", "747", "2024", "1984",
];

impl Sign {
    pub(crate) fn sample(rng: &mut Rng, extent: Extent) -> Self {
        let (text, is_listed) = sample_text(rng);
        let colour = Colour::sample(rng);
        let (plate, board, rim): (_, Rgb, Rgb) = match (colour.is_light(), rng.one_in(3)) {
            (true, _) => ("black", [30, 30, 34], [200, 200, 200]),
            (false, false) => ("white", [250, 250, 250], [70, 70, 76]),
            (false, true) => ("beige", [236, 224, 196], [90, 70, 50]),
        };
        let is_banner = rng.one_in(3);
        let is_on_top = rng.coin();

        let columns = Lettering::columns(text.len());
        // As large as the width and half of the height allow.
        let dot = (extent.share(860) / (columns + 3)).min(extent.share(500) / 10);
        let half_width = if is_banner {
            (extent.width * PIXEL / 2) + 8 * PIXEL
        } else {
            (columns + 3) * dot / 2
        };
        let centre = extent.point(500, if is_on_top { 300 } else { 700 });
        let lettering = Lettering {
            text,
            ink: colour.rgb(),
            board,
            rim,
            centre,
            dot,
            rows: 7,
            half: (half_width, 10 * dot / 2),
        };
        Self {
            lettering,
            colour,
            is_banner,
            plate,
            is_listed,
            is_on_top,
        }
    }

    /// The row of cells that the sign does not cover.
    pub(crate) fn free_row(&self) -> i32 {
        if self.is_on_top { 2 } else { 0 }
    }

    /// What the text stands on.
    pub(crate) fn support(&self) -> &'static str {
        if self.is_banner { "banner" } else { "plate" }
    }

    pub(crate) fn letters(&self) -> Vec<char> {
        self.lettering.text.chars().collect()
    }
}

pub(crate) fn sample_letter(rng: &mut Rng) -> char {
    char::from(*rng.pick(ALPHABET))
}

/// A text, and whether it is from a closed list.
fn sample_text(rng: &mut Rng) -> (String, bool) {
    match rng.below(20) {
        0..5 => (sample_letter(rng).to_string(), true),
        5..14 => ((*rng.pick(LISTED)).to_owned(), true),
        _ => {
            let length = 2 + rng.below(3);
            ((0..length).map(|_| sample_letter(rng)).collect(), false)
        }
    }
}
