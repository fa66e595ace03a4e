//! Records as examples of the answer model: a picture, questions in words, and what is to be said.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::words::{Vocabulary, content_words, words};
use crate::{GeneratedRecord, Pictures, Texts};

/// Answers of at most so many words are classes; longer ones are sets of words.
pub const SHORT_ANSWER_WORDS: usize = 3;

/// Words of a question that are read; the rest is cut off.
pub const QUESTION_WORDS: usize = 40;

/// A word of questions counts from so many times in the pool on, a word of long answers too.
const WORD_AT_LEAST: usize = 3;

/// An answer is a class from so many times in the pool on.
const ANSWER_AT_LEAST: usize = 2;

/// The number of a word that the vocabulary does not have. 0 fills up short questions.
pub(crate) const UNKNOWN_WORD: u32 = 1;

/// Stands for what can be answered where there is nothing.
const NOTHING: &str = "";

/// Numbers before the first word of the vocabulary.
const NUMBERS_BEFORE_WORDS: u32 = 2;

/// The words and answers of a pool; the same for every arm.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    questions: Vocabulary,
    /// Short answers, normalised.
    answers: Vocabulary,
    /// Words of long answers.
    long_answers: Vocabulary,
}

impl Vocabularies {
    /// Of all records of a pool.
    #[must_use]
    pub fn of_pool(records: &[&GeneratedRecord]) -> Self {
        let (mut questions, mut answers, mut long_answers) = (Vec::new(), Vec::new(), Vec::new());
        for exchange in records.iter().flat_map(|record| &record.exchanges) {
            questions.extend(words(&exchange.question));
            match Answer::of(&exchange.answer) {
                Answer::Short(answer) => answers.push(answer),
                Answer::Long(words) => long_answers.extend(words),
            }
        }
        Self {
            questions: Vocabulary::new(questions, WORD_AT_LEAST),
            answers: Vocabulary::new(answers, ANSWER_AT_LEAST),
            long_answers: Vocabulary::new(long_answers, WORD_AT_LEAST),
        }
    }

    /// Numbers that a word of a question can have.
    #[must_use]
    pub fn question_words(&self) -> usize {
        self.questions.len() + NUMBERS_BEFORE_WORDS as usize
    }

    /// Everything that can be answered, as texts: short answers and words of long ones.
    pub fn answer_texts(&self) -> impl Iterator<Item = &str> {
        self.answers
            .terms()
            .chain(self.long_answers.terms())
            .chain([NOTHING])
    }

    /// The numbers of all answers and of all words of long answers in `texts`, at least one each.
    ///
    /// # Panics
    /// Where `texts` lack one of [`answer_texts`](Self::answer_texts).
    pub(crate) fn said(&self, texts: &Texts) -> (Vec<u32>, Vec<u32>) {
        let numbers = |vocabulary: &Vocabulary| -> Vec<u32> {
            let number = |term: &str| texts.number(term).expect("every answer was read");
            let numbers: Vec<u32> = vocabulary.terms().map(number).collect();
            if numbers.is_empty() {
                return vec![number(NOTHING)];
            }
            numbers
        };
        (numbers(&self.answers), numbers(&self.long_answers))
    }

    /// Classes of short answers, at least 1.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.answers.len().max(1)
    }

    /// Words of long answers, at least 1.
    #[must_use]
    pub fn answer_words(&self) -> usize {
        self.long_answers.len().max(1)
    }
}

/// A normalised answer.
enum Answer {
    Short(String),
    Long(Vec<String>),
}

impl Answer {
    fn of(text: &str) -> Self {
        let words = words(text);
        if words.len() <= SHORT_ANSWER_WORDS {
            Self::Short(words.join(" "))
        } else {
            Self::Long(content_words(&words).into_iter().collect())
        }
    }
}

/// What a question is to be answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A class; `None` where the pool does not have the answer, so that no class is right.
    Short(Option<u32>),
    /// The words that the pool has, in rising order, and how many there are with those that it
    /// has not.
    Long {
        /// Numbers of words.
        known: Vec<u32>,
        /// Distinct words, known or not.
        words: usize,
    },
}

/// One question and what is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Numbers of its words, at least one and at most [`QUESTION_WORDS`].
    pub question: Vec<u32>,
    /// Its number in [`Texts`].
    pub text: u32,
    /// The answer.
    pub target: Target,
}

/// A record with at least one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordExamples {
    /// Position in its dataset.
    pub position: u64,
    /// Number of its source in [`Examples::sources`].
    pub source: usize,
    /// Number of its picture.
    pub picture: u32,
    /// Its turns.
    pub turns: Range<usize>,
}

/// Records as examples.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// Names of the sources, by the alphabet.
    pub sources: Vec<String>,
    /// All turns, record by record.
    pub turns: Vec<Turn>,
    /// The records in the order in which they were given.
    pub records: Vec<RecordExamples>,
}

