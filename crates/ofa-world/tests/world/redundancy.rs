//! Near-duplicates, and concepts of very different frequency.

use std::collections::{HashMap, HashSet};

use ofa_world::{Realm, Source};

use crate::annotated;

#[test]
fn the_worlds_are_redundant_and_heavy_tailed() {
    for realm in Realm::ALL {
        let records = annotated(realm, 3000);
        let (mut scenes, mut concepts, mut sources) =
            (HashMap::new(), HashMap::new(), HashMap::new());
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
        assert_eq!(sources.len(), Source::of(realm).len());
        for (source, weight) in Source::of(realm).iter().zip(Source::weights(realm)) {
            let expected = 30 * *weight as i32;
            assert!(
                (sources[source] - expected).abs() < 30 + expected / 4,
                "{source:?}"
            );
        }
        // Near-duplicates by the dozen, in several variants; and many scenes that are seen once.
        let many = |least: usize| {
            scenes
                .values()
                .filter(|(count, variants)| *count >= 12 && variants.len() >= least)
                .count()
        };
        assert!(many(1) >= 6 && many(3) >= 6, "{} and {}", many(1), many(3));
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
}
