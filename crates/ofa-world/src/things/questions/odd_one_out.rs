use super::quantity;
use crate::conversation::Exchange;
use crate::phrase::capitalised;
use crate::rng::Rng;
use crate::things::scene::{Difference, Scene};

/// Which item is unlike the others.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let (odd, difference) = scene.odd.expect("these scenes have an odd one");
    let common = &scene.items[usize::from(odd == 0)];
    let odd = &scene.items[odd];
    match rng.weighted(&[5, 3, 2, 2]) {
        0 => {
            let instruction = *rng.pick(&[
                "All but one are alike. Which one does not belong?",
                "Find the odd one out.",
                "Spot the item that is unlike the others.",
            ]);
            match difference {
                Difference::Size => {
                    let say = |size: &str| capitalised(&format!("the {size} one"));
                    Exchange::new(instruction, say(odd.size.word()), say(common.size.word()))
                }
                _ => Exchange::new(instruction, odd.kind.name(), common.kind.name()),
            }
        }
        1 => {
            let instruction = "One item differs from the rest. In kind, color or size?";
            let wrong = loop {
                let candidate = *rng.pick(&Difference::ALL);
                if candidate != difference {
                    break candidate;
                }
            };
            Exchange::new(instruction, difference.word(), wrong.word())
        }
        2 if odd.is_plainly_placed(scene.extent) => {
            let here = odd.place(scene.extent);
            let there = scene
                .items
                .iter()
                .map(|item| item.place(scene.extent))
                .find(|&place| place != here)
                .unwrap_or("nowhere");
            Exchange::new("In which part is the odd one?", here, there)
        }
        _ => quantity::exchange(scene, rng),
    }
}
