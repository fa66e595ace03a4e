//! CLIP's tokenizer from the two files of its first form.

use super::{SpecialTokens, bad, pipeline};
use crate::Result;
use tokenizers::Tokenizer;
use tokenizers::models::bpe::{BPE, Vocab};

/// Builds the pipeline of `CLIPTokenizer` around a vocabulary and its merges.
pub(super) fn clip_tokenizer(
    vocab: &[u8],
    merges: &[u8],
    special: &SpecialTokens,
) -> Result<Tokenizer> {
    let vocab: Vocab = serde_json::from_slice(vocab).map_err(|error| {
        bad(
            "vocab.json",
            format!("expected tokens and their ids: {error}"),
        )
    })?;
    for token in [&special.start, &special.end, &special.unknown] {
        if !vocab.contains_key(token) {
            return Err(pipeline::lacks("vocab.json", token));
        }
    }
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
        .unk_token(special.unknown.clone())
        .build()
        .map_err(|error| bad("vocab.json and merges.txt", error.to_string()))?;
    let mut tokenizer = Tokenizer::new(model);
    pipeline::complete(&mut tokenizer, special, "vocab.json")?;
    // After the normaliser, which tokens that are found in normalised text go through.
    tokenizer.add_tokens(&special.whole);
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
