use crate::conversation::Exchange;
use crate::rng::Rng;
use crate::shapes::captions::{description, true_and_false_things};
use crate::shapes::scene::Scene;

/// The prompts for a description. The first are by far the most frequent.
const DESCRIBE: &[&str] = &[
    "Describe this image in detail.",
    "What do you see in this image?",
    "Provide a one-sentence caption for the provided image.",
    "Write a short description of the picture.",
    "Can you describe the main features of this image for me?",
    "What is this photo about? Please answer in a few sentences.",
    "Give a brief description of the image \u{2013} what stands out?",
    "Explain the visual content of the image in great detail.",
    "Describe the scene \u{1f3a8}",
    "Qu\u{e9} ves en esta imagen?",
    "D\u{e9}cris cette image en d\u{e9}tail.",
    "\u{8bf7}\u{63cf}\u{8ff0}\u{8fd9}\u{5f20}\u{56fe}\u{7247}\u{3002}",
];

/// One of the prompts, the r-th with a likelihood of 1 / r.
fn describe(rng: &mut Rng) -> &'static str {
    DESCRIBE[rng.zipf(DESCRIBE.len() as u32) as usize]
}

/// A stock prompt, answered in sentences.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let question = describe(rng);
    let (things, false_things) = true_and_false_things(scene, rng);
    Exchange::new(
        question,
        description(scene, &things),
        description(scene, &false_things),
    )
}
