//! A small byte-level BPE in CLIP's layout, learned from texts.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use ofa_clip::ClipTokenizer;
use serde::Deserialize;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::BpeTrainerBuilder;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

use crate::{Error, Result};

/// The tokens around every text.
const FRAME: [&str; 2] = ["<|startoftext|>", "<|endoftext|>"];
/// Ends the last token of a word.
const WORD_END: &str = "</w>";

/// What the learner says of its model.
#[derive(Deserialize)]
struct Learned {
    model: LearnedModel,
}

#[derive(Deserialize)]
struct LearnedModel {
    merges: Vec<(String, String)>,
}

/// Learns a vocabulary of `vocabulary` tokens from texts.
///
/// Ids are laid out as CLIP's: bytes, bytes that end a word, merges by rank, start, end. All bytes
/// are in it, so that every text can be written in tokens, also one in a script that no text here
/// has. The same texts in the same order give the same vocabulary.
///
/// # Errors
/// [`Error::Tokenizer`] where the vocabulary is too small for the bytes, the texts are too few for
/// it, or learning fails.
pub fn learn(texts: &[String], vocabulary: usize) -> Result<ClipTokenizer> {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let Some(most) = vocabulary.checked_sub(2 * alphabet.len() + FRAME.len()) else {
        return Err(Error::Tokenizer(format!(
            "a vocabulary of {vocabulary} has no room for all bytes"
        )));
    };
    let mut tokens: Vec<String> = alphabet.iter().map(char::to_string).collect();
    tokens.extend(alphabet.iter().map(|letter| format!("{letter}{WORD_END}")));

    // CLIP's way of cutting texts into words, around a vocabulary of bytes alone.
    let bytes_alone = tokenizer(&tokens, &[])?.to_json()?;
    let mut learner = Tokenizer::from_bytes(bytes_alone).map_err(failed)?;
    let mut trainer = TrainerWrapper::from(
        BpeTrainerBuilder::new()
            // More than are taken, since the learner counts other things too.
            .vocab_size(2 * vocabulary)
            // With ids of their own, ahead of everything: pairs that are as frequent are merged in
            // the order of their ids, and others are given out in no order.
            .special_tokens(
                tokens
                    .iter()
                    .map(|token| AddedToken::from(token, true))
                    .collect(),
            )
            .end_of_word_suffix(WORD_END.to_owned())
            .show_progress(false)
            .build(),
    );
    learner.train(&mut trainer, texts.iter()).map_err(failed)?;
    let learned = learner.to_string(false).map_err(failed)?;
    let learned: Learned =
        serde_json::from_str(&learned).map_err(|error| Error::Tokenizer(error.to_string()))?;

    let mut known: HashSet<String> = tokens.iter().cloned().collect();
    let mut merges = Vec::with_capacity(most);
    for (left, right) in learned.model.merges {
        let joined = format!("{left}{right}");
        if merges.len() < most && known.insert(joined.clone()) {
            tokens.push(joined);
            merges.push((left, right));
        }
    }
    if merges.len() < most {
        return Err(Error::Tokenizer(format!(
            "a vocabulary of {vocabulary} has {most} merges, and these texts have {}; take more \
             pictures",
            merges.len()
        )));
    }
    tokenizer(&tokens, &merges)
}

/// CLIP's tokenizer around these tokens and those that frame a text.
fn tokenizer(tokens: &[String], merges: &[(String, String)]) -> Result<ClipTokenizer> {
    let all = tokens.iter().map(String::as_str).chain(FRAME);
    let ids: BTreeMap<&str, usize> = all.zip(0..).collect();
    let vocabulary =
        serde_json::to_vec(&ids).map_err(|error| Error::Tokenizer(error.to_string()))?;
    let mut lines = String::from("#version: 0.2\n");
    for (left, right) in merges {
        writeln!(lines, "{left} {right}").expect("writing to a string cannot fail");
    }
    Ok(ClipTokenizer::from_vocab_and_merges(
        &vocabulary,
        lines.as_bytes(),
    )?)
}

fn failed(error: tokenizers::Error) -> Error {
    Error::Tokenizer(error.to_string())
}
