use super::{Exchange, attribute};
use crate::concept::Concept;
use crate::phrase::{capitalised, with_article};
use crate::rng::Rng;
use crate::scene::Scene;

const NAME_IT: &[&str] = &[
    "What is shown in the image?",
    "What object can you see in the picture?",
    "Which shape is in the center of the image?",
    "Name the main object.",
    "What is the main subject of the picture?",
];

/// What the one object is.
pub(super) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let object = scene.objects[0];
    let Concept { colour, shape } = object.concept;
    match rng.weighted(&[5, 3, 2, 1, 1]) {
        0 => {
            let question = *rng.pick(NAME_IT);
            let other = Concept {
                shape: shape.other(rng),
                colour,
            };
            let answer = with_article(&object.concept.name());
            Exchange::new(
                question,
                capitalised(&answer),
                capitalised(&with_article(&other.name())),
            )
        }
        1 => {
            let other = shape.other(rng);
            let question = "What shape is the object?";
            Exchange::new(
                question,
                capitalised(shape.word()),
                capitalised(other.word()),
            )
        }
        2 => {
            let other = colour.other(rng);
            let question = format!("What color is the {}?", shape.word());
            Exchange::new(
                question,
                capitalised(colour.word()),
                capitalised(other.word()),
            )
        }
        3 => {
            let other = object.size.other(rng);
            let question = format!("How big is the {}?", shape.word());
            Exchange::new(
                question,
                capitalised(object.size.word()),
                capitalised(other.word()),
            )
        }
        _ => attribute::background(scene, rng),
    }
}
