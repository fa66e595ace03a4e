//! Pictures show what their labels say, and boxes are where the objects are.

use image::RgbImage;
use ofa_world::{Realm, Source, WorldRecord};

use crate::{drawn, exchanges};

pub(crate) const COLOURS: [(&str, [u8; 3]); 12] = [
    ("red", [214, 39, 40]),
    ("blue", [31, 78, 196]),
    ("green", [44, 160, 44]),
    ("yellow", [240, 208, 30]),
    ("orange", [245, 130, 20]),
    ("purple", [120, 50, 170]),
    ("pink", [250, 150, 190]),
    ("brown", [125, 75, 35]),
    ("cyan", [40, 210, 225]),
    ("magenta", [215, 30, 180]),
    ("olive", [128, 128, 20]),
    ("teal", [10, 115, 115]),
];

pub(crate) const SHADES: [(&str, [u8; 3]); 9] = [
    ("crimson", [220, 20, 60]),
    ("navy", [20, 35, 125]),
    ("lime", [160, 235, 30]),
    ("gold", [245, 190, 10]),
    ("violet", [150, 70, 225]),
    ("salmon", [250, 140, 115]),
    ("turquoise", [45, 210, 195]),
    ("charcoal", [58, 60, 68]),
    ("maroon", [115, 15, 40]),
];

/// The picture of a record, if its file is clean and comes with it.
pub(crate) fn clean_picture(record: &WorldRecord) -> Option<RgbImage> {
    if record.truth.image_dirt.is_some() {
        return None;
    }
    let bytes = record.image.as_ref()?.bytes.as_ref()?;
    let picture = image::load_from_memory(bytes).expect("a clean image");
    Some(picture.to_rgb8())
}

/// Where a colour is, in a PNG without grain.
pub(crate) fn pixels_of(picture: &RgbImage, wanted: [u8; 3]) -> Vec<(u32, u32)> {
    picture
        .enumerate_pixels()
        .filter(|(_, _, pixel)| {
            pixel
                .0
                .iter()
                .zip(wanted)
                .all(|(&channel, wanted)| channel.abs_diff(wanted) <= 12)
        })
        .map(|(x, y, _)| (x, y))
        .collect()
}

/// Checks that every colour covers at least a share of the picture exactly if a concept has it. Says
/// how many colours were looked for.
fn check_colours(record: &WorldRecord, colours: &[(&str, [u8; 3])], least: f64) -> usize {
    let Some(picture) = clean_picture(record) else {
        return 0;
    };
    for &(word, rgb) in colours {
        let concepts = &record.truth.concepts;
        let expected = concepts.iter().any(|concept| concept.starts_with(word));
        let pixels = pixels_of(&picture, rgb).len() as f64;
        let share = pixels / f64::from(picture.width() * picture.height());
        assert_eq!(
            share > least,
            expected,
            "{word} has {share} of {:?}",
            record.truth
        );
    }
    colours.len()
}

#[test]
fn pictures_show_their_concepts() {
    let mut checked = 0;
    for record in drawn(Realm::Shapes, 500) {
        if matches!(
            record.source,
            Source::Spatial | Source::Attribute | Source::Chart
        ) {
            checked += check_colours(&record, &COLOURS, 0.003);
        }
    }
    assert!(checked > 1000, "{checked}");
    let mut checked = 0;
    for record in drawn(Realm::Things, 500) {
        if matches!(record.source, Source::Quantity | Source::Position) {
            checked += check_colours(&record, &BRIGHT_SHADES, 0.0012);
        }
    }
    assert!(checked > 300, "{checked}");
}

/// The shades that no detail and no background comes near to.
const BRIGHT_SHADES: [(&str, [u8; 3]); 5] = [SHADES[0], SHADES[1], SHADES[2], SHADES[4], SHADES[6]];

/// The four numbers of a text like "[0.12, 0.30, 0.45, 0.61]".
fn box_in(text: &str) -> Option<[f64; 4]> {
    let (_, rest) = text.split_once('[')?;
    let (inner, _) = rest.split_once(']')?;
    let numbers: Vec<f64> = inner.split(", ").map(|n| n.parse().unwrap()).collect();
    numbers.try_into().ok()
}

#[test]
fn boxes_are_where_the_objects_are() {
    let (mut asked, mut answered) = (0, 0);
    for record in drawn(Realm::Shapes, 1500) {
        if record.source != Source::Spatial || record.truth.pair_dirt.is_some() {
            continue;
        }
        let Some(picture) = clean_picture(&record) else {
            continue;
        };
        for (question, answer) in exchanges(&record) {
            let (name, found) = match (box_in(&question), box_in(&answer)) {
                (Some(found), None) => {
                    asked += 1;
                    (answer.to_lowercase(), found)
                }
                (None, Some(found)) => {
                    answered += 1;
                    let (_, name) = question.rsplit_once("the ").expect("a name");
                    (name.trim_end_matches('.').to_owned(), found)
                }
                _ => continue,
            };
            let (colour, _) = name.split_once(' ').expect("a colour and a shape");
            let concepts = &record.truth.concepts;
            let sharing = concepts.iter().filter(|other| other.starts_with(colour));
            if sharing.count() > 1 {
                continue;
            }
            let rgb = COLOURS.iter().find(|(word, _)| *word == colour);
            let pixels = pixels_of(&picture, rgb.expect("a known colour").1);
            let (width, height) = (picture.width().into(), picture.height().into());
            let share = |at: u32, length: f64| f64::from(at) / length;
            let xs = pixels.iter().map(|&(x, _)| x);
            let ys = pixels.iter().map(|&(_, y)| y);
            let drawn = [
                share(xs.clone().min().unwrap(), width),
                share(ys.clone().min().unwrap(), height),
                share(xs.max().unwrap() + 1, width),
                share(ys.max().unwrap() + 1, height),
            ];
            for (said, drawn) in found.into_iter().zip(drawn) {
                // Half-covered pixels and a marking at the edge have no full colour.
                assert!(
                    (said - drawn).abs() < 0.05,
                    "{name}: {found:?} against {drawn:?}"
                );
            }
        }
    }
    assert!(
        asked > 8 && answered > 8,
        "{asked} asked, {answered} answered"
    );
}
