//! What a world promises: the same bytes everywhere, files that fit the records, true labels.

use std::collections::{HashMap, HashSet};

use ofa_world::{Error, ImageDirt, PairDirt, Source, Truth, World, WorldRecord};
use serde_json::Value;
use sha2::{Digest, Sha256};

const SEED: u64 = 42;

fn world(records: u64) -> Vec<WorldRecord> {
    World::new(SEED, records)
        .expect("a size in range")
        .collect()
}

fn parsed(record: &WorldRecord) -> Value {
    serde_json::from_str(&record.json).expect("every record is valid JSON")
}

/// The texts of the turns, human and assistant in turn.
fn turns(record: &WorldRecord) -> Vec<String> {
    let json = parsed(record);
    let turns = json["conversations"].as_array().expect("a list of turns");
    turns
        .iter()
        .enumerate()
        .map(|(index, turn)| {
            assert_eq!(turn["from"], if index % 2 == 0 { "human" } else { "gpt" });
            turn["value"].as_str().expect("a text").to_owned()
        })
        .collect()
}

/// The committed digest holds on every platform. It changes only when the world itself is changed or
/// an image codec writes other bytes; both change what `ofa demo` gives and deserve a word in the
/// change's description.
#[test]
fn the_bytes_are_the_same_on_every_platform() {
    let mut hasher = Sha256::new();
    for record in world(300) {
        hasher.update(&record.json);
        hasher.update(record.truth.to_json_line());
        if let Some(image) = record.image {
            hasher.update(image.path);
            hasher.update(image.bytes.unwrap_or_default());
        }
    }
    let digest: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        digest,
        "bf98d8ba08a3550df4c00616b63ccbc48459afd0251216d3644834aa2f6f114c"
    );
}

#[test]
fn a_small_world_is_the_beginning_of_a_large_one() {
    let (small, large) = (world(40), world(700));
    assert_eq!(small[..], large[..40]);
    let other = World::new(SEED + 1, 40).expect("a size in range");
    assert!(other.zip(&small).filter(|(a, b)| a.json == b.json).count() < 5);
}

#[test]
fn any_record_can_be_had_alone() {
    let world = World::new(SEED, 600).expect("a size in range");
    let mut yielded: HashMap<String, Vec<u8>> = HashMap::new();
    for expected in world.clone() {
        let alone = world
            .record(expected.position)
            .expect("a position in range");
        assert_eq!(
            (&alone.json, &alone.truth),
            (&expected.json, &expected.truth)
        );
        let (Some(image), Some(expected)) = (alone.image, expected.image) else {
            continue;
        };
        assert_eq!(image.path, expected.path);
        // The iterator leaves the bytes out exactly where it has given them before.
        match (image.bytes, expected.bytes) {
            (Some(bytes), Some(expected)) => {
                assert_eq!(bytes, expected);
                assert!(
                    yielded.insert(image.path, bytes).is_none(),
                    "a file came twice"
                );
            }
            (Some(bytes), None) => assert_eq!(yielded.get(&image.path), Some(&bytes)),
            (None, Some(_)) => panic!("{} has bytes in the iterator only", image.path),
            (None, None) => assert!(!yielded.contains_key(&image.path)),
        }
    }
    assert!(world.record(600).is_none());
}

#[test]
fn records_are_llava_records() {
    let mut turn_counts = HashSet::new();
    let mut ids = HashMap::new();
    for record in world(2000) {
        assert!(!record.json.contains('\n'));
        let json = parsed(&record);
        let turns = turns(&record);
        let human = turns.len() / 2;
        assert!(
            (1..=6).contains(&human) && turns.len() == 2 * human,
            "{}",
            record.json
        );
        turn_counts.insert(human);
        assert!(turns.iter().all(|turn| !turn.trim().is_empty()));
        let placeholders: Vec<usize> = turns
            .iter()
            .map(|turn| turn.matches("<image>").count())
            .collect();
        match &record.image {
            Some(image) => {
                assert_eq!(json["image"], image.path.as_str());
                assert!(image.path.starts_with(record.source.folder()));
                assert!(image.path.is_ascii() && !image.path.contains(['\\', ':', ' ']));
                assert!(!image.path.starts_with('/') && !image.path.contains(".."));
                assert_eq!(
                    (placeholders[0], placeholders.iter().sum::<usize>()),
                    (1, 1)
                );
            }
            None => {
                assert_eq!(record.source, Source::TextOnly);
                assert!(matches!(&json["image"], Value::Null) || json["image"] == "");
                assert_eq!(placeholders.iter().sum::<usize>(), 0);
            }
        }
        *ids.entry(json["id"].to_string()).or_insert(0) += 1;
    }
    assert_eq!(turn_counts.len(), 6, "{turn_counts:?}");
    assert!(ids.keys().any(|id| id.starts_with('"')) && ids.keys().any(|id| !id.starts_with('"')));
    assert!(ids.values().any(|&count| count > 5), "ids repeat");
}

