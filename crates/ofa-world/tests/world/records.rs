//! Records are LLaVA records, with the habits of their sources.

use std::collections::{HashMap, HashSet};

use ofa_world::{Realm, Source};
use serde_json::Value;

use crate::{annotated, parsed, turns};

#[test]
fn records_are_llava_records() {
    for realm in Realm::ALL {
        let mut turn_counts = HashSet::new();
        let mut ids = HashMap::new();
        for record in annotated(realm, 2000) {
            assert!(!record.json.contains('\n'));
            assert_eq!((record.source.realm(), record.truth.realm), (realm, realm));
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
                    assert!(!record.source.has_images());
                    assert!(matches!(&json["image"], Value::Null) || json["image"] == "");
                    assert_eq!(placeholders.iter().sum::<usize>(), 0);
                }
            }
            *ids.entry(json["id"].to_string()).or_insert(0) += 1;
        }
        assert_eq!(turn_counts.len(), 6, "{turn_counts:?}");
        let is_text = |id: &String| id.starts_with('"');
        assert!(ids.keys().any(is_text) && ids.keys().any(|id| !is_text(id)));
        assert!(ids.values().any(|&count| count > 5), "ids repeat");
    }
}

#[test]
fn stock_prompts_repeat_and_escapes_differ_by_source() {
    let records = annotated(Realm::Shapes, 2000);
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
fn the_second_realm_has_other_keys_folders_and_prompts() {
    let (shapes, things) = (
        annotated(Realm::Shapes, 1000),
        annotated(Realm::Things, 1000),
    );
    let mut tasks = HashSet::new();
    for record in &things {
        let task = record.json.find("\"task_name\"").expect("a task");
        let conversations = record.json.find("\"conversations\"").expect("turns");
        assert!(task < conversations);
        tasks.insert(parsed(record)["task_name"].to_string());
    }
    assert_eq!(tasks.len(), Source::of(Realm::Things).len());
    let prompts = |records: &[_]| -> HashSet<String> {
        records
            .iter()
            .flat_map(|record| turns(record).into_iter().step_by(2))
            .collect()
    };
    let same = prompts(&shapes).intersection(&prompts(&things)).count();
    assert_eq!(same, 0, "prompts of both realms");
    let folders = |realm| -> HashSet<&str> {
        Source::of(realm)
            .iter()
            .filter(|source| source.has_images())
            .map(|source| source.folder())
            .collect()
    };
    assert!(folders(Realm::Shapes).is_disjoint(&folders(Realm::Things)));
}
