//! A word on a sign board.

use super::names::Shade;
use crate::drawing::{Canvas, Extent, Lettering, PIXEL, Region, Rgb};
use crate::rng::Rng;

/// A board with a word, on a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) lettering: Lettering,
    pub(crate) shade: Shade,
}

/// The words of the signs.
pub(crate) const WORDS: &[&str] = &[
    "milk", "bread", "fish", "shoes", "hotel", "river", "beach", "north", "south", "ferry", "tram",
    "books", "garden", "tickets", "pizza", "soup", "castle", "museum", "park", "farm", "honey",
    "eggs", "paint", "music", "quiet", "danger", "lift", "kiosk", "dogs", "swim", "wifi", "lake",
    "jazz", "toys", "flat", "rent", "cash", "pub", "spa", "gym",
];

const POST: Rgb = [96, 62, 36];

impl Sign {
    pub(crate) fn sample(rng: &mut Rng, extent: Extent) -> Self {
        let word = *rng.pick(WORDS);
        let shade = Shade::sample(rng, &[]);
        let (board, rim): (Rgb, Rgb) = if shade.is_light() {
            ([40, 44, 52], [190, 150, 100])
        } else {
            ([246, 236, 210], [110, 72, 40])
        };
        let columns = Lettering::columns(word.len());
        let dot = (extent.share(960) / (columns + 3)).min(extent.share(440) / 12);
        let lettering = Lettering {
            text: word.to_owned(),
            ink: shade.rgb(),
            board,
            rim,
            centre: extent.point(500, 330),
            dot,
            rows: 9,
            half: ((columns + 3) * dot / 2, 12 * dot / 2),
        };
        Self { lettering, shade }
    }

    pub(crate) fn paint(&self, canvas: &mut Canvas) {
        let (x, y) = self.lettering.centre;
        let post = Region {
            left: x - 4 * PIXEL,
            top: y,
            right: x + 4 * PIXEL,
            bottom: canvas.extent.height * PIXEL,
        };
        canvas.paint(post, |x, y| post.contains(x, y).then_some(POST));
        self.lettering.paint(canvas);
    }

    pub(crate) fn word(&self) -> &str {
        &self.lettering.text
    }
}
