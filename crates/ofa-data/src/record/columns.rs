//! A record whose fields stand in columns of their own.

use super::field::Field;
use super::turns::HumanTurns;
use super::{
    KEYS, Record, Unusable, byte_position, describe, images, is_blank, turns, with_mended,
};
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
    /// blank nor an empty list counts. Where `images` has none, those among the parts of its human
    /// turns count. `fallback` are the texts that stand in for a human turn.
    ///
    /// # Errors
    /// `invalid_conversations`, then that of `images`.
    pub(crate) fn from_columns(
        id: Option<String>,
        images: Result<Vec<ImageReference>, Skip>,
        turns: &[(&'static str, String)],
        fallback: impl IntoIterator<Item = String>,
    ) -> Result<Self, Skip> {
        let found = first_of(turns)?;
        let mut human_turns = found.texts;
        if human_turns.is_empty() {
            human_turns.extend(fallback.into_iter().find(|text| !is_blank(text)));
        }
        let mut images = images?;
        if images.is_empty() {
            images.extend(found.images?.into_iter().map(images::told_apart));
        }
        Ok(Self {
            id,
            images,
            human_turns,
        })
    }
}

/// The references as they stand among the parts of the human turns that count, see
/// [`Record::from_columns`].
///
/// # Errors
/// `invalid_conversations` and `invalid_image`.
pub(crate) fn references_in_turns(turns: &[(&'static str, String)]) -> Result<Vec<String>, Skip> {
    first_of(turns)?.images
}

/// The human turns of the first list that has any turns.
fn first_of(turns: &[(&'static str, String)]) -> Result<HumanTurns, Skip> {
    for (key, json) in turns.iter().filter(|(_, json)| !is_blank(json)) {
        let found = with_mended(json, |json| human_turns(json, key));
        let found = found.map_err(|unusable| match unusable {
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
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Ok(HumanTurns {
        texts: vec![],
        images: Ok(vec![]),
    })
}

/// The human turns of a list of turns; `None` where it is null or empty.
fn human_turns(json: &str, key: &'static str) -> Result<Option<HumanTurns>, Unusable> {
    let field: Field<'_> = serde_json::from_str(json)?;
    let field = Some(field).filter(|field| !field.is_null());
    let turns = turns::turns_under(field, key)?;
    if turns.is_empty() {
        return Ok(None);
    }
    turns::human_texts(&turns, key).map(Some)
}
