//! The human turns of a conversation.

use super::field::Field;
use super::{Unusable, images, is_blank};
use crate::skip::{Skip, SkipReason};

/// The turns of `conversations`, or of `messages` where that is missing or empty, with the key
/// that they are under.
///
/// # Errors
/// `invalid_conversations` where the one that counts is no list.
pub(super) fn turns_of<'a>(
    conversations: Option<Field<'a>>,
    messages: Option<Field<'a>>,
) -> Result<(Vec<Field<'a>>, &'static str), Unusable> {
    for (field, key) in [(conversations, "conversations"), (messages, "messages")] {
        let turns = turns_under(field, key)?;
        if !turns.is_empty() {
            return Ok((turns, key));
        }
    }
    Ok((vec![], ""))
}

/// The turns of one field. There are none where it is missing.
///
/// # Errors
/// `invalid_conversations` where it is no list.
pub(super) fn turns_under<'a>(
    field: Option<Field<'a>>,
    key: &str,
) -> Result<Vec<Field<'a>>, Unusable> {
    let Some(field) = field else {
        return Ok(vec![]);
    };
    field.list()?.ok_or_else(|| {
        let kind = field.kind();
        invalid(format!("`{key}` is {kind}; expected a list of turns"))
    })
}

/// What human turns hold.
pub(super) struct HumanTurns {
    pub(super) texts: Vec<String>,
    /// The references of the images among their parts, which count only where the record has no
    /// others.
    pub(super) images: Result<Vec<String>, Skip>,
}

/// The texts of the human turns among these, and the images among their parts.
///
/// # Errors
/// `invalid_conversations` for a turn that is no object, and for a human turn whose text is of
/// another type.
pub(super) fn human_texts(turns: &[Field<'_>], key: &str) -> Result<HumanTurns, Unusable> {
    let (mut found, mut references) = (vec![], Ok(vec![]));
    for (nth, turn) in turns.iter().enumerate() {
        let Some([from, role, value, content]) =
            turn.last_of(["from", "role", "value", "content"])?
        else {
            let kind = turn.kind();
            return Err(invalid(format!(
                "turn {nth} of `{key}` is {kind}; expected an object"
            )));
        };
        let mut human = false;
        for name in [from, role].into_iter().flatten() {
            human |= name.text()?.is_some_and(|name| is_human(&name));
        }
        if !human {
            continue;
        }
        for part in content
            .map(Field::list)
            .transpose()?
            .flatten()
            .unwrap_or_default()
        {
            match (images::of_part(part), &mut references) {
                (Ok(reference), Ok(references)) => references.extend(reference),
                // It counts only where the record has no images elsewhere.
                (Err(Unusable::Skip(skip)), Ok(_)) => references = Err(skip),
                (Err(Unusable::Json(error)), _) => return Err(error.into()),
                (_, Err(_)) => {}
            }
        }
        let mut problem = None;
        for field in [value, content].into_iter().flatten() {
            match text_of(field)? {
                Ok(text) if is_blank(&text) => {}
                Ok(text) => {
                    problem = None;
                    found.push(text);
                    break;
                }
                Err(kind) => problem = problem.or(Some(kind)),
            }
        }
        if let Some(kind) = problem {
            return Err(invalid(format!(
                "the text of turn {nth} of `{key}` is {kind}; \
                 expected a string, or a list of parts that are objects"
            )));
        }
    }
    Ok(HumanTurns {
        texts: found,
        images: references,
    })
}

fn invalid(problem: String) -> Unusable {
    Unusable::Skip(Skip::new(SkipReason::InvalidConversations, problem))
}

fn is_human(role: &str) -> bool {
    role.eq_ignore_ascii_case("human") || role.eq_ignore_ascii_case("user")
}

/// The text of a turn: a string, or the texts of the parts of a list, a line each. A part
/// without text is an image or the like. `Err` says what it is instead.
fn text_of(field: Field<'_>) -> serde_json::Result<Result<String, String>> {
    if let Some(text) = field.text()? {
        return Ok(Ok(text));
    }
    let Some(parts) = field.list()? else {
        return Ok(Err(field.kind().to_owned()));
    };
    let mut texts = vec![];
    for part in parts {
        let Some([text]) = part.last_of(["text"])? else {
            return Ok(Err(format!("a list with {}", part.kind())));
        };
        let Some(text) = text else { continue };
        match text.text()? {
            Some(text) => texts.push(text),
            None => return Ok(Err(format!("a list with {} for a text", text.kind()))),
        }
    }
    Ok(Ok(texts.join("\n")))
}