#[test]
fn files_are_as_their_labels_say() {
    let mut seen = HashMap::new();
    for record in world(2000) {
        let Some(image) = record.image else { continue };
        let Some(bytes) = image.bytes else { continue };
        let dirt = record.truth.image_dirt;
        *seen.entry(dirt).or_insert(0) += 1;
        let format = image::guess_format(&bytes).ok();
        let named = image::ImageFormat::from_path(&image.path).ok();
        match dirt {
            None | Some(ImageDirt::GifBytes) => {
                let picture = image::load_from_memory(&bytes).expect("a readable image");
                assert!((96..=160).contains(&picture.width()));
                assert_eq!(format == named, dirt.is_none(), "{}", image.path);
            }
            Some(ImageDirt::Empty) => assert!(bytes.is_empty()),
            Some(ImageDirt::NotAnImage) => assert_eq!(format, None),
            Some(ImageDirt::Truncated) => {
                assert_eq!(format, named);
                // JPEG decoders may fill in what is missing, so the end marker is what counts.
                assert!(!bytes.ends_with(&[0xff, 0xd9]) && !bytes.ends_with(b"IEND\xaeB`\x82"));
            }
            Some(other) => panic!("a file with bytes is labelled {other:?}"),
        }
    }
    assert!(seen[&Some(ImageDirt::GifBytes)] > 2 && seen[&Some(ImageDirt::Truncated)] > 1);
    assert!(seen[&Some(ImageDirt::Empty)] > 0 && seen[&Some(ImageDirt::NotAnImage)] > 0);
    let missing = world(2000)
        .iter()
        .filter(|record| record.truth.image_dirt == Some(ImageDirt::Missing))
        .count();
    assert!((3..30).contains(&missing), "{missing}");
}

/// The share of pixels that have a colour's hue, in a PNG without grain.
fn share_of(picture: &image::RgbImage, wanted: [u8; 3]) -> f64 {
    let near = |pixel: &image::Rgb<u8>| {
        pixel
            .0
            .iter()
            .zip(wanted)
            .all(|(&channel, wanted)| channel.abs_diff(wanted) <= 12)
    };
    picture.pixels().filter(|pixel| near(pixel)).count() as f64
        / f64::from(picture.width() * picture.height())
}

#[test]
fn pictures_show_their_concepts() {
    let mut checked = 0;
    for record in world(400) {
        let clean = record.truth.image_dirt.is_none();
        if !(clean && matches!(record.source, Source::Spatial | Source::Attribute)) {
            continue;
        }
        let bytes = match record.image.and_then(|image| image.bytes) {
            Some(bytes) => bytes,
            None => continue,
        };
        let picture = image::load_from_memory(&bytes)
            .expect("a clean image")
            .to_rgb8();
        for (word, rgb) in [
            ("red", [214, 39, 40]),
            ("blue", [31, 78, 196]),
            ("green", [44, 160, 44]),
            ("yellow", [240, 208, 30]),
            ("orange", [245, 130, 20]),
        ] {
            let expected = record
                .truth
                .concepts
                .iter()
                .any(|concept| concept.starts_with(word));
            let share = share_of(&picture, rgb);
            assert_eq!(
                share > 0.003,
                expected,
                "{word} has {share} of {:?}",
                record.truth
            );
            checked += 1;
        }
    }
    assert!(checked > 300, "{checked}");
}

/// Answers to "how many objects are there", with the records' truth.
fn counts_of_objects(records: &[WorldRecord]) -> Vec<(u32, &Truth)> {
    let mut answers = Vec::new();
    for record in records {
        for exchange in turns(record).chunks(2) {
            let question = exchange[0].replace("<image>", "");
            let question = question.trim().split('\n').next().unwrap_or_default();
            if question == "How many objects are there in the image?" {
                answers.push((exchange[1].parse().expect("a number"), &record.truth));
            }
        }
    }
    answers
}

