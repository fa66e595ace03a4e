use crate::conversation::Exchange;
use crate::phrase::{number_word, wrong_count};
use crate::rng::Rng;
use crate::things::scene::Scene;

/// How many there are, as a word.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let kind = rng.pick(&scene.items).kind;
    let (count, what) = match rng.weighted(&[4, 2, 2, 2, 1]) {
        0 => (scene.count_of(kind), kind.plural()),
        1 => (
            scene.count(|item| item.kind.thing == kind.thing),
            kind.thing.plural(),
        ),
        2 => (
            scene.count(|item| item.kind.shade == kind.shade),
            format!("{} things", kind.shade.word()),
        ),
        3 => (scene.items.len(), "things in total".to_owned()),
        _ => {
            let mut things: Vec<&str> = scene
                .items
                .iter()
                .map(|item| item.kind.thing.word())
                .collect();
            things.sort_unstable();
            things.dedup();
            (things.len(), "different sorts of things".to_owned())
        }
    };
    let instruction = match rng.below(4) {
        0 => format!("Give the number of {what} as a word."),
        1 => format!("Determine the quantity: {what}."),
        2 => format!("Count carefully and answer with a number word. {what}?"),
        _ => format!("State how many {what} the drawing contains."),
    };
    let wrong = wrong_count(count, rng);
    if rng.one_in(8) {
        let say = |count: usize| format!("The number of {what} is {}.", number_word(count));
        let instruction = format!("Write a full sentence with the number of {what}.");
        return Exchange::new(instruction, say(count), say(wrong));
    }
    Exchange::new(instruction, number_word(count), number_word(wrong))
}
