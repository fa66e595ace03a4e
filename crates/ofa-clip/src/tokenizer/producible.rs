//! Which tokens of a vocabulary a text can turn into.

use serde_json::Value;
use std::collections::HashSet;
use tokenizers::Tokenizer;
use tokenizers::models::ModelWrapper;

/// Of the tokens of `tokenizer` with ids from `first` on, those that a text can turn into.
///
/// An added token is found in any text that holds it. Any other is made of a single letter or
/// of a merge; an entry of the vocabulary that is neither (padding up to a round size, say) is
/// never made. Where that cannot be said, all are given.
///
/// Cost: writes the merges out, so it is for vocabularies that have such ids.
pub(super) fn from_id(tokenizer: &Tokenizer, first: usize) -> Vec<(String, u32)> {
    let vocabulary = tokenizer.get_vocab(true).into_iter();
    let beyond: Vec<_> = vocabulary.filter(|(_, id)| *id as usize >= first).collect();
    if beyond.is_empty() {
        return beyond;
    }
    let Some(merged) = merged(tokenizer) else {
        return beyond;
    };
    let ModelWrapper::BPE(model) = tokenizer.get_model() else {
        return beyond;
    };
    let added = tokenizer.get_added_tokens_decoder();
    let suffix = model.end_of_word_suffix.as_deref().unwrap_or_default();
    let is_made = |token: &String, id: &u32| {
        let letters = token.strip_suffix(suffix).unwrap_or(token);
        added.contains_key(id)
            || model.unk_token.as_ref() == Some(token)
            || letters.chars().nth(1).is_none()
            || merged.contains(token)
    };
    let made = beyond.into_iter().filter(|(token, id)| is_made(token, id));
    made.collect()
}

/// What the merges make; nothing for a model that makes tokens in other ways too.
fn merged(tokenizer: &Tokenizer) -> Option<HashSet<String>> {
    let ModelWrapper::BPE(model) = tokenizer.get_model() else {
        return None;
    };
    let prefix = model.continuing_subword_prefix.as_deref();
    if model.ignore_merges || model.byte_fallback || !prefix.unwrap_or_default().is_empty() {
        return None;
    }
    let json = serde_json::to_value(model).ok()?;
    let pair = |pair: &Value| Some(format!("{}{}", pair[0].as_str()?, pair[1].as_str()?));
    json["merges"].as_array()?.iter().map(pair).collect()
}