impl Examples {
    /// Those of the records that have a picture and a question.
    ///
    /// # Panics
    /// Where `texts` lack one of their questions.
    #[must_use]
    pub fn new(
        records: &[&GeneratedRecord],
        pictures: &Pictures,
        texts: &Texts,
        vocabularies: &Vocabularies,
    ) -> Self {
        let usable: Vec<(&GeneratedRecord, u32)> = (records.iter())
            .filter(|record| !record.exchanges.is_empty())
            .filter_map(|record| Some((*record, pictures.number(record.image.as_deref()?)?)))
            .collect();
        let names: BTreeMap<&str, ()> = (usable.iter())
            .map(|(record, _)| (record.truth.source.as_str(), ()))
            .collect();
        let names: Vec<&str> = names.into_keys().collect();
        let mut examples = Self {
            sources: names.iter().map(|&name| name.to_owned()).collect(),
            ..Self::default()
        };
        for (record, picture) in usable {
            let start = examples.turns.len();
            for exchange in &record.exchanges {
                examples.turns.push(Turn {
                    text: (texts.number(&exchange.question)).expect("every question was read"),
                    question: question(&exchange.question, vocabularies),
                    target: target(&exchange.answer, vocabularies),
                });
            }
            examples.records.push(RecordExamples {
                position: record.truth.position,
                source: (names.binary_search(&record.truth.source.as_str()))
                    .expect("every source was listed"),
                picture,
                turns: start..examples.turns.len(),
            });
        }
        examples
    }
}

fn question(text: &str, vocabularies: &Vocabularies) -> Vec<u32> {
    let number = |word: &String| match vocabularies.questions.number(word) {
        Some(number) => number + NUMBERS_BEFORE_WORDS,
        None => UNKNOWN_WORD,
    };
    let mut numbers: Vec<u32> = words(text)
        .iter()
        .take(QUESTION_WORDS)
        .map(number)
        .collect();
    if numbers.is_empty() {
        numbers.push(UNKNOWN_WORD);
    }
    numbers
}

fn target(text: &str, vocabularies: &Vocabularies) -> Target {
    match Answer::of(text) {
        Answer::Short(answer) => Target::Short(vocabularies.answers.number(&answer)),
        Answer::Long(words) => {
            let number = |word: &String| vocabularies.long_answers.number(word);
            let mut known: Vec<u32> = words.iter().filter_map(number).collect();
            known.sort_unstable();
            Target::Long {
                known,
                words: words.len(),
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::frozen_encoder::FrozenSizes;
    use crate::generated_data::{Exchange, Truth};

    /// A record of a source that shows the picture `a`.
    pub(crate) fn record(
        position: u64,
        source: &str,
        exchanges: &[(&str, &str)],
    ) -> GeneratedRecord {
        GeneratedRecord {
            image: Some("a".to_owned()),
            exchanges: exchanges
                .iter()
                .map(|&(question, answer)| Exchange {
                    question: question.to_owned(),
                    answer: answer.to_owned(),
                })
                .collect(),
            truth: Truth {
                position,
                source: source.to_owned(),
                scene: Some(format!("scene {position}")),
                concepts: vec![],
                image_dirt: None,
                pair_dirt: None,
            },
        }
    }

    #[test]
    fn answers_become_classes_and_sets_of_words() {
        let long = "The red circle is above the blue square.";
        let pool = [
            record(0, "b", &[("What is it?", "Red circle."), ("What?", long)]),
            record(1, "a", &[("What is it?", "red circle"), ("What?", long)]),
            record(2, "a", &[("What is it?", "Once"), ("What?", long)]),
        ];
        let pool: Vec<&GeneratedRecord> = pool.iter().collect();
        let vocabularies = Vocabularies::of_pool(&pool);
        // What, is, it; the answer that comes once is no class; above, blue, circle, red, square.
        assert_eq!(vocabularies.question_words(), 2 + 3);
        assert_eq!(
            (vocabularies.answers(), vocabularies.answer_words()),
            (1, 5)
        );

        let none = Pictures::new(FrozenSizes {
            side: 1,
            width: 1,
            embedding: 1,
        });
        let mut pictures = none.clone();
        pictures.push("a", &[0.0], &[0.0]);
        let mut texts = Texts::default();
        for question in ["What is it?", "What?", "And now?"] {
            texts.push(question, &[0.0]);
        }
        let unseen = record(9, "c", &[("And now?", "The red dot is above it.")]);
        let silent = record(10, "d", &[]);
        let asked: Vec<&GeneratedRecord> = pool.into_iter().chain([&unseen, &silent]).collect();
        let examples = Examples::new(&asked, &pictures, &texts, &vocabularies);
        assert_eq!(examples.sources, ["a", "b", "c"]);
        assert_eq!(examples.records.len(), 4);
        assert_eq!(examples.records[0].source, 1);
        assert_eq!(examples.turns[0].target, Target::Short(Some(0)));
        assert_eq!(examples.turns[4].target, Target::Short(None));
        assert_eq!(examples.turns[6].question, [UNKNOWN_WORD, UNKNOWN_WORD]);
        let Target::Long { known, words } = &examples.turns[6].target else {
            panic!("a long answer");
        };
        // Of dot, red and above the pool has two.
        assert_eq!((known.len(), *words), (2, 3));
        assert!(
            Examples::new(&asked, &none, &texts, &vocabularies)
                .records
                .is_empty()
        );
    }
}
