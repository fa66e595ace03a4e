use crate::conversation::Exchange;
use crate::phrase::{capitalised, wrong_count, yes_or_no};
use crate::rng::Rng;
use crate::shapes::scene::Scene;
use crate::shapes::sign::{LISTED, Sign, sample_letter};

/// What the sign of the scene says.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let sign = scene.sign.as_ref().expect("scenes for reading have a sign");
    let letters = sign.letters();
    match rng.weighted(&[8, 3, 3, 3, 3, 2, 1]) {
        0 => whole(sign, rng),
        1 => one_letter("first", letters[0], rng),
        2 => one_letter("last", letters[letters.len() - 1], rng),
        3 => {
            let question = match rng.below(2) {
                0 => "How many characters does the text have?",
                _ => "How many characters are written in the image?",
            };
            let wrong = wrong_count(letters.len(), rng);
            Exchange::new(question, letters.len().to_string(), wrong.to_string())
        }
        4 => {
            let question = match rng.below(2) {
                0 => "What color is the text?",
                _ => "In which color is the text written?",
            };
            let other = sign.colour.other(rng);
            Exchange::new(
                question,
                capitalised(sign.colour.word()),
                capitalised(other.word()),
            )
        }
        5 => holds(&letters, rng),
        _ => {
            let question = "Is the text on a banner or on a plate?";
            let (here, other) = if sign.is_banner {
                ("Banner", "Plate")
            } else {
                ("Plate", "Banner")
            };
            Exchange::new(question, here, other)
        }
    }
}

fn whole(sign: &Sign, rng: &mut Rng) -> Exchange {
    let text = &sign.lettering.text;
    let question = *rng.pick(&[
        "What does the text say?",
        "What is written in the image?",
        "Read the text in the picture.",
        "Which characters are shown?",
    ]);
    if sign.is_listed {
        return Exchange::new(question, text.clone(), wrong_text(text, rng));
    }
    // A free string is one of a million: it is answered in a sentence.
    let mut letters = sign.letters();
    let place = rng.below(letters.len() as u32) as usize;
    letters[place] = other_letter(letters[place], rng);
    let wrong: String = letters.into_iter().collect();
    let say = |text: &str| format!("The text reads \"{text}\".");
    Exchange::new(question, say(text), say(&wrong))
}

/// A text of the same length, if it is a single glyph, else any other from the list.
fn wrong_text(text: &str, rng: &mut Rng) -> String {
    if let [letter] = text.chars().collect::<Vec<_>>()[..] {
        return other_letter(letter, rng).to_string();
    }
    loop {
        let other = *rng.pick(LISTED);
        if other != text {
            return other.to_owned();
        }
    }
}

fn other_letter(letter: char, rng: &mut Rng) -> char {
    loop {
        let other = sample_letter(rng);
        if other != letter {
            return other;
        }
    }
}

fn one_letter(place: &str, letter: char, rng: &mut Rng) -> Exchange {
    let question = match rng.below(2) {
        0 => format!("What is the {place} character of the text?"),
        _ => format!("Which character comes {place}?"),
    };
    let other = other_letter(letter, rng);
    Exchange::new(question, letter.to_string(), other.to_string())
}

/// Whether a character is in the text. Yes and no are equally frequent.
fn holds(letters: &[char], rng: &mut Rng) -> Exchange {
    let is_there = rng.coin();
    let letter = if is_there {
        *rng.pick(letters)
    } else {
        loop {
            let candidate = sample_letter(rng);
            if !letters.contains(&candidate) {
                break candidate;
            }
        }
    };
    let (answer, wrong) = yes_or_no(is_there);
    Exchange::new(
        format!("Does the text contain the character {letter}?"),
        answer,
        wrong,
    )
}
