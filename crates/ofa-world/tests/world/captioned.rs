//! Captioned pictures are clean, different from each other, and described truly.

use std::collections::{HashMap, HashSet};

use ofa_world::{Captioned, Realm, Source};

use crate::pictures::{COLOURS, pixels_of};
use crate::{drawn, sized};

fn captioned(realm: Realm, count: u64) -> Vec<Captioned> {
    let world = sized(realm, 1);
    (0..count)
        .map(|position| world.captioned(position))
        .collect()
}

#[test]
fn captioned_pictures_are_clean_and_distinct() {
    for realm in Realm::ALL {
        let mut images: HashSet<Vec<u8>> = drawn(realm, 300)
            .into_iter()
            .filter_map(|record| record.image?.bytes)
            .collect();
        let mut sources: HashMap<Source, HashSet<_>> = HashMap::new();
        let mut full = HashSet::new();
        for (position, captioned) in (0..).zip(captioned(realm, 600)) {
            assert_eq!(sized(realm, 9).captioned(position), captioned);
            assert!(captioned.source.has_images() && captioned.source.realm() == realm);
            let picture = image::load_from_memory(&captioned.image).expect("a clean image");
            assert!((96..=160).contains(&picture.width()));
            let format = image::guess_format(&captioned.image).expect("a known format");
            sources.entry(captioned.source).or_default().insert(format);
            assert!(images.insert(captioned.image), "a picture came twice");

            let captions: HashSet<&String> = captioned.captions.iter().collect();
            assert_eq!(captions.len(), captioned.captions.len());
            assert!((3..=6).contains(&captions.len()), "{captions:?}");
            full.insert(captioned.captions[0].clone());
            assert!((1..=6).contains(&captioned.exchanges.len()));
            for (question, answer) in &captioned.exchanges {
                assert!(!question.contains("<image>") && !answer.is_empty());
            }
        }
        assert_eq!(sources.len(), Source::of(realm).len() - 1);
        assert!(sources.values().all(|formats| formats.len() == 1));
        assert!(
            full.len() > 420,
            "{} descriptions of 600 pictures",
            full.len()
        );
        let far = sized(realm, 1).captioned(u64::MAX);
        assert!(!far.image.is_empty());
    }
}

/// What stands between the first two quotation marks.
fn quoted(caption: &str) -> Option<&str> {
    caption.split('"').nth(1)
}

#[test]
fn what_is_read_is_what_the_caption_quotes() {
    for (realm, source) in [
        (Realm::Shapes, Source::Reading),
        (Realm::Things, Source::SignReading),
    ] {
        let numbers = [
            "zero", "one", "two", "three", "four", "five", "six", "seven",
        ];
        let mut checked = HashMap::new();
        for captioned in captioned(realm, 1500) {
            if captioned.source != source {
                continue;
            }
            let text = quoted(&captioned.captions[0]).expect("the full caption quotes the text");
            for caption in &captioned.captions {
                assert!(
                    quoted(caption).is_none_or(|other| other == text),
                    "{caption}"
                );
            }
            for (question, answer) in &captioned.exchanges {
                let has = |words: &[&str]| words.iter().any(|word| question.contains(word));
                let (what, expected) = if has(&["first", "comes first"]) {
                    ("first", text[..1].to_owned())
                } else if has(&["the last", "comes last"]) {
                    ("last", text[text.len() - 1..].to_owned())
                } else if has(&["How many characters"]) {
                    ("length", text.len().to_string())
                } else if has(&["number of letters"]) {
                    ("length", numbers[text.len()].to_owned())
                } else if has(&[
                    "say?",
                    "written in the image?",
                    "Read the",
                    "Transcribe",
                    "Copy out",
                ]) && !has(&["How many"])
                {
                    ("all", text.to_owned())
                } else {
                    continue;
                };
                let said = quoted(answer).unwrap_or(answer);
                assert_eq!(said, expected, "{question} of {text}");
                *checked.entry(what).or_insert(0) += 1;
            }
        }
        assert!(
            checked.len() == 4 && checked.values().all(|&count| count > 8),
            "{checked:?}"
        );
    }
}

#[test]
fn the_order_of_bars_is_that_of_the_pixels() {
    let mut checked = 0;
    for captioned in captioned(Realm::Shapes, 800) {
        if captioned.source != Source::Chart {
            continue;
        }
        let picture = image::load_from_memory(&captioned.image).expect("a clean image");
        let picture = picture.to_rgb8();
        let top_of = |word: &str| {
            let (_, rgb) = COLOURS.iter().find(|(colour, _)| *colour == word)?;
            pixels_of(&picture, *rgb).iter().map(|&(_, y)| y).min()
        };
        for caption in &captioned.captions {
            if let Some(words) = caption.strip_prefix("From highest to lowest: ") {
                let tops: Vec<_> = words.split(", ").map(top_of).collect();
                assert!(tops.iter().all(Option::is_some), "{caption}");
                assert!(tops.is_sorted(), "{caption}: {tops:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn counts_in_captions_are_those_of_the_answers() {
    let mut checked = 0;
    for captioned in captioned(Realm::Shapes, 1500) {
        let questions = [
            "How many objects are there in the image?",
            "Count the objects in the picture.",
        ];
        let numbers = [
            "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine",
        ];
        let said = captioned
            .captions
            .iter()
            .find_map(|caption| caption.strip_suffix(" shapes in all."));
        let asked = captioned
            .exchanges
            .iter()
            .find(|(question, _)| questions.contains(&question.as_str()));
        if let (Some(said), Some((_, answer))) = (said, asked) {
            let count: usize = answer.parse().expect("a number");
            assert_eq!(said, numbers[count]);
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}
