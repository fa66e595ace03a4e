//! Words of questions and answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Words that say nothing of the picture; a long answer is not asked for them.
const EMPTY_WORDS: [&str; 44] = [
    "a", "an", "and", "are", "as", "at", "be", "below", "by", "can", "for", "from", "has", "have",
    "here", "i", "image", "in", "is", "it", "its", "no", "of", "on", "one", "or", "photo",
    "picture", "region", "see", "seen", "show", "shown", "shows", "some", "that", "the", "there",
    "these", "this", "to", "we", "with", "you",
];

/// The words of a text in lower case. What is neither letter nor digit parts them, but for the
/// point of a decimal number; apostrophes go.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        let digit_follows = rest.peek().is_some_and(char::is_ascii_digit);
        let in_number = word.ends_with(|last: char| last.is_ascii_digit()) && digit_follows;
        match letter {
            _ if letter.is_alphanumeric() => word.extend(letter.to_lowercase()),
            '\'' | '’' => {}
            '.' if in_number => word.push('.'),
            _ if word.is_empty() => {}
            _ => found.push(std::mem::take(&mut word)),
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// The distinct words of a long answer that say something; all of its words where none does.
#[must_use]
pub fn content_words(words: &[String]) -> BTreeSet<String> {
    let telling: BTreeSet<String> = (words.iter())
        .filter(|word| EMPTY_WORDS.binary_search(&word.as_str()).is_err())
        .cloned()
        .collect();
    if telling.is_empty() {
        return words.iter().cloned().collect();
    }
    telling
}

/// Terms with numbers, the most frequent first; equally frequent ones by the alphabet.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    number_of: HashMap<String, u32>,
    terms: Vec<String>,
}

impl Vocabulary {
    /// Of the terms that come at least so often.
    pub fn new(terms: impl IntoIterator<Item = String>, at_least: usize) -> Self {
        let mut counts = BTreeMap::<String, usize>::new();
        for term in terms {
            *counts.entry(term).or_default() += 1;
        }
        let mut kept: Vec<(String, usize)> = (counts.into_iter())
            .filter(|&(_, count)| count >= at_least)
            .collect();
        kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let terms: Vec<String> = kept.into_iter().map(|(term, _)| term).collect();
        let number_of = (0..)
            .zip(&terms)
            .map(|(n, term)| (term.clone(), n))
            .collect();
        Self { number_of, terms }
    }

    /// The number of a term.
    #[must_use]
    pub fn number(&self, term: &str) -> Option<u32> {
        self.number_of.get(term).copied()
    }

    /// The terms in the order of their numbers.
    pub fn terms(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(String::as_str)
    }

    /// How many terms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_people_part_them() {
        assert_eq!(
            words("Yes, there's 1 Red-circle."),
            ["yes", "theres", "1", "red", "circle"]
        );
        assert_eq!(words("[0.12, 0.30, 1.]"), ["0.12", "0.30", "1"]);
        assert_eq!(words("...?"), Vec::<String>::new());
    }

    #[test]
    fn long_answers_are_asked_for_what_they_say() {
        assert!(EMPTY_WORDS.is_sorted());
        let of = |text: &str| content_words(&words(text)).into_iter().collect::<Vec<_>>();
        assert_eq!(
            of("The image shows a red circle and a red square."),
            ["circle", "red", "square"]
        );
        assert_eq!(
            of("There it is, of the"),
            ["is", "it", "of", "the", "there"]
        );
    }

    #[test]
    fn vocabularies_are_in_a_fixed_order() {
        let terms = ["b", "a", "c", "b", "c", "d"].map(str::to_owned);
        let vocabulary = Vocabulary::new(terms, 2);
        assert_eq!((vocabulary.len(), vocabulary.is_empty()), (2, false));
        assert_eq!(vocabulary.number("b"), Some(0));
        assert_eq!(vocabulary.number("c"), Some(1));
        assert_eq!(vocabulary.number("a"), None);
    }
}
