//! What is instructed and answered, for each source.

mod caption;
mod color_naming;
mod graph_reading;
mod identify;
mod multiple_choice;
mod odd_one_out;
mod plain_text;
mod position;
mod quantity;
mod sign_reading;
mod true_false;

pub(crate) use plain_text::exchange as text_exchange;

use super::scene::Scene;
use crate::conversation::Exchange;
use crate::rng::Rng;
use crate::source::Source;

/// One question to the scene. `turn` counts from 0.
pub(crate) fn exchange(source: Source, scene: &Scene, turn: usize, rng: &mut Rng) -> Exchange {
    match source {
        Source::MultipleChoice => multiple_choice::exchange(scene, rng),
        Source::TrueFalse => true_false::exchange(scene, rng),
        Source::Quantity => quantity::exchange(scene, rng),
        Source::Position => position::exchange(scene, rng),
        Source::SignReading => sign_reading::exchange(scene, rng),
        Source::GraphReading => graph_reading::exchange(scene, rng),
        Source::OddOneOut => odd_one_out::exchange(scene, rng),
        Source::ColorNaming => color_naming::exchange(scene, rng),
        Source::Caption if turn < 2 => caption::exchange(scene, rng),
        // What follows the captions are questions of the other kinds.
        Source::Caption => match rng.below(3) {
            0 => quantity::exchange(scene, rng),
            1 => true_false::exchange(scene, rng),
            _ => identify::backdrop(scene, rng),
        },
        _ => identify::exchange(scene, rng),
    }
}
