//! CLIP's tokenizer from the two files of its first form.

use crate::{Error, Result};
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Lowercase, NFC, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, SplitDelimiterBehavior, Tokenizer};

const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
/// Words, single digits and runs of anything else; a space separates and is dropped.
const PIECES: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// Builds the pipeline of `CLIPTokenizer` around a vocabulary and its merges.
pub(super) fn clip_tokenizer(vocab: &[u8], merges: &[u8]) -> Result<Tokenizer> {
    let vocab: Vocab = serde_json::from_slice(vocab).map_err(|error| {
        bad(
            "vocab.json",
            format!("expected tokens and their ids: {error}"),
        )
    })?;
    let id = |token: &str| {
        let found = vocab.get(token).copied();
        found.ok_or_else(|| bad("vocab.json", format!("it lacks the token `{token}`")))
    };
    let (start, end) = (id(START)?, id(END)?);
    let merges = read_merges(merges)?;
    for (line, (left, right)) in &merges {
        for token in [left, right] {
            if !vocab.contains_key(token) {
                let reason = format!("line {line}: `{token}` is not in vocab.json");
                return Err(bad("merges.txt", reason));
            }
        }
    }
    let pairs = merges.into_iter().map(|(_, pair)| pair).collect();
    let model = BPE::builder()
        .vocab_and_merges(vocab, pairs)
        .continuing_subword_prefix(String::new())
        .end_of_word_suffix("</w>".into())
        .unk_token(END.into())
        .build()
        .map_err(|error| bad("vocab.json and merges.txt", error.to_string()))?;

    let built_in = |error: tokenizers::Error| bad("(built in)", error.to_string());
    let space = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").map_err(built_in)?;
    let split = Split::new(
        SplitPattern::Regex(PIECES.into()),
        SplitDelimiterBehavior::Removed,
        true,
    )
    .map_err(built_in)?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer
        .with_normalizer(Some(Normalizers::new(vec![
            NFC.into(),
            space.into(),
            Lowercase.into(),
        ])))
        .with_pre_tokenizer(Some(PreTokenizers::new(vec![
            split.into(),
            ByteLevel::default().add_prefix_space(false).into(),
        ])))
        .with_post_processor(Some(
            RobertaProcessing::new((END.into(), end), (START.into(), start))
                .trim_offsets(false)
                .add_prefix_space(false),
        ));
    tokenizer.add_special_tokens(&[AddedToken::from(START, true), AddedToken::from(END, true)]);
    Ok(tokenizer)
}

/// The merges in order, each with its line number from 1.
fn read_merges(bytes: &[u8]) -> Result<Vec<(usize, (String, String))>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| bad("merges.txt", format!("expected UTF-8: {error}")))?;
    let mut merges = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || (number == 0 && line.starts_with("#version")) {
            continue;
        }
        let mut parts = line.split(' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(left), Some(right), None) => {
                merges.push((number + 1, (left.to_owned(), right.to_owned())));
            }
            _ => {
                let reason = format!(
                    "line {}: expected two tokens with a space between them",
                    number + 1
                );
                return Err(bad("merges.txt", reason));
            }
        }
    }
    Ok(merges)
}

fn bad(file: &str, reason: String) -> Error {
    Error::TokenizerFile {
        file: file.into(),
        reason,
    }
}
