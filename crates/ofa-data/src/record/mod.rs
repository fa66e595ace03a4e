//! What a record says: its image references and its human turns.

#[cfg(feature = "parquet")]
mod columns;
mod field;
mod images;
mod python_json;
mod search;
mod turns;

use serde::de::IgnoredAny;

use crate::image_source::ImageReference;
use crate::skip::{Skip, SkipReason};
#[cfg(feature = "parquet")]
pub(crate) use columns::{FALLBACK_KEYS, references_in_turns};
#[cfg(feature = "parquet")]
pub(crate) use images::{is_data_uri, told_apart};
pub use search::TextSearch;

/// The keys of a record that are read. From the sixth on they may carry its text where it has no
/// human turn, the first one first.
pub(crate) const KEYS: [&str; 11] = [
    "id",
    "image",
    "images",
    "conversations",
    "messages",
    "instruction",
    "question",
    "query",
    "prompt",
    "text",
    "input",
];

/// The parts of a record that are encoded. Everything else in it is passed over.
///
/// Read as METHOD section 1 says:
/// - **Turns** are in `conversations`, or in `messages` where that is missing, null or empty: a
///   list of objects with `from`/`value` or `role`/`content`. A human turn has `human` or `user`
///   as its `from` or its `role`, in any case, and text that is not blank: its `value`, or else
///   its `content`. A list of parts stands for the text of its parts, a line each. Where there is
///   no human turn, the first of `instruction`, `question`, `query`, `prompt`, `text`, `input`
///   that is not blank is the one human turn.
/// - **Images** are in `image`, or in `images` where that is missing, null or empty: one
///   reference or a list of them. A reference is a path, an address, a `data:` URI, or an object
///   with `path`, `url` or `bytes` (base64). Empty references are none. Where both keys have
///   none, the images among the parts of human turns count, in their order.
/// - Of a key that stands twice, the last value counts, as in Python.
/// - What Python's `json` writes is read: lone surrogates (as U+FFFD), `NaN`, `Infinity`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// `id` as text, for display. It is neither unique nor ever written back.
    pub id: Option<String>,
    /// Image references as they stand in the record: none, one or several.
    pub images: Vec<ImageReference>,
    /// The human turns as they stand in the record, see [`encoder_text`].
    pub human_turns: Vec<String>,
}

impl Record {
    /// Parses the bytes of one record.
    ///
    /// # Errors
    /// A [`Skip`] with `invalid_json`, `not_an_object`, `invalid_conversations` or
    /// `invalid_image`. Its detail says where and what.
    pub fn parse(bytes: &[u8]) -> Result<Self, Skip> {
        Self::parse_at(bytes, 0)
    }

