use crate::conversation::Exchange;
use crate::phrase::with_article;
use crate::rng::Rng;
use crate::shapes::scene::Scene;

/// Whether something is there. Yes and no are equally frequent.
pub(crate) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let (concept, answer, false_answer) = if rng.one_in(2) {
        (rng.pick(&scene.objects).concept, "Yes", "No")
    } else {
        (scene.absent_concept(rng), "No", "Yes")
    };
    let what = with_article(&concept.name());
    let question = match rng.below(3) {
        0 => format!("Does the image contain {what}?"),
        1 => format!("Can you see {what}?"),
        _ => format!("Is there {what} in the image?"),
    };
    Exchange::new(question, answer, false_answer)
}
