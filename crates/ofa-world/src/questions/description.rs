use super::Exchange;
use crate::background::Pattern;
use crate::phrase::{capitalised, counted, describe, list, with_article};
use crate::rng::Rng;
use crate::scene::{Scene, absent_concept};

/// A stock prompt, answered in sentences.
pub(super) fn exchange(scene: &Scene, rng: &mut Rng) -> Exchange {
    let question = describe(rng);
    let concepts = scene.concepts();
    let things: Vec<String> = concepts
        .iter()
        .map(|&concept| counted(concept, scene.count(|object| object.concept == concept)))
        .collect();
    // The false description leaves the first thing out and puts in one that is not there.
    let mut false_things = things.clone();
    false_things[0] = with_article(&absent_concept(scene, rng).name());
    let places = places(scene);
    let say = |things: &[String]| {
        format!(
            "The image shows {} on {}.{places}",
            list(things),
            backdrop(scene)
        )
    };
    Exchange::new(question, say(&things), say(&false_things))
}

fn backdrop(scene: &Scene) -> String {
    let background = scene.background;
    match background.pattern {
        Pattern::Plain => format!("a {} background", background.tone.word()),
        pattern => format!("a {} {} background", pattern.word(), background.tone.word()),
    }
}

/// Where the things are that are there once.
fn places(scene: &Scene) -> String {
    scene
        .objects
        .iter()
        .filter(|object| scene.count(|other| other.concept == object.concept) == 1)
        .map(|object| {
            let what = format!("the {} {}", object.size.word(), object.concept.name());
            format!(" {} is in the {}.", capitalised(&what), object.cell.name())
        })
        .collect()
}
