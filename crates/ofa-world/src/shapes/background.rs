//! What stands behind the objects.

use crate::rng::Rng;

/// The main colour of a background. None of them is the colour of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    White,
    Gray,
    Black,
    Beige,
}

/// How a background is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Plain,
    Gradient,
    Stripes,
    Checks,
}

/// A background: a tone, a pattern, and the width of a stripe or check in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Background {
    pub(crate) tone: Tone,
    pub(crate) pattern: Pattern,
    pub(crate) pitch: i32,
}

impl Tone {
    const ALL: [Self; 4] = [Self::White, Self::Gray, Self::Black, Self::Beige];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Gray => "gray",
            Self::Black => "black",
            Self::Beige => "beige",
        }
    }

    fn rgb(self) -> [i32; 3] {
        match self {
            Self::White => [244, 244, 242],
            Self::Gray => [150, 150, 154],
            Self::Black => [24, 24, 28],
            Self::Beige => [226, 212, 182],
        }
    }

    /// Another tone, for a false answer.
    pub(crate) fn other(self, rng: &mut Rng) -> Self {
        Self::ALL[(self as usize + 1 + rng.below(3) as usize) % Self::ALL.len()]
    }
}

impl Pattern {
    const ALL: [Self; 4] = [Self::Plain, Self::Gradient, Self::Stripes, Self::Checks];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gradient => "gradient",
            Self::Stripes => "striped",
            Self::Checks => "checkered",
        }
    }

    /// Another pattern, for a false answer.
    pub(crate) fn other(self, rng: &mut Rng) -> Self {
        Self::ALL[(self as usize + 1 + rng.below(3) as usize) % Self::ALL.len()]
    }
}

impl Background {
    pub(crate) fn sample(rng: &mut Rng) -> Self {
        let tone = Tone::ALL[rng.weighted(&[5, 3, 2, 2])];
        let pattern = Pattern::ALL[rng.weighted(&[6, 3, 2, 1])];
        Self {
            tone,
            pattern,
            pitch: rng.between(8, 20),
        }
    }

    /// As in "a striped gray background".
    pub(crate) fn phrase(self) -> String {
        match self.pattern {
            Pattern::Plain => format!("a {} background", self.tone.word()),
            pattern => format!("a {} {} background", pattern.word(), self.tone.word()),
        }
    }

    /// The colour at a pixel of a picture of this height.
    pub(crate) fn rgb_at(self, x: i32, y: i32, height: i32) -> [u8; 3] {
        // A second shade near the tone: patterns are seen and objects stay the strongest thing.
        let shade = match self.pattern {
            Pattern::Plain => 0,
            Pattern::Gradient => 44 * y / height,
            Pattern::Stripes => 26 * (y / self.pitch % 2),
            Pattern::Checks => 26 * ((x / self.pitch + y / self.pitch) % 2),
        };
        let signed = if self.tone == Tone::Black {
            shade
        } else {
            -shade
        };
        self.tone
            .rgb()
            .map(|channel| (channel + signed).clamp(0, 255) as u8)
    }
}
