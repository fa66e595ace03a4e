use crate::conversation::Exchange;
use crate::phrase::wrong_count;
use crate::rng::Rng;
use crate::shapes::concept::{Concept, plural};
use crate::shapes::scene::Scene;

/// How many there are.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let concept = rng.pick(&scene.objects).concept;
    let Concept { colour, shape } = concept;
    let (count, what) = match rng.weighted(&[4, 2, 2, 2, 1]) {
        0 => (scene.count_of(concept), concept.plural()),
        1 => (
            scene.count(|object| object.concept.shape == shape),
            plural(shape),
        ),
        2 => {
            let count = scene.count(|object| object.concept.colour == colour);
            (count, format!("{} objects", colour.word()))
        }
        3 => (scene.objects.len(), "objects".to_owned()),
        _ => {
            let size = rng.pick(&scene.objects).size;
            let count = scene.count(|object| object.size == size);
            (count, format!("{} objects", size.word()))
        }
    };
    let question = match rng.below(4) {
        0 => format!("How many {what} can you see?"),
        1 => format!("Count the {what} in the picture."),
        2 => format!("What number of {what} does the image show?"),
        _ => format!("How many {what} are there in the image?"),
    };
    let wrong = wrong_count(count, rng);
    Exchange::new(question, count.to_string(), wrong.to_string())
}
