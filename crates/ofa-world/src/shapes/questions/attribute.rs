use crate::conversation::Exchange;
use crate::phrase::{capitalised, with_article};
use crate::rng::Rng;
use crate::shapes::background::Pattern;
use crate::shapes::concept::Shape;
use crate::shapes::object::Object;
use crate::shapes::scene::Scene;
use crate::shapes::texture::Texture;

/// The colour, size or texture of one object. Shapes are distinct in these scenes, so a shape names an object.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let object = rng.pick(&scene.objects);
    let shape = object.concept.shape.word();
    match rng.weighted(&[5, 3, 2, 2, 1, 4]) {
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
        3 => texture(object, rng),
        4 => sentence(&format!("Describe the {shape}."), object, rng),
        _ => background(scene, rng),
    }
}

/// Everything about one object in a sentence. The false answer has another colour.
pub(crate) fn sentence(question: &str, object: &Object, rng: &mut Rng) -> Exchange {
    let mut other = *object;
    other.concept.colour = object.concept.colour.other(rng);
    let say = |object: &Object| format!("It is {}.", with_article(&object.phrase()));
    Exchange::new(question, say(object), say(&other))
}

/// How one object is filled.
pub(crate) fn texture(object: &Object, rng: &mut Rng) -> Exchange {
    let shape = object.concept.shape.word();
    // A ring is empty inside whatever its texture is, so that "hollow" would be neither right nor wrong.
    let may_look_hollow = object.concept.shape == Shape::Ring;
    let question = match rng.below(2) {
        0 => format!("What texture does the {shape} have?"),
        _ if may_look_hollow => format!("Is the {shape} plain or dotted?"),
        _ => format!("Is the {shape} plain, striped, dotted or hollow?"),
    };
    let other = match object.texture {
        Texture::Plain if may_look_hollow => Texture::Dotted,
        _ if may_look_hollow => Texture::Plain,
        texture => texture.other(rng),
    };
    Exchange::new(
        question,
        capitalised(object.texture.word()),
        capitalised(other.word()),
    )
}

/// The colour or pattern of the background.
pub(crate) fn background(scene: &Scene, rng: &mut Rng) -> Exchange {
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
