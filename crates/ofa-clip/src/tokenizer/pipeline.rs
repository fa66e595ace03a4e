//! What CLIP's tokenizer does around its vocabulary.

use crate::Result;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{Lowercase, NFC, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{SplitDelimiterBehavior, Tokenizer};

use super::{SpecialTokens, bad};

/// Words, single digits and runs of anything else; a space separates and is dropped.
const PIECES: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// Gives a tokenizer the parts of `CLIPTokenizer` that it lacks.
///
/// Reference: `transformers` builds them anew whatever a `tokenizer.json` has in their place.
///
/// # Errors
/// [`Error::TokenizerFile`](crate::Error::TokenizerFile): the vocabulary, which is in `file`,
/// lacks the start or the end token.
pub(super) fn complete(
    tokenizer: &mut Tokenizer,
    special: &SpecialTokens,
    file: &str,
) -> Result<()> {
    let built_in = |error: tokenizers::Error| bad("(built in)", error.to_string());
    if tokenizer.get_normalizer().is_none() {
        let space = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").map_err(built_in)?;
        tokenizer.with_normalizer(Some(Normalizers::new(vec![
            NFC.into(),
            space.into(),
            Lowercase.into(),
        ])));
        // Tokens that are found in normalised text are normalised when any are added.
        tokenizer.add_tokens(&[]);
    }
    if tokenizer.get_pre_tokenizer().is_none() {
        let split = Split::new(
            SplitPattern::Regex(PIECES.into()),
            SplitDelimiterBehavior::Removed,
            true,
        )
        .map_err(built_in)?;
        tokenizer.with_pre_tokenizer(Some(PreTokenizers::new(vec![
            split.into(),
            ByteLevel::default().add_prefix_space(false).into(),
        ])));
    }
    if tokenizer.get_post_processor().is_none() {
        let id = |token: &String| match tokenizer.token_to_id(token) {
            Some(id) => Ok((token.clone(), id)),
            None => Err(lacks(file, token)),
        };
        let (start, end) = (id(&special.start)?, id(&special.end)?);
        tokenizer.with_post_processor(Some(
            RobertaProcessing::new(end, start)
                .trim_offsets(false)
                .add_prefix_space(false),
        ));
    }
    Ok(())
}

/// A vocabulary without a token that it must have.
pub(super) fn lacks(file: &str, token: &str) -> crate::Error {
    bad(file, format!("it lacks the token `{token}`"))
}
