//! A record whose fields stand in columns of their own.

use super::field::Field;
use super::{KEYS, Record, Unusable, byte_position, describe, is_blank, turns, with_mended};
use crate::image_source::ImageReference;
use crate::skip::{Skip, SkipReason};

/// The keys that may carry a record's text where it has no human turn, the first one first.
pub(crate) const FALLBACK_KEYS: [&str; 6] = {
    let [_, _, _, _, _, keys @ ..] = KEYS;
    keys
};

impl Record {
    /// A record from its fields, by the rules for JSON.
    ///
    /// `turns` are JSON values with the names of their columns: the first that is neither null,
    /// blank nor an empty list counts. `fallback` are the texts that stand in for a human turn.
    ///
    /// # Errors
    /// `invalid_conversations`, then that of `images`.
    pub(crate) fn from_columns(
        id: Option<String>,
        images: Result<Vec<ImageReference>, Skip>,
        turns: &[(&'static str, String)],
        fallback: impl IntoIterator<Item = String>,
    ) -> Result<Self, Skip> {
        let mut human_turns = vec![];
        for (key, json) in turns.iter().filter(|(_, json)| !is_blank(json)) {
            let texts = with_mended(json, |json| human_texts(json, key));
            let texts = texts.map_err(|unusable| match unusable {
                Unusable::Skip(skip) => skip,
                Unusable::Json(error) => Skip::new(
                    SkipReason::InvalidConversations,
                    format!(
                        "`{key}` is text that is no JSON: at its byte {}: {}",
                        byte_position(json, &error),
                        describe(&error)
                    ),
                ),
            })?;
            if let Some(texts) = texts {
                human_turns = texts;
                break;
            }
        }
        if human_turns.is_empty() {
            human_turns.extend(fallback.into_iter().find(|text| !is_blank(text)));
        }
        Ok(Self {
            id,
            images: images?,
            human_turns,
        })
    }
}

/// The human turns of a list of turns; `None` where it is null or empty.
fn human_texts(json: &str, key: &'static str) -> Result<Option<Vec<String>>, Unusable> {
    let field: Field<'_> = serde_json::from_str(json)?;
    let field = Some(field).filter(|field| !field.is_null());
    let turns = turns::turns_under(field, key)?;
    if turns.is_empty() {
        return Ok(None);
    }
    turns::human_texts(&turns, key).map(|found| Some(found.texts))
}
