//! Ways of saying things that several sources share, and the stock prompts that real sets repeat by
//! the ten-thousand.

use crate::concept::Concept;
use crate::rng::Rng;

/// Follows a question that wants a short answer.
pub(crate) const SHORT_ANSWER: &str = "\nAnswer the question using a single word or phrase.";

/// The prompts for a description. The first are by far the most frequent.
pub(crate) const DESCRIBE: &[&str] = &[
    "Describe this image in detail.",
    "What do you see in this image?",
    "Provide a one-sentence caption for the provided image.",
    "Write a short description of the picture.",
    "Can you describe the main features of this image for me?",
    "What is this photo about? Please answer in a few sentences.",
    "Give a brief description of the image \u{2013} what stands out?",
    "Explain the visual content of the image in great detail.",
    "Describe the scene \u{1f3a8}",
    "Qu\u{e9} ves en esta imagen?",
    "D\u{e9}cris cette image en d\u{e9}tail.",
    "\u{8bf7}\u{63cf}\u{8ff0}\u{8fd9}\u{5f20}\u{56fe}\u{7247}\u{3002}",
];

/// One of the prompts, the r-th with a likelihood of 1 / r.
pub(crate) fn describe(rng: &mut Rng) -> &'static str {
    DESCRIBE[rng.zipf(DESCRIBE.len() as u32) as usize]
}

/// With "a" or "an", as in "an orange circle".
pub(crate) fn with_article(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {words}")
}

/// One thing with its article, several with their number: "a red circle", "3 red circles".
pub(crate) fn counted(concept: Concept, count: usize) -> String {
    match count {
        1 => with_article(&concept.name()),
        _ => format!("{count} {}", concept.plural()),
    }
}

/// As in "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital first letter.
pub(crate) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_lists_and_capitals() {
        assert_eq!(with_article("orange ring"), "an orange ring");
        assert_eq!(with_article("blue ring"), "a blue ring");
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&items), "a, b and c");
        assert_eq!(list(&items[..1]), "a");
        assert_eq!(capitalised("red"), "Red");
    }
}
