//! Sentences that describe a picture.

use super::graph::{Curve, Graph, ranked};
use super::item::Item;
use super::scene::Scene;
use super::sign::Sign;
use crate::phrase::{capitalised, list, number_word, with_article};
use crate::rng::Rng;

/// The full description first, then parts of it in other words.
pub(crate) fn captions(scene: &Scene, rng: &mut Rng) -> Vec<String> {
    let mut sentences = vec![full(scene, rng)];
    sentences.push(format!(
        "The background is {}.",
        with_article(scene.backdrop.word())
    ));
    sentences.push(format!("A scene {}", scene.backdrop.phrase()));
    if let Some(sign) = &scene.sign {
        board(sign, rng, &mut sentences);
    }
    if let Some(graph) = &scene.graph {
        curve(graph, rng, &mut sentences);
    }
    if !scene.items.is_empty() {
        sentences.push(overview(scene));
        sentences.push(short(rng.pick(&scene.items), rng));
        sentences.push(short(rng.pick(&scene.items), rng));
    }
    for item in plainly_placed(scene) {
        let place = item.place(scene.extent);
        let name = with_article(&item.kind.name());
        sentences.push(format!("{name}, {place}"));
    }
    if let Some((odd, difference)) = scene.odd {
        let name = scene.items[odd].kind.name();
        sentences.push(format!(
            "All are alike but one: the {name} has another {}.",
            difference.word()
        ));
    }
    sentences
}

fn full(scene: &Scene, rng: &mut Rng) -> String {
    let opening = *rng.pick(&[
        "Here we have",
        "One can see",
        "This is a drawing of",
        "Shown:",
    ]);
    let rest = rest(scene);
    format!("{opening} {rest}")
}

/// The whole scene after an opening, to the full stop.
fn rest(scene: &Scene) -> String {
    let mut parts = Vec::new();
    if let Some(sign) = &scene.sign {
        parts.push(format!(
            "a sign board with the word \"{}\" in {}",
            sign.word(),
            sign.shade.word()
        ));
    }
    if let Some(graph) = &scene.graph {
        parts.push(match &graph.curve {
            Curve::Line(trend, shade, _) => {
                format!(
                    "a line chart whose {} line is {}",
                    shade.word(),
                    gerund(trend.word())
                )
            }
            Curve::Pie(slices) => {
                let shades: Vec<String> = slices
                    .iter()
                    .map(|slice| slice.shade.word().to_owned())
                    .collect();
                format!("a pie chart with the slices {}", list(&shades))
            }
        });
    }
    parts.extend(things(scene));
    let place = if scene.items.len() > 1 && scene.sign.is_none() {
        format!(", {},", scene.arrangement.phrase())
    } else {
        String::new()
    };
    format!("{}{place} {}.", list(&parts), scene.backdrop.phrase())
}

/// As in "rising then falling".
fn gerund(trend: &str) -> String {
    trend.replace("rises", "rising").replace("falls", "falling")
}

/// Each kind with its number.
fn things(scene: &Scene) -> Vec<String> {
    scene
        .kinds()
        .into_iter()
        .map(|kind| match scene.count_of(kind) {
            1 => with_article(&kind.name()),
            count => format!("{} {}", number_word(count), kind.plural()),
        })
        .collect()
}

/// An answer to a request for a caption, true and false.
pub(crate) fn true_and_false_caption(scene: &Scene, rng: &mut Rng) -> (String, String) {
    let background = scene.backdrop.phrase();
    let things = things(scene);
    let mut false_things = things.clone();
    false_things[0] = with_article(&scene.absent_kind(rng).name());
    let places: String = plainly_placed(scene)
        .take(2)
        .map(|item| {
            format!(
                " In the {}: {}.",
                item.place(scene.extent),
                with_article(&item.phrase())
            )
        })
        .collect();
    let opening = *rng.pick(&["A drawing of", "Here we see", "You are looking at"]);
    let say = |things: &[String]| format!("{opening} {} {background}.{places}", list(things));
    (say(&things), say(&false_things))
}

/// The things that a name tells from the others and of whose place there is no doubt.
fn plainly_placed(scene: &Scene) -> impl Iterator<Item = &Item> {
    let unique = scene.unique().into_iter();
    unique.filter(|item| item.is_plainly_placed(scene.extent))
}

/// The kinds with a place each where they have one.
fn overview(scene: &Scene) -> String {
    let parts: Vec<String> = scene
        .kinds()
        .into_iter()
        .map(|kind| {
            let count = scene.count_of(kind);
            let item = scene.items.iter().find(|item| item.kind == kind);
            match (count, item) {
                (1, Some(item)) => {
                    let what = with_article(&item.phrase());
                    if item.is_plainly_placed(scene.extent) {
                        format!("{what} at the {}", item.place(scene.extent))
                    } else {
                        what
                    }
                }
                _ => format!("{} {}", number_word(count), kind.plural()),
            }
        })
        .collect();
    capitalised(&list(&parts))
}

/// One item in a few words.
fn short(item: &Item, rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => with_article(&item.kind.name()),
        1 => format!(
            "{} in {}",
            with_article(item.kind.thing.word()),
            item.kind.shade.word()
        ),
        _ => format!("a drawing with {}", with_article(&item.phrase())),
    }
}

fn board(sign: &Sign, rng: &mut Rng, sentences: &mut Vec<String>) {
    let (word, shade) = (sign.word(), sign.shade.word());
    sentences.push(match rng.below(3) {
        0 => format!("The sign says \"{word}\"."),
        1 => format!("a board that reads \"{word}\""),
        _ => format!("the word \"{word}\" on a sign"),
    });
    sentences.push(format!("{shade} letters on a board"));
    let count = number_word(word.len());
    sentences.push(format!("a word of {count} letters: \"{word}\""));
}

fn curve(graph: &Graph, rng: &mut Rng, sentences: &mut Vec<String>) {
    sentences.push(format!("a {} on a panel", graph.name()));
    match &graph.curve {
        Curve::Line(trend, shade, _) => {
            let (trend, shade) = (gerund(trend.word()), shade.word());
            sentences.push(match rng.below(2) {
                0 => format!("The line is {trend}."),
                _ => format!("a curve that is {trend}"),
            });
            sentences.push(format!("a {shade} line in a chart"));
        }
        Curve::Pie(slices) => {
            let ranked = ranked(slices);
            let words: Vec<&str> = ranked.iter().map(|slice| slice.shade.word()).collect();
            let (largest, smallest) = (words[0], words[words.len() - 1]);
            sentences.push(format!(
                "The {largest} slice is the largest and the {smallest} slice is the smallest."
            ));
            sentences.push(format!("a pie in {} slices", number_word(slices.len())));
        }
    }
}
