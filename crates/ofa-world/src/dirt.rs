//! What is wrong with a record on purpose.

use crate::rng::Rng;

/// What is wrong with an image file. All records that show the image share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImageDirt {
    /// The file ends in the middle.
    Truncated,
    /// There is no file.
    Missing,
    /// The file has no bytes.
    Empty,
    /// The file is a page of HTML, as a failed download leaves it.
    NotAnImage,
    /// The file holds GIF bytes under a name that says otherwise. It can be read.
    GifBytes,
}

impl ImageDirt {
    /// Whether a reader that goes by the bytes can decode the image all the same.
    pub fn is_readable(self) -> bool {
        self == Self::GifBytes
    }

    /// Two images in a hundred are dirty.
    pub(crate) fn sample(rng: &mut Rng) -> Option<Self> {
        match rng.below(1000) {
            0..5 => Some(Self::GifBytes),
            5..10 => Some(Self::Missing),
            10..14 => Some(Self::Truncated),
            14..17 => Some(Self::Empty),
            17..20 => Some(Self::NotAnImage),
            _ => None,
        }
    }
}

/// What is wrong between the image and the text of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairDirt {
    /// The conversation is about another scene.
    Mismatched,
    /// The questions fit the image and the answers are false.
    WrongAnswers,
}

impl PairDirt {
    /// Twelve records in a hundred are dirty.
    pub(crate) fn sample(rng: &mut Rng) -> Option<Self> {
        match rng.below(100) {
            0..6 => Some(Self::Mismatched),
            6..12 => Some(Self::WrongAnswers),
            _ => None,
        }
    }
}
