use super::Exchange;
use crate::concept::{Concept, plural};
use crate::rng::Rng;
use crate::scene::Scene;

/// How many there are.
pub(super) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let concept = rng.pick(&scene.objects).concept;
    let Concept { colour, shape } = concept;
    let (count, what) = match rng.weighted(&[4, 2, 2, 2, 1]) {
        0 => (
            scene.count(|object| object.concept == concept),
            concept.plural(),
        ),
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
    let off_by = 1 + rng.below(2) as usize;
    let wrong = if count > off_by && rng.one_in(2) {
        count - off_by
    } else {
        count + off_by
    };
    Exchange::new(question, count.to_string(), wrong.to_string())
}