#[test]
fn answers_are_true_unless_labelled() {
    let records = world(3000);
    let answers = counts_of_objects(&records);
    let (mut clean, mut wrong) = (0, 0);
    for (count, truth) in answers {
        match truth.pair_dirt {
            None => {
                assert_eq!(count, truth.objects, "{truth:?}");
                clean += 1;
            }
            Some(PairDirt::WrongAnswers) => {
                assert_ne!(count, truth.objects, "{truth:?}");
                wrong += 1;
            }
            _ => {}
        }
    }
    assert!(clean > 20 && wrong > 0, "{clean} clean, {wrong} wrong");
    for dirt in [PairDirt::Mismatched, PairDirt::WrongAnswers] {
        let share = records
            .iter()
            .filter(|record| record.truth.pair_dirt == Some(dirt))
            .count();
        assert!((50..130).contains(&share), "{dirt:?}: {share} of 3000");
    }
}

#[test]
fn yes_and_no_follow_the_concepts() {
    let mut answers = HashMap::new();
    for record in world(3000) {
        if record.source != Source::YesNo || record.truth.pair_dirt.is_some() {
            continue;
        }
        for exchange in turns(&record).chunks(2) {
            let there = record.truth.concepts.iter().any(|concept| {
                [" a ", " an "].iter().any(|article| {
                    let named = format!("{article}{concept}");
                    exchange[0].contains(&format!("{named}?"))
                        || exchange[0].contains(&format!("{named} in"))
                })
            });
            assert_eq!(
                exchange[1],
                if there { "Yes" } else { "No" },
                "{}",
                record.json
            );
            *answers.entry(there).or_insert(0) += 1;
        }
    }
    let (yes, no): (i32, i32) = (answers[&true], answers[&false]);
    assert!(
        yes + no > 400 && (yes - no).abs() < (yes + no) / 5,
        "{yes} yes, {no} no"
    );
}

#[test]
fn the_world_is_redundant_and_heavy_tailed() {
    let records = world(3000);
    let (mut scenes, mut concepts, mut sources) = (HashMap::new(), HashMap::new(), HashMap::new());
    for record in &records {
        *sources.entry(record.source).or_insert(0) += 1;
        if let Some(scene) = &record.truth.scene {
            let (count, variants): &mut (i32, HashSet<_>) = scenes.entry(scene).or_default();
            *count += 1;
            variants.insert(record.truth.variant);
        }
        for concept in &record.truth.concepts {
            *concepts.entry(concept).or_insert(0) += 1;
        }
    }
    assert_eq!(sources.len(), Source::ALL.len());
    // Near-duplicates by the dozen, in several variants; and many scenes that are seen once.
    assert!(scenes.values().filter(|(count, _)| *count >= 12).count() >= 6);
    assert!(
        scenes
            .values()
            .filter(|(count, variants)| *count >= 12 && variants.len() >= 3)
            .count()
            >= 6
    );
    assert!(scenes.values().filter(|(count, _)| *count == 1).count() > 1000);
    let most: i32 = *concepts.values().max().expect("there are concepts");
    let rare = concepts
        .values()
        .filter(|&&count| count * 30 < most)
        .count();
    assert!(
        concepts.len() > 100 && rare > 40,
        "{} kinds, {rare} rare, most {most}",
        concepts.len()
    );
}

#[test]
fn stock_prompts_repeat_and_escapes_differ_by_source() {
    let records = world(2000);
    let stock = |text: &str| {
        records
            .iter()
            .filter(|record| record.json.contains(text))
            .count()
    };
    assert!(stock("Describe this image in detail.") > 40);
    assert!(stock("Answer the question using a single word or phrase.") > 400);
    assert!(stock("\\ud83c\\udfa8") > 3, "a surrogate pair of escapes");
    let ascii = |source| {
        records
            .iter()
            .filter(|record| record.source == source)
            .all(|record| record.json.is_ascii())
    };
    assert!(ascii(Source::Description) && ascii(Source::Spatial));
}

#[test]
fn sizes_out_of_range_are_refused() {
    assert_eq!(World::new(1, 0).map(|_| ()), Err(Error::NoRecords));
    let found = (1 << 48) + 1;
    let refused = World::new(1, found).map(|_| ());
    assert_eq!(
        refused,
        Err(Error::TooManyRecords {
            max: 1 << 48,
            found
        })
    );
    // The last position of the largest world can be made.
    let last = World::new(1, 1 << 48)
        .expect("the largest size")
        .record((1 << 48) - 1);
    assert_eq!(last.map(|record| record.position), Some((1 << 48) - 1));
}
