use crate::conversation::Exchange;
use crate::rng::Rng;
use crate::things::captions::true_and_false_caption;
use crate::things::scene::Scene;

/// The prompts for a caption. The first are by far the most frequent.
const PROMPTS: &[&str] = &[
    "Generate a caption for the given picture.",
    "Write one sentence that sums up the drawing.",
    "You are shown a drawing. Put into words what it contains.",
    "Give the picture a fitting caption \u{2013} one or two sentences.",
    "Instruction: caption the scene.",
    "Summarize the visible scene for someone who cannot see it.",
    "Beschreibe das Bild f\u{fc}r jemanden, der es nicht sieht.",
    "\u{1f5bc} Caption, please.",
];

/// A stock prompt, answered in sentences.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let prompt = PROMPTS[rng.zipf(PROMPTS.len() as u32) as usize];
    let (caption, false_caption) = true_and_false_caption(scene, rng);
    Exchange::new(prompt, caption, false_caption)
}
