//! Ways of saying things that sources of both realms have.

use crate::rng::Rng;

/// Follows a question that wants a short answer.
pub(crate) const SHORT_ANSWER: &str = "\nAnswer the question using a single word or phrase.";

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
pub(crate) fn counted(name: &str, plural: &str, count: usize) -> String {
    match count {
        1 => with_article(name),
        _ => format!("{count} {plural}"),
    }
}

/// A number up to twelve as a word.
pub(crate) fn number_word(number: usize) -> &'static str {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS[number.min(12)]
}

/// A count near to the true one, and never below one.
pub(crate) fn wrong_count(count: usize, rng: &mut Rng) -> usize {
    let off_by = 1 + rng.below(2) as usize;
    if count > off_by && rng.coin() {
        count - off_by
    } else {
        count + off_by
    }
}

/// A true and a false answer of yes and no.
pub(crate) fn yes_or_no(is_so: bool) -> (&'static str, &'static str) {
    if is_so { ("Yes", "No") } else { ("No", "Yes") }
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
