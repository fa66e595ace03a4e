//! The same bytes on every platform, whatever is asked first.

use std::collections::HashMap;

use ofa_world::{Error, Realm, World};
use sha2::{Digest, Sha256};

use crate::{SEED, annotated, drawn, sized};

/// The committed digests hold on every platform. They change only when a world itself is changed or
/// an image codec writes other bytes; both change what `ofa demo` gives and deserve a word in the
/// change's description.
#[test]
fn the_bytes_are_the_same_on_every_platform() {
    for (realm, expected) in [
        (
            Realm::Shapes,
            "389a6183cf2ca5c8affbfaf709977889e9c24e285d2aa77c73ca59e037fb8c58",
        ),
        (
            Realm::Things,
            "fe36648261b3f8fa5321950ba82831d29de35982255436e9085a76dc2c2b6077",
        ),
    ] {
        let mut hasher = Sha256::new();
        for record in drawn(realm, 300) {
            hasher.update(&record.json);
            hasher.update(record.truth.to_json_line());
            if let Some(image) = record.image {
                hasher.update(image.path);
                hasher.update(image.bytes.unwrap_or_default());
            }
        }
        let world = sized(realm, 1);
        for position in 0..60 {
            let captioned = world.captioned(position);
            hasher.update(&captioned.image);
            hasher.update(captioned.captions.join("\n"));
            for (question, answer) in captioned.exchanges {
                hasher.update(question);
                hasher.update(answer);
            }
        }
        let digest: String = hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(digest, expected, "{realm:?}");
    }
}

#[test]
fn a_small_world_is_the_beginning_of_a_large_one() {
    for realm in Realm::ALL {
        let (small, large) = (drawn(realm, 40), drawn(realm, 600));
        assert_eq!(small[..], large[..40]);
        let other = World::new(realm, SEED + 1, 40).expect("a size in range");
        assert!(other.zip(&small).filter(|(a, b)| a.json == b.json).count() < 5);
    }
}

#[test]
fn any_record_can_be_had_alone() {
    for realm in Realm::ALL {
        let world = sized(realm, 560);
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
        assert!(world.record(560).is_none() && world.annotation(560).is_none());
    }
}

#[test]
fn an_annotation_is_its_record_without_the_picture() {
    for realm in Realm::ALL {
        for (record, annotation) in drawn(realm, 60).iter().zip(annotated(realm, 60)) {
            assert_eq!(
                (&record.json, &record.truth),
                (&annotation.json, &annotation.truth)
            );
            assert!(annotation.image.is_none_or(|image| image.bytes.is_none()));
        }
    }
}

#[test]
fn what_is_out_of_range_is_refused() {
    for realm in Realm::ALL {
        assert_eq!(World::new(realm, 1, 0).map(|_| ()), Err(Error::NoRecords));
        let found = (1 << 48) + 1;
        let refused = World::new(realm, 1, found).map(|_| ());
        assert_eq!(
            refused,
            Err(Error::TooManyRecords {
                max: 1 << 48,
                found
            })
        );
        // The last position of the largest world can be made.
        let last = World::new(realm, 1, 1 << 48)
            .expect("the largest size")
            .record((1 << 48) - 1);
        assert_eq!(last.map(|record| record.position), Some((1 << 48) - 1));
        assert_eq!(Realm::from_name(realm.name()), Ok(realm));
    }
    let found = "Shapes".to_owned();
    assert_eq!(
        Realm::from_name("Shapes"),
        Err(Error::UnknownRealm { found })
    );
}
