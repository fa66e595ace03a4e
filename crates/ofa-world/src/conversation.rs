//! What is asked and answered, whatever the source.

use crate::realm::Realm;
use crate::rng::Rng;
use crate::scene::Scene;
use crate::source::Source;
use crate::{shapes, things};

/// A question with its true answer and a false one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) question: String,
    pub(crate) answer: String,
    pub(crate) false_answer: String,
}

impl Exchange {
    pub(crate) fn new(
        question: impl Into<String>,
        answer: impl Into<String>,
        false_answer: impl Into<String>,
    ) -> Self {
        Self {
            question: question.into(),
            answer: answer.into(),
            false_answer: false_answer.into(),
        }
    }

    /// Whether the answer is a word or a short phrase.
    pub(crate) fn is_short(&self) -> bool {
        !self.answer.starts_with('[') && self.answer.split_whitespace().count() <= 3
    }
}

/// How likely conversations of one to six human turns are.
const TURN_WEIGHTS: [u32; 6] = [46, 24, 14, 8, 5, 3];

/// The exchanges of one conversation, one to six, none asked twice. Sources without images need no
/// scene.
pub(crate) fn conversation(
    source: Source,
    scene: Option<&dyn Scene>,
    rng: &mut Rng,
) -> Vec<Exchange> {
    let turns = 1 + rng.weighted(&TURN_WEIGHTS);
    let mut exchanges: Vec<Exchange> = Vec::with_capacity(turns);
    // A small scene runs out of questions: a few misses in a row end the conversation.
    let mut misses = 0;
    while exchanges.len() < turns && misses < 4 {
        let candidate = match (scene, source.realm()) {
            (Some(scene), _) => scene.exchange(source, exchanges.len(), rng),
            (None, Realm::Shapes) => shapes::text_exchange(rng),
            (None, Realm::Things) => things::text_exchange(rng),
        };
        if exchanges
            .iter()
            .any(|earlier| earlier.question == candidate.question)
        {
            misses += 1;
        } else {
            exchanges.push(candidate);
            misses = 0;
        }
    }
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Subject, WorldKey};
    use crate::scene;

    #[test]
    fn false_answers_differ_from_true_ones() {
        for realm in Realm::ALL {
            let key = WorldKey { realm, seed: 3 };
            for &source in Source::of(realm) {
                for item in 0..1500 {
                    let rng = &mut Rng::new(key, Subject::Captioned, item);
                    let scene = source.has_images().then(|| scene::sample(source, rng));
                    for exchange in conversation(source, scene.as_deref(), rng) {
                        assert_ne!(exchange.answer, exchange.false_answer, "{exchange:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn boxes_and_sentences_are_no_short_answers() {
        let is_short = |answer: &str| Exchange::new("", answer, "").is_short();
        assert!(is_short("Red circle") && is_short("falls then rises"));
        assert!(!is_short("[0.12, 0.30, 0.45, 0.61]") && !is_short("It is a red circle."));
    }
}
