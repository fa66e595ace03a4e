use super::attribute;
use crate::conversation::Exchange;
use crate::phrase::capitalised;
use crate::rng::Rng;
use crate::shapes::concept::Concept;
use crate::shapes::scene::Scene;

const NAME_IT: &[&str] = &[
    "What is shown in the image?",
    "What object can you see in the picture?",
    "Which shape is in the center of the image?",
    "Name the main object.",
    "What is the main subject of the picture?",
];

/// What the one object is.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let object = &scene.objects[0];
    let Concept { colour, shape } = object.concept;
    match rng.weighted(&[5, 3, 2, 1, 1, 1, 4]) {
        0 => {
            let question = *rng.pick(NAME_IT);
            let other = Concept {
                shape: shape.other(rng),
                colour,
            };
            let name = capitalised(&object.concept.name());
            Exchange::new(question, name, capitalised(&other.name()))
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
        4 => attribute::texture(object, rng),
        5 => {
            let question = *rng.pick(&[
                "Describe the object in the image.",
                "What does the image show? Answer in a sentence.",
            ]);
            attribute::sentence(question, object, rng)
        }
        _ => attribute::background(scene, rng),
    }
}
