//! `ofa demo`: everything on generated data, and what is known of that data.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use program::{fails, json, ofa, path};
use serde_json::Value;

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("read");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn the_demo_says_what_it_is_and_accounts_for_every_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = path(folder.path());
    let shown = ofa(&["demo", "--records", "400", "-o", &output]);
    let said = String::from_utf8_lossy(&shown.stderr);
    assert!(shown.status.success(), "{said}");
    assert!(
        shown.stdout.is_empty(),
        "without --json nothing is on stdout"
    );
    for words in [
        "UNTRAINED",
        "$ ofa encode",
        "$ ofa train",
        "$ ofa score",
        "$ ofa select",
        "What to try next",
        "subset.json",
    ] {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }

    let world = folder.path().join("world-42-400");
    let again = json(&["demo", "--records", "400", "-o", &output]);
    assert_eq!(again["encode"]["records_resumed"], 400);
    assert_eq!(again["encoder_is_trained"], false);
    assert!(world.join("subset.manifest.json").exists());

    // Broken and missing images, and records of text alone, are known beforehand.
    let skipped: BTreeMap<u64, String> = lines(&world.join("features/skipped.jsonl"))
        .iter()
        .map(|line| {
            let reason = line["reason"].as_str().expect("a reason").to_owned();
            (line["index"].as_u64().expect("a position"), reason)
        })
        .collect();
    let mut kinds = BTreeMap::new();
    let truths = lines(&world.join("truth.jsonl"));
    assert_eq!(truths.len(), 400);
    for (position, truth) in (0..).zip(&truths) {
        let expected = match (truth["source"].as_str(), truth["image_dirt"].as_str()) {
            (Some("text_only"), _) => Some("text_only"),
            (_, Some("missing")) => Some("image_missing"),
            (_, Some("truncated" | "empty" | "not_an_image")) => Some("image_unreadable"),
            _ => None,
        };
        let found = skipped.get(&position).map(String::as_str);
        assert_eq!(found, expected, "record {position}: {truth}");
        *kinds.entry(expected).or_insert(0) += 1;
    }
    assert!(kinds.len() >= 3, "the world has some of most: {kinds:?}");
    assert_eq!(again["select"]["scored"], kinds[&None]);
}

#[test]
fn an_encoder_of_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let encoder = folder.path().join("untrained-encoder");
    fs::create_dir(&encoder).expect("made");
    fs::write(encoder.join("config.json"), "{}").expect("written");
    let output = path(folder.path());
    fails(
        &["demo", "--records", "100", "-o", &output],
        1,
        &["config.json", "is there already"],
    );
    let config = fs::read_to_string(encoder.join("config.json")).expect("read");
    assert_eq!(config, "{}");
}
