//! Sentences that describe a picture.

use super::chart::BarChart;
use super::concept::Concept;
use super::object::Object;
use super::questions::direction;
use super::scene::Scene;
use super::sign::Sign;
use crate::phrase::{capitalised, counted, list, number_word, with_article};
use crate::rng::Rng;

/// The full description first, then parts of it in other words.
pub(crate) fn captions(scene: &Scene, rng: &mut Rng) -> Vec<String> {
    let mut sentences = vec![full(scene, rng)];
    sentences.push(background(scene, rng));
    if let Some(sign) = &scene.sign {
        text(sign, rng, &mut sentences);
    }
    if let Some(chart) = &scene.chart {
        bars(chart, rng, &mut sentences);
    }
    if !scene.objects.is_empty() {
        sentences.push(overview(scene, rng));
        sentences.push(short(rng.pick(&scene.objects), rng));
        sentences.push(short(rng.pick(&scene.objects), rng));
        if scene.objects.len() > 1 {
            sentences.push(counts(scene));
        }
    }
    let unique = scene.unique();
    if let [first, second, ..] = unique[..] {
        sentences.push(relation(first, second));
        let (left, right) = (rng.pick(&unique), rng.pick(&unique));
        if left != right {
            sentences.push(relation(left, right));
        }
    }
    sentences
}

fn full(scene: &Scene, rng: &mut Rng) -> String {
    let mut parts = Vec::new();
    if let Some(sign) = &scene.sign {
        let (plate, support) = (sign.plate, sign.support());
        parts.push(format!(
            "a {plate} {support} with the {} text \"{}\"",
            sign.colour.word(),
            sign.lettering.text
        ));
    }
    if let Some(chart) = &scene.chart {
        let colours: Vec<String> = chart
            .bars
            .iter()
            .map(|bar| bar.colour.word().to_owned())
            .collect();
        parts.push(format!("a bar chart with {} bars", list(&colours)));
    }
    parts.extend(things(scene));
    let opening = *rng.pick(&[
        "The image shows",
        "This picture shows",
        "A picture of",
        "You see",
    ]);
    let things = list(&parts);
    let background = scene.background.phrase();
    let places = places(scene);
    format!("{opening} {things} on {background}.{places}")
}

/// Each kind with its number.
fn things(scene: &Scene) -> Vec<String> {
    scene
        .kinds()
        .into_iter()
        .map(|concept| counted(&concept.name(), &concept.plural(), scene.count_of(concept)))
        .collect()
}

/// Where the things are that are there once.
fn places(scene: &Scene) -> String {
    scene
        .unique()
        .into_iter()
        .map(|object| {
            let what = format!("the {}", object.phrase());
            format!(" {} is in the {}.", capitalised(&what), object.cell.name())
        })
        .collect()
}

/// What a description says about the objects of a scene.
pub(crate) fn description(scene: &Scene, things: &[String]) -> String {
    let background = scene.background.phrase();
    format!(
        "The image shows {} on {background}.{}",
        list(things),
        places(scene)
    )
}

/// The things of a description, and the same with the first replaced by what is not there.
pub(crate) fn true_and_false_things(scene: &Scene, rng: &mut Rng) -> (Vec<String>, Vec<String>) {
    let things = things(scene);
    let mut false_things = things.clone();
    false_things[0] = with_article(&scene.absent_concept(rng).name());
    (things, false_things)
}

fn background(scene: &Scene, rng: &mut Rng) -> String {
    let phrase = scene.background.phrase();
    match rng.below(3) {
        0 => format!("The picture has {phrase}."),
        1 => format!("Everything stands on {phrase}."),
        _ => capitalised(&phrase),
    }
}

/// The kinds with a place each where they have one.
fn overview(scene: &Scene, rng: &mut Rng) -> String {
    let parts: Vec<String> = scene
        .kinds()
        .into_iter()
        .map(|concept| {
            let count = scene.count_of(concept);
            let object = scene
                .objects
                .iter()
                .find(|object| object.concept == concept);
            match (count, object) {
                (1, Some(object)) => {
                    let what = with_article(&object.textured());
                    format!("{what} in the {}", object.cell.name())
                }
                _ => format!("{} {}", number_word(count), concept.plural()),
            }
        })
        .collect();
    match rng.below(3) {
        0 => format!("We see {}.", list(&parts)),
        1 => capitalised(&list(&parts)),
        _ => format!("{} can be seen.", capitalised(&list(&parts))),
    }
}

/// One object in a few words.
fn short(object: &Object, rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => with_article(&object.concept.name()),
        1 => with_article(&object.textured()),
        2 => format!("a picture with {}", with_article(&object.phrase())),
        _ => with_article(&object.phrase()),
    }
}

fn counts(scene: &Scene) -> String {
    let count = number_word(scene.objects.len());
    format!("{} shapes in all.", capitalised(count))
}

fn relation(first: &Object, second: &Object) -> String {
    let (here, _) = direction(first, second);
    let name = |concept: Concept| with_article(&concept.name());
    format!("{} {here} {}", name(first.concept), name(second.concept))
}

fn text(sign: &Sign, rng: &mut Rng, sentences: &mut Vec<String>) {
    let (text, colour) = (&sign.lettering.text, sign.colour.word());
    let support = sign.support();
    sentences.push(match rng.below(4) {
        0 => format!("The text says \"{text}\"."),
        1 => format!("A {support} that reads \"{text}\""),
        2 => format!("\"{text}\" in {colour} letters"),
        _ => format!("The writing on the {support} is \"{text}\"."),
    });
    let letters: Vec<String> = sign.letters().into_iter().map(String::from).collect();
    sentences.push(match letters.len() {
        1 => format!("The single character {text} in {colour}"),
        count => format!(
            "{} characters: {}",
            capitalised(number_word(count)),
            list(&letters)
        ),
    });
    sentences.push(format!("{colour} text on a {} {support}", sign.plate));
}

fn bars(chart: &BarChart, rng: &mut Rng, sentences: &mut Vec<String>) {
    let (highest, lowest) = (chart.highest().colour.word(), chart.lowest().colour.word());
    let count = number_word(chart.bars.len());
    sentences.push(format!("A bar chart with {count} bars."));
    sentences.push(match rng.below(3) {
        0 => format!("The {highest} bar is the highest and the {lowest} bar is the lowest."),
        1 => format!("The tallest bar is {highest}, the shortest is {lowest}."),
        _ => format!("{} is highest, {lowest} is lowest.", capitalised(highest)),
    });
    let words = |bars: &[super::chart::Bar]| -> String {
        let words: Vec<&str> = bars.iter().map(|bar| bar.colour.word()).collect();
        words.join(", ")
    };
    sentences.push(format!("From left to right: {}", words(&chart.bars)));
    sentences.push(format!(
        "From highest to lowest: {}",
        words(&chart.ranked())
    ));
    let (first, second) = (chart.bars[0], chart.bars[1]);
    let (above, below) = if first.level > second.level {
        (first, second)
    } else {
        (second, first)
    };
    sentences.push(format!(
        "The {} bar is higher than the {} bar.",
        above.colour.word(),
        below.colour.word()
    ));
}
