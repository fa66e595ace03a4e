//! What a record says: its image references and its human turns.

mod field;
mod python_json;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::skip::{Skip, SkipReason};
use field::Field;

/// Keys that may carry a record's text where it has no human turn, the first one first.
const FALLBACK_KEYS: [&str; 6] = [
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
/// - **Turns** are in `conversations`, or in `messages` where that is missing or null: a list of
///   objects with `from`/`value` or `role`/`content`. A human turn has `human` or `user` as its
///   `from` or `role`, in any case, and text that is not blank. Where there is none, the first
///   of `instruction`, `question`, `query`, `prompt`, `text`, `input` that is not blank is the
///   one human turn.
/// - **Images** are in `image`, or in `images` where that is missing, null or empty: one
///   reference or a list of them. Empty references are none.
/// - Of a key that stands twice, the last value counts, as in Python.
/// - What Python's `json` writes is read: lone surrogates (as U+FFFD), `NaN`, `Infinity`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// `id` as text, for display. It is neither unique nor ever written back.
    pub id: Option<String>,
    /// Image references as they stand in the record: none, one or several.
    pub images: Vec<String>,
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
            return match parse_json::<IgnoredAny>(text) {
                Ok(_) => Err(Skip::new(
                    SkipReason::NotAnObject,
                    format!("at byte {start}: {}", kind_of(first)),
                )),
                Err(error) => Err(invalid(byte_position(text, &error), describe(&error))),
            };
        }
        let fields: Fields = parse_json(text)
            .map_err(|error| invalid(byte_position(text, &error), describe(&error)))?;
        fields.into_record()
    }

    /// Why the record as such cannot be encoded, before any image is looked up.
    ///
    /// `no_human_turn` where it has none, `text_only` where it has no image, `image_url` where an
    /// image is an address; in this order.
    pub fn skip(&self) -> Option<Skip> {
        if self.human_turns.is_empty() {
            return Some(Skip::new(SkipReason::NoHumanTurn, ""));
        }
        if self.images.is_empty() {
            return Some(Skip::new(SkipReason::TextOnly, ""));
        }
        let url = self.images.iter().find(|reference| is_url(reference))?;
        let mut shown: String = url.chars().take(200).collect();
        if shown.len() < url.len() {
            shown.push('…');
        }
        Some(Skip::new(SkipReason::ImageUrl, shown))
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

fn is_blank(text: &str) -> bool {
    trim(text).is_empty()
}

/// Whether a reference is an address: a scheme with `://`, or a `data:` URI.
fn is_url(reference: &str) -> bool {
    let scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    reference
        .split_once("://")
        .is_some_and(|(before, _)| scheme(before))
        || reference
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

fn kind_of(first: Option<u8>) -> &'static str {
    match first {
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Parses JSON as Python would have written it.
fn parse_json<'de, T: for<'a> Deserialize<'a>>(text: &'de str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match python_json::mend(text) {
        Some(mended) => serde_json::from_str(&mended),
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

/// The fields of a record that matter, the last of each name.
#[derive(Default)]
struct Fields {
    id: Option<Field>,
    image: Option<Field>,
    images: Option<Field>,
    conversations: Option<Field>,
    messages: Option<Field>,
    fallback: [Option<Field>; FALLBACK_KEYS.len()],
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<String>()? {
                    let slot = match key.as_str() {
                        "id" => &mut fields.id,
                        "image" => &mut fields.image,
                        "images" => &mut fields.images,
                        "conversations" => &mut fields.conversations,
                        "messages" => &mut fields.messages,
                        other => match FALLBACK_KEYS.iter().position(|key| *key == other) {
                            Some(nth) => &mut fields.fallback[nth],
                            None => {
                                map.next_value::<IgnoredAny>()?;
                                continue;
                            }
                        },
                    };
                    *slot = Some(map.next_value()?);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl Fields {
    fn into_record(self) -> Result<Record, Skip> {
        let mut human_turns = match (self.conversations, self.messages) {
            (Some(Field::Null) | None, Some(Field::Null) | None) => vec![],
            (Some(Field::Null) | None, Some(messages)) => human_turns(messages, "messages")?,
            (Some(conversations), _) => human_turns(conversations, "conversations")?,
        };
        if human_turns.is_empty() {
            let text = self.fallback.into_iter().find_map(|field| match field {
                Some(Field::Text(text)) if !is_blank(&text) => Some(text),
                _ => None,
            });
            human_turns.extend(text);
        }
        let mut images = references(self.image, "image")?;
        if images.is_empty() {
            images = references(self.images, "images")?;
        }
        let id = match self.id {
            Some(Field::Text(text) | Field::Number(text)) => Some(text),
            _ => None,
        };
        Ok(Record {
            id,
            images,
            human_turns,
        })
    }
}

fn human_turns(turns: Field, key: &str) -> Result<Vec<String>, Skip> {
    let invalid = |problem: String| Skip::new(SkipReason::InvalidConversations, problem);
    let Field::List(turns) = turns else {
        return Err(invalid(format!(
            "`{key}` is {}; expected a list of turns",
            turns.kind()
        )));
    };
    let mut found = vec![];
    for (nth, turn) in turns.into_iter().enumerate() {
        let Field::Map(mut turn) = turn else {
            let kind = turn.kind();
            return Err(invalid(format!(
                "turn {nth} of `{key}` is {kind}; expected an object"
            )));
        };
        let role = turn.take(["from", "role"]);
        if !matches!(&role, Some(Field::Text(role)) if is_human(role)) {
            continue;
        }
        match turn.take(["value", "content"]) {
            Some(Field::Text(text)) => {
                if !is_blank(&text) {
                    found.push(text);
                }
            }
            Some(Field::Null) | None => {}
            Some(other) => {
                let kind = other.kind();
                return Err(invalid(format!(
                    "the text of turn {nth} of `{key}` is {kind}; expected a string"
                )));
            }
        }
    }
    Ok(found)
}

fn is_human(role: &str) -> bool {
    role.eq_ignore_ascii_case("human") || role.eq_ignore_ascii_case("user")
}

fn references(field: Option<Field>, key: &str) -> Result<Vec<String>, Skip> {
    let invalid = |kind: &str| {
        let detail = format!("`{key}` is {kind}; expected a path or a list of paths");
        Skip::new(SkipReason::InvalidImage, detail)
    };
    match field {
        None | Some(Field::Null) => Ok(vec![]),
        Some(Field::Text(reference)) if is_blank(&reference) => Ok(vec![]),
        Some(Field::Text(reference)) => Ok(vec![reference]),
        Some(Field::List(list)) => {
            let mut found = vec![];
            for item in list {
                match item {
                    Field::Text(reference) if is_blank(&reference) => {}
                    Field::Text(reference) => found.push(reference),
                    Field::Null => {}
                    other => return Err(invalid(&format!("a list with {}", other.kind()))),
                }
            }
            Ok(found)
        }
        Some(other) => Err(invalid(other.kind())),
    }
}

#[cfg(test)]
mod tests;
