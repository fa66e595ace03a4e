//! What is asked and answered, for each source.

mod attribute;
mod chart;
mod comparison;
mod counting;
mod description;
mod reading;
mod recognition;
mod spatial;
mod text_only;
mod yes_no;

pub(crate) use spatial::direction;
pub(crate) use text_only::exchange as text_exchange;

use super::scene::Scene;
use crate::conversation::Exchange;
use crate::rng::Rng;
use crate::source::Source;

/// One question to the scene. `turn` counts from 0.
pub(crate) fn exchange(source: Source, scene: &Scene, turn: usize, rng: &mut Rng) -> Exchange {
    match source {
        Source::Counting => counting::exchange(scene, rng),
        Source::Spatial => spatial::exchange(scene, rng),
        Source::Attribute => attribute::exchange(scene, rng),
        Source::Reading => reading::exchange(scene, rng),
        Source::Comparison => comparison::exchange(scene, rng),
        Source::Chart => chart::exchange(scene, rng),
        Source::YesNo => yes_no::exchange(scene, rng),
        Source::Description if turn < 2 && !rng.one_in(8) => description::exchange(scene, rng),
        // What follows a description are questions of the other kinds.
        Source::Description => match rng.below(5) {
            0 => counting::exchange(scene, rng),
            1 => yes_no::exchange(scene, rng),
            2 => attribute::background(scene, rng),
            _ => spatial::box_or_count(scene, rng),
        },
        _ => recognition::exchange(scene, rng),
    }
}
