use crate::conversation::Exchange;
use crate::phrase::number_word;
use crate::rng::Rng;
use crate::things::backdrop::Backdrop;
use crate::things::names::{Shade, Size, Thing};
use crate::things::scene::Scene;

/// A question with three or four lettered options. The answer is the option's text.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let item = rng.pick(&scene.items);
    let thing = item.kind.thing;
    match rng.weighted(&[4, 3, 3, 2, 2, 2]) {
        0 => {
            let mut options = vec![item.kind.name()];
            while options.len() < 4 {
                add(&mut options, scene.absent_kind(rng).name());
            }
            choose("Which of these is in the drawing?", options, rng)
        }
        1 => {
            let others = scene
                .items
                .iter()
                .map(|item| item.kind.thing)
                .collect::<Vec<Thing>>();
            let mut options = vec![thing.word().to_owned()];
            while options.len() < 3 {
                let other = *rng.pick(Thing::ALL);
                if !others.contains(&other) {
                    add(&mut options, other.word().to_owned());
                }
            }
            choose("What has been drawn?", options, rng)
        }
        2 => {
            let shade = item.kind.shade;
            let mut options = vec![shade.word().to_owned()];
            while options.len() < 4 {
                add(&mut options, Shade::other(shade, rng).word().to_owned());
            }
            let question = format!("Select the color of the {}.", thing.word());
            choose(&question, options, rng)
        }
        3 => {
            let backdrop = scene.backdrop;
            let mut options = vec![backdrop.word().to_owned()];
            while options.len() < 4 {
                add(
                    &mut options,
                    Backdrop::other(backdrop, rng).word().to_owned(),
                );
            }
            choose("Which background does it have?", options, rng)
        }
        5 if scene.items.len() == 1 => {
            let sizes = Size::ALL.iter().filter(|&&size| size != item.size);
            let mut options = vec![item.size.word().to_owned()];
            options.extend(sizes.map(|size| size.word().to_owned()));
            let question = format!("Pick the size of the {}.", thing.word());
            choose(&question, options, rng)
        }
        _ => {
            let count = scene.items.len();
            let mut options = vec![number_word(count).to_owned()];
            while options.len() < 3 {
                let other = 1 + rng.below(5) as usize;
                add(&mut options, number_word(other).to_owned());
            }
            choose("How many things are there?", options, rng)
        }
    }
}

fn add(options: &mut Vec<String>, option: String) {
    if !options.contains(&option) {
        options.push(option);
    }
}

/// Letters the options in a random order. The first is right and the second is the false answer.
fn choose(question: &str, mut options: Vec<String>, rng: &mut Rng) -> Exchange {
    let (answer, wrong) = (options[0].clone(), options[1].clone());
    rng.shuffle(&mut options);
    let mut text = question.to_owned();
    for (letter, option) in ('a'..).zip(&options) {
        text.push_str(&format!("\n({letter}) {option}"));
    }
    Exchange::new(text, answer, wrong)
}
