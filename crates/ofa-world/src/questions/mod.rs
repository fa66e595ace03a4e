//! What is asked and answered, for each source.

mod attribute;
mod counting;
mod description;
mod recognition;
mod spatial;
mod text_only;
mod yes_no;

use crate::rng::Rng;
use crate::scene::Scene;
use crate::source::Source;

/// A question with its true answer and a false one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) question: String,
    pub(crate) answer: String,
    pub(crate) false_answer: String,
}

impl Exchange {
    fn new(
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
}

/// How likely conversations of one to six human turns are.
const TURN_WEIGHTS: [u32; 6] = [46, 24, 14, 8, 5, 3];

/// The exchanges of one conversation, one to six, none asked twice.
pub(crate) fn conversation(source: Source, scene: &Scene, rng: &mut Rng) -> Vec<Exchange> {
    let turns = 1 + rng.weighted(&TURN_WEIGHTS);
    let mut exchanges: Vec<Exchange> = Vec::with_capacity(turns);
    // A small scene runs out of questions: a few misses in a row end the conversation.
    let mut misses = 0;
    while exchanges.len() < turns && misses < 4 {
        let candidate = exchange(source, scene, rng, exchanges.len());
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

/// One question to the scene. `turn` counts from 0.
fn exchange(source: Source, scene: &Scene, rng: &mut Rng, turn: usize) -> Exchange {
    match source {
        Source::Recognition => recognition::exchange(scene, rng),
        Source::Counting => counting::exchange(scene, rng),
        Source::Spatial => spatial::exchange(scene, rng),
        Source::Attribute => attribute::exchange(scene, rng),
        Source::YesNo => yes_no::exchange(scene, rng),
        Source::Description if turn == 0 => description::exchange(scene, rng),
        // What follows a description are questions of the other kinds.
        Source::Description => match rng.below(3) {
            0 => counting::exchange(scene, rng),
            1 => yes_no::exchange(scene, rng),
            _ => attribute::background(scene, rng),
        },
        Source::TextOnly => text_only::exchange(rng),
    }
}
