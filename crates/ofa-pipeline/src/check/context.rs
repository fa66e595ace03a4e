//! Human turns that are longer than what the text encoder reads of them.

use super::CheckOptions;
use super::report::TurnsOver;
use crate::error::Result;

#[derive(Default)]
pub(super) struct TurnsOverContext {
    turns: u64,
}

impl TurnsOverContext {
    /// Counts a turn, given as the encoder gets it.
    ///
    /// # Errors
    /// Where the tokeniser fails.
    pub(super) fn add(&mut self, text: &str, options: &CheckOptions) -> Result<()> {
        let is_over = match &options.tokenizer {
            Some(tokenizer) => tokenizer.cuts(text)?,
            None => least_tokens(text) > options.context,
        };
        self.turns += u64::from(is_over);
        Ok(())
    }

    pub(super) fn finish(self, options: &CheckOptions) -> TurnsOver {
        TurnsOver {
            turns: self.turns,
            context: options.context as u64,
            exact: options.tokenizer.is_some(),
        }
    }
}

/// Tokens that a text has in every vocabulary: one for each word at the least, since no token
/// goes over white space, and one each for start and end.
fn least_tokens(text: &str) -> usize {
    text.split_whitespace().count() + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_lower_bound() {
        let mut turns = TurnsOverContext::default();
        let options = CheckOptions::default();
        for words in [0, 75, 76, 500] {
            let text = "word ".repeat(words);
            turns.add(&text, &options).expect("no tokeniser");
        }
        let over = turns.finish(&options);
        assert_eq!((over.turns, over.context, over.exact), (2, 77, false));
    }
}
