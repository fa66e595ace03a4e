//! What is said about charts, against what the pixels show.

use std::collections::HashMap;

use image::RgbImage;
use ofa_world::{Realm, Source};

use crate::pictures::{COLOURS, SHADES, clean_picture, pixels_of};
use crate::{drawn, exchanges};

/// The colours of bars from left to right with the rows of their tops.
fn bars(picture: &RgbImage) -> Vec<(&'static str, u32)> {
    let mut bars: Vec<(u32, &str, u32)> = COLOURS
        .iter()
        .filter_map(|&(word, rgb)| {
            let pixels = pixels_of(picture, rgb);
            if pixels.len() < 20 {
                return None;
            }
            let left = pixels.iter().map(|&(x, _)| x).min()?;
            let top = pixels.iter().map(|&(_, y)| y).min()?;
            Some((left, word, top))
        })
        .collect();
    bars.sort_unstable();
    bars.into_iter().map(|(_, word, top)| (word, top)).collect()
}

#[test]
fn bar_charts_show_what_is_said_about_them() {
    let mut checked = HashMap::new();
    for record in drawn(Realm::Shapes, 1200) {
        if record.source != Source::Chart || record.truth.pair_dirt.is_some() {
            continue;
        }
        let Some(picture) = clean_picture(&record) else {
            continue;
        };
        let bars = bars(&picture);
        let mut ranked = bars.clone();
        ranked.sort_by_key(|&(_, top)| top);
        let top_of = |word: &str| {
            bars.iter()
                .find(|(other, _)| *other == word)
                .map(|bar| bar.1)
        };
        for (question, answer) in exchanges(&record) {
            let answer = answer.to_lowercase();
            let expected = if question.contains("second highest") {
                ranked[1].0.to_owned()
            } else if ["is the highest", "tallest", "largest"]
                .iter()
                .any(|word| question.contains(word))
            {
                ranked[0].0.to_owned()
            } else if ["lowest", "shortest", "smallest"]
                .iter()
                .any(|word| question.contains(word))
            {
                ranked[ranked.len() - 1].0.to_owned()
            } else if question.contains("How many bars") {
                bars.len().to_string()
            } else if question.contains("leftmost") {
                bars[0].0.to_owned()
            } else if question.contains("rightmost") {
                bars[bars.len() - 1].0.to_owned()
            } else if let Some(words) = question.strip_prefix("Is the ") {
                let words: Vec<&str> = words.split(' ').collect();
                let is_higher = top_of(words[0]) < top_of(words[5]);
                if is_higher { "yes" } else { "no" }.to_owned()
            } else if let Some(word) = question.strip_prefix("Is there a bar in ") {
                let is_there = top_of(word.trim_end_matches('?')).is_some();
                if is_there { "yes" } else { "no" }.to_owned()
            } else {
                continue;
            };
            assert_eq!(answer, expected, "{question} {bars:?}");
            *checked
                .entry(question.split(' ').next().map(str::to_owned))
                .or_insert(0) += 1;
        }
    }
    let all: i32 = checked.values().sum();
    assert!(all > 80 && checked.len() >= 4, "{checked:?}");
}

#[test]
fn line_and_pie_charts_show_what_is_said_about_them() {
    let (mut slices_checked, mut lines_checked) = (0, 0);
    for record in drawn(Realm::Things, 1200) {
        if record.source != Source::GraphReading || record.truth.pair_dirt.is_some() {
            continue;
        }
        let Some(picture) = clean_picture(&record) else {
            continue;
        };
        let concepts = &record.truth.concepts;
        // A background may have a shade of its own, so only those of the chart are looked for.
        let shades = SHADES
            .iter()
            .filter(|(word, _)| concepts.iter().any(|concept| concept.starts_with(word)));
        let mut ranked: Vec<(usize, &str)> = shades
            .clone()
            .map(|&(word, rgb)| (pixels_of(&picture, rgb).len(), word))
            .collect();
        ranked.sort_unstable();
        for (question, answer) in exchanges(&record) {
            if question.contains("slice is the largest") || question.contains("biggest part") {
                assert_eq!(answer, ranked[ranked.len() - 1].1, "{ranked:?}");
                slices_checked += 1;
            } else if question.contains("slice is the smallest") || question.contains("the least") {
                assert_eq!(answer, ranked[0].1, "{ranked:?}");
                slices_checked += 1;
            } else if answer == "rising" || answer == "falling" {
                let (_, rgb) = shades.clone().next().expect("the line's shade");
                let pixels = pixels_of(&picture, *rgb);
                let (_, left) = pixels.iter().min().expect("a line");
                let (_, right) = pixels.iter().max().expect("a line");
                assert_eq!(answer == "rising", right < left, "{question}");
                lines_checked += 1;
            }
        }
    }
    assert!(
        slices_checked > 15 && lines_checked > 15,
        "{slices_checked} of slices, {lines_checked} of lines"
    );
}
