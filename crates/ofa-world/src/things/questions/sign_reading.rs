use crate::conversation::Exchange;
use crate::phrase::{number_word, wrong_count, yes_or_no};
use crate::rng::Rng;
use crate::things::scene::Scene;
use crate::things::sign::{Sign, WORDS};

/// What the sign board says.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let sign = scene
        .sign
        .as_ref()
        .expect("scenes for reading signs have a sign");
    let word = sign.word();
    match rng.weighted(&[6, 2, 2, 2, 3, 2, 2]) {
        0 => {
            let instruction = *rng.pick(&[
                "Read the word on the sign.",
                "Transcribe the sign board.",
                "Copy out the word that is painted on the board.",
            ]);
            Exchange::new(instruction, word, other_word(sign, rng))
        }
        1 => letter("first", word.chars().next(), rng),
        2 => letter("last", word.chars().last(), rng),
        3 => {
            let wrong = number_word(wrong_count(word.len(), rng));
            let instruction = "Give the number of letters on the sign as a word.";
            Exchange::new(instruction, number_word(word.len()), wrong)
        }
        4 => {
            let instruction = *rng.pick(&[
                "Name the color of the letters.",
                "In which color is the sign lettered?",
            ]);
            Exchange::new(instruction, sign.shade.word(), sign.shade.other(rng).word())
        }
        5 => {
            let shade = sign.shade.word();
            let say = |word: &str| format!("The sign reads \"{word}\" in {shade} letters.");
            let instruction = "Say in a sentence what the sign tells.";
            Exchange::new(instruction, say(word), say(other_word(sign, rng)))
        }
        _ => {
            let is_so = rng.coin();
            let asked = if is_so { word } else { other_word(sign, rng) };
            let (answer, wrong) = yes_or_no(is_so);
            Exchange::new(
                format!("Check the sign: is \"{asked}\" written on it? yes or no"),
                answer.to_lowercase(),
                wrong.to_lowercase(),
            )
        }
    }
}

fn other_word(sign: &Sign, rng: &mut Rng) -> &'static str {
    loop {
        let other = *rng.pick(WORDS);
        if other != sign.word() {
            return other;
        }
    }
}

fn letter(place: &str, letter: Option<char>, rng: &mut Rng) -> Exchange {
    let letter = letter.expect("words have letters");
    let wrong = loop {
        let other = char::from(b'a' + rng.below(26) as u8);
        if other != letter {
            break other;
        }
    };
    Exchange::new(
        format!("Give the {place} letter of the word on the sign."),
        letter.to_string(),
        wrong.to_string(),
    )
}
