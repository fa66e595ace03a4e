use super::Exchange;
use crate::background::Pattern;
use crate::phrase::capitalised;
use crate::rng::Rng;
use crate::scene::Scene;

/// The colour or size of one object. Shapes are distinct in these scenes, so a shape names an object.
pub(super) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let object = rng.pick(&scene.objects);
    let shape = object.concept.shape.word();
    match rng.weighted(&[5, 3, 2, 1]) {
        0 => {
            let colour = object.concept.colour;
            let question = match rng.below(3) {
                0 => format!("What is the color of the {shape}?"),
                1 => format!("Which color does the {shape} have?"),
                _ => format!("What color is the {shape}?"),
            };
            let other = colour.other(rng);
            Exchange::new(
                question,
                capitalised(colour.word()),
                capitalised(other.word()),
            )
        }
        1 => {
            let size = object.size;
            let question = format!("Is the {shape} small, medium or large?");
            let other = size.other(rng);
            Exchange::new(
                question,
                capitalised(size.word()),
                capitalised(other.word()),
            )
        }
        2 => {
            let colour = object.concept.colour;
            let other = object.concept.shape.other(rng);
            // A colour may come twice: then another question is asked.
            if scene.count(|object| object.concept.colour == colour) > 1 {
                return background(scene, rng);
            }
            let question = format!("What shape is the {} object?", colour.word());
            Exchange::new(question, capitalised(shape), capitalised(other.word()))
        }
        _ => background(scene, rng),
    }
}

/// The colour or pattern of the background.
pub(super) fn background(scene: &Scene, rng: &mut Rng) -> Exchange {
    let background = scene.background;
    if background.pattern == Pattern::Plain || rng.one_in(2) {
        let other = background.tone.other(rng);
        let question = "What color is the background?";
        Exchange::new(
            question,
            capitalised(background.tone.word()),
            capitalised(other.word()),
        )
    } else {
        let other = background.pattern.other(rng);
        let question = "What pattern does the background have?";
        let (word, other) = (background.pattern.word(), other.word());
        Exchange::new(question, capitalised(word), capitalised(other))
    }
}
