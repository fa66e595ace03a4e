use crate::conversation::Exchange;
use crate::phrase::number_word;
use crate::rng::Rng;
use crate::things::names::{Shade, Thing};

/// An instruction that needs no image.
pub(crate) fn exchange(rng: &mut Rng) -> Exchange {
    match rng.below(4) {
        0 => {
            let (a, b) = (rng.between(1, 6) as usize, rng.between(1, 5) as usize);
            let instruction = format!(
                "Add up and answer with a word: {} and {}.",
                number_word(a),
                number_word(b)
            );
            Exchange::new(instruction, number_word(a + b), number_word(a + b + 1))
        }
        1 => {
            let (word, opposite) = *rng.pick(&OPPOSITES);
            let instruction = format!("Give the opposite of \"{word}\".");
            Exchange::new(instruction, opposite, word)
        }
        2 => {
            let (thing, use_of_it) = *rng.pick(&USES);
            let wrong = loop {
                let (other, candidate) = *rng.pick(&USES);
                if other != thing {
                    break candidate;
                }
            };
            let instruction = format!("In one word: what is a {} for?", thing.word());
            Exchange::new(instruction, use_of_it, wrong)
        }
        _ => {
            let (thing, shade) = (*rng.pick(Thing::ALL), *rng.pick(Shade::ALL));
            let (thing, shade) = (thing.word(), shade.word());
            let instruction = format!("Begin a story about a {shade} {thing}.");
            let answer = format!("Long ago, by a slow river, there was a {shade} {thing}.");
            Exchange::new(instruction, answer, "There is no picture to look at.")
        }
    }
}

const OPPOSITES: [(&str, &str); 8] = [
    ("tiny", "huge"),
    ("rising", "falling"),
    ("left", "right"),
    ("day", "night"),
    ("open", "closed"),
    ("early", "late"),
    ("true", "false"),
    ("noisy", "quiet"),
];

const USES: [(Thing, &str); 6] = [
    (Thing::House, "living"),
    (Thing::Boat, "sailing"),
    (Thing::Mug, "drinking"),
    (Thing::Lamp, "lighting"),
    (Thing::Key, "unlocking"),
    (Thing::Car, "driving"),
];
