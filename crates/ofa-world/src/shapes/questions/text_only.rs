use crate::conversation::Exchange;
use crate::phrase::{capitalised, with_article};
use crate::rng::Rng;
use crate::shapes::concept::{Colour, Shape, plural};

/// A question that needs no image.
pub(crate) fn exchange(rng: &mut Rng) -> Exchange {
    match rng.below(4) {
        0 => {
            let (a, b) = (rng.between(1, 9), rng.between(1, 9));
            let wrong = a + b + rng.between(1, 3);
            Exchange::new(
                format!("What is {a} + {b}?"),
                (a + b).to_string(),
                wrong.to_string(),
            )
        }
        1 => {
            let (shape, corners) = *rng.pick(&CORNERS);
            let wrong = corners + rng.between(1, 2);
            let question = format!("How many corners does {} have?", with_article(shape.word()));
            Exchange::new(question, corners.to_string(), wrong.to_string())
        }
        2 => {
            let (first, second, mix) = *rng.pick(&MIXES);
            let wrong = mix.other(rng);
            let question = format!(
                "Which color do you get from {} and {}?",
                first.word(),
                second.word()
            );
            Exchange::new(question, capitalised(mix.word()), capitalised(wrong.word()))
        }
        _ => {
            let (shape, colour) = (*rng.pick(Shape::ALL), *rng.pick(Colour::ALL));
            let (shapes, colour) = (plural(shape), colour.word());
            let question = format!("Write a short line about {colour} {shapes}.");
            let answer = format!("Bright {colour} {shapes} drift across a quiet page.");
            Exchange::new(question, answer, "I cannot see any image.")
        }
    }
}

const CORNERS: [(Shape, i32); 5] = [
    (Shape::Triangle, 3),
    (Shape::Square, 4),
    (Shape::Diamond, 4),
    (Shape::Pentagon, 5),
    (Shape::Hexagon, 6),
];

const MIXES: [(Colour, Colour, Colour); 3] = [
    (Colour::Red, Colour::Yellow, Colour::Orange),
    (Colour::Blue, Colour::Red, Colour::Purple),
    (Colour::Yellow, Colour::Blue, Colour::Green),
];
