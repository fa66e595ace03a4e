use crate::conversation::Exchange;
use crate::phrase::with_article;
use crate::rng::Rng;
use crate::things::item::Item;
use crate::things::names::Kind;
use crate::things::scene::Scene;

const WHAT: &[&str] = &[
    "Identify the thing in the picture.",
    "Look at the drawing and identify its subject.",
    "Which everyday thing has been drawn here?",
    "Classify the drawn object.",
];

/// What the one thing is.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let item = &scene.items[0];
    let Kind { shade, thing } = item.kind;
    match rng.weighted(&[5, 4, 2, 2, 2, 3]) {
        0 => Exchange::new(*rng.pick(WHAT), thing.word(), thing.other(rng).word()),
        1 => {
            let instruction = *rng.pick(&[
                "Identify the subject together with its color.",
                "Give the color and the name of the drawn thing.",
            ]);
            let other = Kind {
                shade,
                thing: thing.other(rng),
            };
            Exchange::new(instruction, item.kind.name(), other.name())
        }
        2 => {
            let instruction = format!("Identify the color of the {}.", thing.word());
            Exchange::new(instruction, shade.word(), shade.other(rng).word())
        }
        3 => {
            let instruction = format!(
                "Identify the size of the {}: tiny, normal or huge.",
                thing.word()
            );
            Exchange::new(instruction, item.size.word(), item.size.other(rng).word())
        }
        4 => backdrop(scene, rng),
        _ => {
            let mut other = *item;
            other.kind.thing = thing.other(rng);
            let say = |item: &Item| format!("The subject is {}.", with_article(&item.phrase()));
            let instruction = "Describe the subject in a full sentence.";
            Exchange::new(instruction, say(item), say(&other))
        }
    }
}

/// What the scene stands in front of.
pub(crate) fn backdrop(scene: &Scene, rng: &mut Rng) -> Exchange {
    let instruction = *rng.pick(&[
        "Identify the background.",
        "Name what can be seen behind the things.",
    ]);
    let other = scene.backdrop.other(rng);
    Exchange::new(instruction, scene.backdrop.word(), other.word())
}
