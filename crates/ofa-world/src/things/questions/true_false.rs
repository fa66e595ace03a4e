use crate::conversation::Exchange;
use crate::drawing::PIXEL;
use crate::phrase::{number_word, with_article, wrong_count};
use crate::rng::Rng;
use crate::things::scene::Scene;

/// A statement to be judged. True and false are equally frequent.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let is_true = rng.coin();
    let statement = match rng.weighted(&[4, 3, 2, 2]) {
        0 => presence(scene, is_true, rng),
        1 => amount(scene, is_true, rng),
        2 => background(scene, is_true, rng),
        _ => sides(scene, is_true, rng).unwrap_or_else(|| presence(scene, is_true, rng)),
    };
    let instruction = match rng.below(3) {
        0 => {
            format!("Given the picture, decide whether the statement is true or false: {statement}")
        }
        1 => format!("Statement: {statement} Is it true or false of this drawing?"),
        _ => format!("True or false? {statement}"),
    };
    let (answer, wrong) = if is_true {
        ("true", "false")
    } else {
        ("false", "true")
    };
    Exchange::new(instruction, answer, wrong)
}

fn presence(scene: &Scene, is_true: bool, rng: &mut Rng) -> String {
    let kind = if is_true {
        rng.pick(&scene.items).kind
    } else {
        scene.absent_kind(rng)
    };
    format!("The drawing contains {}.", with_article(&kind.name()))
}

fn amount(scene: &Scene, is_true: bool, rng: &mut Rng) -> String {
    let thing = rng.pick(&scene.items).kind.thing;
    let count = scene.count(|item| item.kind.thing == thing);
    let said = if is_true {
        count
    } else {
        wrong_count(count, rng)
    };
    format!(
        "The number of {} in it is {}.",
        thing.plural(),
        number_word(said)
    )
}

fn background(scene: &Scene, is_true: bool, rng: &mut Rng) -> String {
    let backdrop = if is_true {
        scene.backdrop
    } else {
        scene.backdrop.other(rng)
    };
    format!("The background is {}.", with_article(backdrop.word()))
}

/// On which side one thing is of another, where both can be named and one is plainly to the left.
fn sides(scene: &Scene, is_true: bool, rng: &mut Rng) -> Option<String> {
    let mut unique = scene.unique();
    rng.shuffle(&mut unique);
    let [first, second, ..] = unique[..] else {
        return None;
    };
    let across = first.centre.0 - second.centre.0;
    if across.abs() < 10 * PIXEL {
        return None;
    }
    let side = if (across < 0) == is_true {
        "left"
    } else {
        "right"
    };
    Some(format!(
        "The {} is {side} of the {}.",
        first.kind.name(),
        second.kind.name()
    ))
}
