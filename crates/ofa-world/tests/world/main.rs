//! What a world promises: the same bytes everywhere, files that fit the records, true labels.

mod answers;
mod captioned;
mod charts;
mod files;
mod pictures;
mod records;
mod redundancy;
mod reproducible;
mod vocabulary;

use ofa_world::{Realm, World, WorldRecord};
use serde_json::Value;

const SEED: u64 = 42;

fn sized(realm: Realm, records: u64) -> World {
    World::new(realm, SEED, records).expect("a size in range")
}

/// The first records with their pictures.
fn drawn(realm: Realm, records: u64) -> Vec<WorldRecord> {
    sized(realm, records).collect()
}

/// The first records without their pictures.
fn annotated(realm: Realm, records: u64) -> Vec<WorldRecord> {
    let world = sized(realm, records);
    (0..records)
        .filter_map(|position| world.annotation(position))
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

/// Questions without the placeholder and the wish for a short answer, with their answers.
fn exchanges(record: &WorldRecord) -> Vec<(String, String)> {
    turns(record)
        .chunks(2)
        .map(|pair| {
            let question = pair[0]
                .replace("<image>", "")
                .replace("Answer the question using a single word or phrase.", "");
            (question.trim().to_owned(), pair[1].clone())
        })
        .collect()
}
