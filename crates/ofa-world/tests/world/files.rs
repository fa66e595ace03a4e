//! Image files are as their labels say.

use std::collections::HashMap;

use ofa_world::{ImageDirt, Realm};

use crate::{annotated, drawn};

#[test]
fn files_are_as_their_labels_say() {
    let mut seen = HashMap::new();
    for record in Realm::ALL.into_iter().flat_map(|realm| drawn(realm, 1000)) {
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
}

#[test]
fn two_images_in_a_hundred_are_dirty() {
    for realm in Realm::ALL {
        let mut counts = HashMap::new();
        for record in annotated(realm, 10_000) {
            *counts.entry(record.truth.image_dirt).or_insert(0) += 1;
        }
        let missing = counts[&Some(ImageDirt::Missing)];
        assert!((20..70).contains(&missing), "{missing} missing");
        let clean = counts[&None];
        assert!((9_740..9_880).contains(&clean), "{clean} clean");
    }
}
