//! Why a record is not encoded.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Stable reasons for which a record has no features. Every such record counts under one.
///
/// The names are a contract: they stand in `skipped.jsonl` and in manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SkipReason {
    /// The record has human turns and no image.
    TextOnly,
    /// The record has no human turn (and maybe no image either).
    NoHumanTurn,
    /// The record's bytes are not valid JSON.
    InvalidJson,
    /// The record is valid JSON, but no object.
    NotAnObject,
    /// A caption or the text of a sample cannot be read as UTF-8.
    InvalidText,
    /// `conversations` or `messages` is not a list of turns.
    InvalidConversations,
    /// `image` or `images` is neither text nor a list of text.
    InvalidImage,
    /// The row's page in a Parquet file is damaged.
    RowUnreadable,
    /// The record is larger than what is read into memory.
    RecordTooLarge,
    /// The record has several images, and such records are not wanted.
    SeveralImages,
    /// The image is an address on the network. Nothing is downloaded.
    ImageUrl,
    /// No file under the image folders has that name.
    ImageMissing,
    /// The path leads out of the image folders, and is not followed.
    ImageOutside,
    /// The file is there and cannot be read or decoded.
    ImageUnreadable,
    /// The image has too many pixels or bytes to be decoded.
    ImageTooLarge,
    /// The encoder gave a value that is not a finite number.
    EmbeddingNotFinite,
    /// The encoder ended each time on this image or text, and only on it.
    EncoderFailed,
    /// The files of a WebDataset sample contradict each other.
    InvalidSample,
}

impl SkipReason {
    /// Every reason, in a fixed order.
    pub const ALL: [Self; 18] = [
        Self::TextOnly,
        Self::NoHumanTurn,
        Self::InvalidJson,
        Self::NotAnObject,
        Self::InvalidText,
        Self::InvalidConversations,
        Self::InvalidImage,
        Self::RowUnreadable,
        Self::RecordTooLarge,
        Self::SeveralImages,
        Self::ImageUrl,
        Self::ImageMissing,
        Self::ImageOutside,
        Self::ImageUnreadable,
        Self::ImageTooLarge,
        Self::EmbeddingNotFinite,
        Self::EncoderFailed,
        Self::InvalidSample,
    ];

    /// The stable name, the same that serde writes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TextOnly => "text_only",
            Self::NoHumanTurn => "no_human_turn",
            Self::InvalidJson => "invalid_json",
            Self::NotAnObject => "not_an_object",
            Self::InvalidText => "invalid_text",
            Self::InvalidConversations => "invalid_conversations",
            Self::InvalidImage => "invalid_image",
            Self::RowUnreadable => "row_unreadable",
            Self::RecordTooLarge => "record_too_large",
            Self::SeveralImages => "several_images",
            Self::ImageUrl => "image_url",
            Self::ImageMissing => "image_missing",
            Self::ImageOutside => "image_outside",
            Self::ImageUnreadable => "image_unreadable",
            Self::ImageTooLarge => "image_too_large",
            Self::EmbeddingNotFinite => "embedding_not_finite",
            Self::EncoderFailed => "encoder_failed",
            Self::InvalidSample => "invalid_sample",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no [`SkipReason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown skip reason `{0}`")]
pub struct UnknownReason(String);

impl FromStr for SkipReason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == name)
            .ok_or_else(|| UnknownReason(name.to_owned()))
    }
}

/// A reason, with what a person needs in order to find and mend the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The stable reason.
    pub reason: SkipReason,
    /// In words: the file, the place in it, what was found. May be empty.
    pub detail: String,
}

impl Skip {
    /// Puts a reason and its detail together, of which at most 1,000 characters are kept: a
    /// reference in it may be a whole image by mistake.
    pub fn new(reason: SkipReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: shortened(detail.into()),
        }
    }
}

/// At most 1,000 characters of a text.
pub fn shortened(mut text: String) -> String {
    const MOST: usize = 1000;

    if text.len() > MOST
        && let Some((end, _)) = text.char_indices().nth(MOST)
    {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A count with its thousands set apart, as `665,298`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => self.reason.fmt(f),
            detail => write!(f, "{}: {detail}", self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_serde_writes_and_read_back() {
        for reason in SkipReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{reason}\""));
            assert_eq!(reason.as_str().parse::<SkipReason>().unwrap(), reason);
            assert_eq!(serde_json::from_str::<SkipReason>(&json).unwrap(), reason);
        }
        assert!("Text_Only".parse::<SkipReason>().is_err());
    }

    #[test]
    fn thousands_are_set_apart() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (665_298, "665,298"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(count), text);
        }
    }
}