    /// As [`parse`](Self::parse), with byte positions counted from the start of a file in which
    /// the record begins at `start`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_at(bytes: &[u8], start: u64) -> Result<Self, Skip> {
        Self::parse_with(bytes, start, true)
    }

    /// As [`parse_at`](Self::parse_at), for a record whose images are known from elsewhere: what
    /// its own keys say of them is passed over, whatever it is.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), but for `invalid_image`.
    pub(crate) fn parse_without_images(bytes: &[u8], start: u64) -> Result<Self, Skip> {
        Self::parse_with(bytes, start, false)
    }

    fn parse_with(bytes: &[u8], start: u64, with_images: bool) -> Result<Self, Skip> {
        let invalid = |at: usize, problem: String| {
            let place = start + at as u64;
            Skip::new(
                SkipReason::InvalidJson,
                format!("at byte {place}: {problem}"),
            )
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|error| invalid(error.valid_up_to(), "not UTF-8".to_owned()))?;
        let first = text
            .bytes()
            .find(|byte| !crate::format::is_json_space(*byte));
        if let Some(b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I') = first {
            // Whether it is an object is decided first, so that a broken scalar is named as such.
            let scalar = with_mended(text, |text| serde_json::from_str::<IgnoredAny>(text));
            return match scalar {
                Ok(_) => Err(Skip::new(
                    SkipReason::NotAnObject,
                    format!("at byte {start}: {}", field::kind_of(first)),
                )),
                Err(error) => Err(invalid(byte_position(text, &error), describe(&error))),
            };
        }
        match with_mended(text, |text| Self::read(text, with_images)) {
            Ok(record) => Ok(record),
            Err(Unusable::Skip(skip)) => Err(skip),
            Err(Unusable::Json(error)) => {
                Err(invalid(byte_position(text, &error), describe(&error)))
            }
        }
    }

    fn read(text: &str, with_images: bool) -> Result<Self, Unusable> {
        let Raw {
            id,
            references,
            human_turns,
        } = Self::read_raw(text, with_images)?;
        Ok(Self {
            id,
            images: references.into_iter().map(images::told_apart).collect(),
            human_turns,
        })
    }

    /// The image references of a record as they stand there, be they whole `data:` URIs.
    pub(crate) fn raw_references(bytes: &[u8]) -> Option<Vec<String>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let raw = with_mended(text, |text| Self::read_raw(text, true)).ok()?;
        Some(raw.references)
    }

    /// The id, the references and the human turns.
    fn read_raw(text: &str, with_images: bool) -> Result<Raw, Unusable> {
        let [id, image, images, conversations, messages, fallback @ ..] =
            field::last_of(text, KEYS)?;
        let (turns, key) = turns::turns_of(conversations, messages)?;
        let turns::HumanTurns {
            texts: mut human_turns,
            images: in_turns,
        } = turns::human_texts(&turns, key)?;
        if human_turns.is_empty() {
            for field in fallback.into_iter().flatten() {
                if let Some(text) = field.text()?.filter(|text| !is_blank(text)) {
                    human_turns.push(text);
                    break;
                }
            }
        }
        let mut found = vec![];
        if with_images {
            found = images::of_field(image, "image")?;
            if found.is_empty() {
                found = images::of_field(images, "images")?;
            }
            if found.is_empty() {
                found = in_turns.map_err(Unusable::Skip)?;
            }
        }
        let id = match id {
            Some(id) => id.text()?.or(id.number().map(str::to_owned)),
            None => None,
        };
        Ok(Raw {
            id,
            references: found,
            human_turns,
        })
    }

    /// The bytes of a JSON object with this text as the value of its key `text`: in the place of
    /// the value that it has, or at its end. `None` where they are no valid object.
    pub(crate) fn with_text(bytes: &[u8], text: &str) -> Option<Vec<u8>> {
        let json = std::str::from_utf8(bytes).ok()?;
        // What is mended is as long as it was.
        let value = with_mended(json, |json| field::range_of(json, "text")).ok()?;
        let text = serde_json::Value::from(text).to_string();
        Some(match value {
            Some(value) => [&bytes[..value.start], text.as_bytes(), &bytes[value.end..]].concat(),
            None => {
                let members = json.trim_end().strip_suffix('}')?.trim_end();
                let comma = if members.ends_with('{') { "" } else { ", " };
                let rest = &json[members.len()..];
                format!("{members}{comma}\"text\": {text}{rest}").into_bytes()
            }
        })
    }

    /// Why the record as such cannot be encoded, before any image is looked up.
    ///
    /// `no_human_turn` where it has none, `text_only` where it has no image; in this order.
    pub fn skip(&self) -> Option<Skip> {
        if self.human_turns.is_empty() {
            return Some(Skip::new(SkipReason::NoHumanTurn, ""));
        }
        if self.images.is_empty() {
            return Some(Skip::new(SkipReason::TextOnly, ""));
        }
        None
    }

    /// What the text encoder gets for each human turn, see [`encoder_text`].
    pub fn encoder_texts(&self) -> impl Iterator<Item = String> + '_ {
        self.human_turns.iter().map(|turn| encoder_text(turn))
    }
}

/// The text of a turn as the encoder gets it: `<image>` replaced by a space, then trimmed.
///
/// A turn that is nothing but `<image>` gives the empty text.
///
/// ```
/// assert_eq!(ofa_data::encoder_text("<image>\nWhat is this?"), "What is this?");
/// assert_eq!(ofa_data::encoder_text("<image>"), "");
/// ```
pub fn encoder_text(turn: &str) -> String {
    trim(&turn.replace("<image>", " ")).to_owned()
}

/// `str.strip()` of Python: white space of Unicode, and the four ASCII separators.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

pub(crate) fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// A record with its image references as they stand.
struct Raw {
    id: Option<String>,
    references: Vec<String>,
    human_turns: Vec<String>,
}

/// Why a text gives no record.
enum Unusable {
    Json(serde_json::Error),
    Skip(Skip),
}

impl From<serde_json::Error> for Unusable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// Reads JSON, and where that fails, once more as Python would have written it.
fn with_mended<T, E>(text: &str, read: impl Fn(&str) -> Result<T, E>) -> Result<T, E> {
    // A skip is no reason to try again, but only broken JSON can be mended: it does no harm.
    read(text).or_else(|error| match python_json::mend(text) {
        Some(mended) => read(&mended),
        None => Err(error),
    })
}

/// The position of the byte that the parser stopped at.
fn byte_position(text: &str, error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes())
            .nth(line - 2)
            .map_or(0, |at| at + 1),
    };
    let at = line_start + error.column();
    if error.is_eof() {
        text.len()
    } else if error.to_string().starts_with("control character") {
        // The only message whose column does not count the byte that it complains about.
        at
    } else {
        at.saturating_sub(1)
    }
}

/// The parser's message without its own line and column, which count within the record.
fn describe(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}

#[cfg(test)]
mod tests;
