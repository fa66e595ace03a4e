use super::counting;
use crate::conversation::Exchange;
use crate::phrase::capitalised;
use crate::rng::Rng;
use crate::shapes::object::Object;
use crate::shapes::scene::Scene;

/// Where something is, where two things stand to each other, or in which box. Shapes are distinct in
/// these scenes.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let (first, second) = two_of(&scene.objects, rng);
    match rng.weighted(&[5, 3, 3, 4, 2]) {
        0 if is_plain(first, second) => relation(first, second, rng),
        0 | 1 => choice(first, second, rng),
        2 => {
            let question = format!("Where in the image is the {}?", first.concept.name());
            let (place, other) = (first.cell.name(), first.cell.opposite().name());
            Exchange::new(question, capitalised(place), capitalised(other))
        }
        3 => box_of(scene, first, second),
        _ => in_box(scene, first, second),
    }
}

/// A question about a box where two objects can be named by their concepts, else a count.
pub(crate) fn box_or_count(scene: &Scene, rng: &mut Rng) -> Exchange {
    let unique = scene.unique();
    if unique.len() < 2 {
        return counting::exchange(scene, rng);
    }
    let (&first, &second) = two_of(&unique, rng);
    if rng.coin() {
        box_of(scene, first, second)
    } else {
        in_box(scene, first, second)
    }
}

/// Two different ones of at least two.
fn two_of<'a, T>(items: &'a [T], rng: &mut Rng) -> (&'a T, &'a T) {
    let first = rng.below(items.len() as u32) as usize;
    let step = 1 + rng.below(items.len() as u32 - 1) as usize;
    (&items[first], &items[(first + step) % items.len()])
}

/// How the first stands to the second, along the axis on which they are farther apart, and the
/// opposite.
pub(crate) fn direction(first: &Object, second: &Object) -> (&'static str, &'static str) {
    let across = first.centre.0 - second.centre.0;
    let down = first.centre.1 - second.centre.1;
    match (across.abs() >= down.abs(), across < 0, down < 0) {
        (true, true, _) => ("to the left of", "to the right of"),
        (true, false, _) => ("to the right of", "to the left of"),
        (false, _, true) => ("above", "below"),
        (false, _, false) => ("below", "above"),
    }
}

/// Whether one axis plainly decides how two objects stand to each other. On a diagonal only a question
/// that names the axis has one answer.
fn is_plain(first: &Object, second: &Object) -> bool {
    let across = (first.centre.0 - second.centre.0).abs();
    let down = (first.centre.1 - second.centre.1).abs();
    across.max(down) * 2 >= across.min(down) * 3
}

fn relation(first: &Object, second: &Object, rng: &mut Rng) -> Exchange {
    let (here, there) = direction(first, second);
    let (name, other) = (first.concept.name(), second.concept.name());
    let question = format!("Where is the {name} relative to the {other}?");
    if rng.coin() {
        let short = |words: &str| capitalised(words.trim_end_matches(" of"));
        return Exchange::new(question, short(here), short(there));
    }
    let say = |words: &str| format!("The {name} is {words} the {other}.");
    Exchange::new(question, say(here), say(there))
}

fn choice(first: &Object, second: &Object, rng: &mut Rng) -> Exchange {
    let (here, there) = direction(first, second);
    let (name, other) = (first.concept.name(), second.concept.name());
    let (left, right) = if rng.coin() {
        (here, there)
    } else {
        (there, here)
    };
    let question = format!("Is the {name} {left} or {right} the {other}?");
    let short = |words: &str| capitalised(words.trim_end_matches(" of"));
    Exchange::new(question, short(here), short(there))
}

/// The box of the first. The false answer is that of the second.
fn box_of(scene: &Scene, first: &Object, second: &Object) -> Exchange {
    let question = format!(
        "Provide the bounding box coordinate of the region this sentence describes: the {}.",
        first.concept.name()
    );
    Exchange::new(
        question,
        first.region().coordinates(scene.extent),
        second.region().coordinates(scene.extent),
    )
}

fn in_box(scene: &Scene, first: &Object, second: &Object) -> Exchange {
    let region = first.region().coordinates(scene.extent);
    Exchange::new(
        format!("What is in the region {region}?"),
        capitalised(&first.concept.name()),
        capitalised(&second.concept.name()),
    )
}
