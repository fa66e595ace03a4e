use super::Exchange;
use crate::phrase::capitalised;
use crate::rng::Rng;
use crate::scene::{Object, Scene};

/// Where something is, or where two things stand to each other. Shapes are distinct in these scenes.
pub(super) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let first = rng.below(scene.objects.len() as u32) as usize;
    let step = 1 + rng.below(scene.objects.len() as u32 - 1) as usize;
    let second = (first + step) % scene.objects.len();
    let (first, second) = (&scene.objects[first], &scene.objects[second]);
    match rng.weighted(&[4, 3, 3]) {
        0 => relation(first, second),
        1 => choice(first, second, rng),
        _ => {
            let question = format!("Where in the image is the {}?", first.concept.name());
            let (place, other) = (first.cell.name(), first.cell.opposite().name());
            Exchange::new(question, capitalised(place), capitalised(other))
        }
    }
}

/// How the first stands to the second, along the axis on which they are farther apart.
fn direction(first: &Object, second: &Object) -> (&'static str, &'static str) {
    let across = first.centre.0 - second.centre.0;
    let down = first.centre.1 - second.centre.1;
    match (across.abs() >= down.abs(), across < 0, down < 0) {
        (true, true, _) => ("to the left of", "to the right of"),
        (true, false, _) => ("to the right of", "to the left of"),
        (false, _, true) => ("above", "below"),
        (false, _, false) => ("below", "above"),
    }
}

fn relation(first: &Object, second: &Object) -> Exchange {
    let (here, there) = direction(first, second);
    let (name, other) = (first.concept.name(), second.concept.name());
    let question = format!("Where is the {name} relative to the {other}?");
    let say = |words: &str| format!("The {name} is {words} the {other}.");
    Exchange::new(question, say(here), say(there))
}

fn choice(first: &Object, second: &Object, rng: &mut Rng) -> Exchange {
    let (here, there) = direction(first, second);
    let (name, other) = (first.concept.name(), second.concept.name());
    let (left, right) = if rng.one_in(2) {
        (here, there)
    } else {
        (there, here)
    };
    let question = format!("Is the {name} {left} or {right} the {other}?");
    Exchange::new(question, capitalised(here), capitalised(there))
}
