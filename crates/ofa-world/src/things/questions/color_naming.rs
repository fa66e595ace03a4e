use super::identify;
use crate::conversation::Exchange;
use crate::rng::Rng;
use crate::things::scene::Scene;

/// The colour of one thing. Things are distinct in these scenes, so a word names one.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let kind = rng.pick(&scene.items).kind;
    let (thing, shade) = (kind.thing.word(), kind.shade);
    let same_shade = scene.count(|item| item.kind.shade == shade);
    match rng.weighted(&[5, 2, 1]) {
        0 => {
            let instruction = match rng.below(4) {
                0 => format!("Name the color of the {thing}."),
                1 => format!("In one word, give the color in which the {thing} is painted."),
                2 => format!("Task: color naming. Object: {thing}."),
                _ => format!("State the {thing}'s main color."),
            };
            Exchange::new(instruction, shade.word(), shade.other(rng).word())
        }
        1 if same_shade == 1 => {
            let instruction = format!("Name the thing that is painted in {}.", shade.word());
            Exchange::new(instruction, thing, kind.thing.other(rng).word())
        }
        _ => identify::backdrop(scene, rng),
    }
}
