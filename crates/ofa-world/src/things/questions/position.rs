use super::identify;
use crate::conversation::Exchange;
use crate::drawing::PIXEL;
use crate::rng::Rng;
use crate::things::item::Item;
use crate::things::scene::Scene;

/// How far apart two things must be for one to be plainly more to the left, or higher.
const PLAINLY: i32 = 10 * PIXEL;

/// Where the things stand. They are all different in these scenes.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let extreme = match rng.weighted(&[3, 3, 2, 2, 4, 3, 1]) {
        0 => ("leftmost", extreme(scene, |item| item.centre.0)),
        1 => ("rightmost", extreme(scene, |item| -item.centre.0)),
        2 => ("highest", extreme(scene, |item| item.centre.1)),
        3 => ("lowest", extreme(scene, |item| -item.centre.1)),
        4 => return place(scene, rng),
        5 => return side(scene, rng),
        _ => return identify::backdrop(scene, rng),
    };
    let (word, Some(item)) = extreme else {
        return place(scene, rng);
    };
    let instruction = match rng.below(3) {
        0 => format!("Which thing stands {word}?"),
        1 => format!("Name the thing that is {word} in the drawing."),
        _ => format!("Find the {word} thing and say what it is."),
    };
    let other = another(scene, item, rng);
    Exchange::new(instruction, item.kind.name(), other.kind.name())
}

/// The item for which a measure is smallest, if no other comes near.
fn extreme(scene: &Scene, measure: impl Fn(&Item) -> i32) -> Option<&Item> {
    let first = scene.items.iter().min_by_key(|item| measure(item))?;
    let is_plain = scene
        .items
        .iter()
        .all(|item| item == first || measure(item) - measure(first) >= PLAINLY);
    is_plain.then_some(first)
}

fn another<'a>(scene: &'a Scene, item: &Item, rng: &mut Rng) -> &'a Item {
    loop {
        let candidate = rng.pick(&scene.items);
        if candidate != item {
            return candidate;
        }
    }
}

fn place(scene: &Scene, rng: &mut Rng) -> Exchange {
    let placed: Vec<&Item> = scene
        .items
        .iter()
        .filter(|item| item.is_plainly_placed(scene.extent))
        .collect();
    if placed.is_empty() {
        return identify::backdrop(scene, rng);
    }
    let item = rng.pick(&placed);
    let thing = item.kind.thing.word();
    let instruction = match rng.below(2) {
        0 => format!("In which part of the drawing is the {thing}?"),
        _ => format!("Give the position of the {thing}."),
    };
    let here = item.place(scene.extent);
    let places = scene.items.iter().map(|item| item.place(scene.extent));
    let elsewhere = if here == "middle" {
        "lower right"
    } else {
        "middle"
    };
    let other = places
        .into_iter()
        .find(|&place| place != here)
        .unwrap_or(elsewhere);
    if rng.one_in(4) {
        let say = |place: &str| format!("The {thing} stands in the {place} part.");
        let instruction = format!("Say in a sentence where the {thing} stands.");
        return Exchange::new(instruction, say(here), say(other));
    }
    Exchange::new(instruction, here, other)
}

/// On which side of another thing it is.
fn side(scene: &Scene, rng: &mut Rng) -> Exchange {
    let item = rng.pick(&scene.items);
    let other = another(scene, item, rng);
    let across = item.centre.0 - other.centre.0;
    if across.abs() < PLAINLY {
        return place(scene, rng);
    }
    let (answer, wrong) = if across < 0 {
        ("left", "right")
    } else {
        ("right", "left")
    };
    let instruction = format!(
        "On which side of the {} is the {}, left or right?",
        other.kind.thing.word(),
        item.kind.thing.word()
    );
    Exchange::new(instruction, answer, wrong)
}
