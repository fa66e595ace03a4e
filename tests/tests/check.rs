//! `ofa check` through the program, against what `ofa encode` then does with the same dataset.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ofa_tests::{demo_encoder, golden};
use program::{fails, json, ofa, path};
use serde_json::Value;

/// A command on the quirks, with what else is to be said.
fn on_quirks<'a>(command: &'a [&'a str], more: &[&'a str]) -> Vec<String> {
    let quirks = golden("quirks");
    let (data, images) = (quirks.join("annotations.json"), quirks.join("images"));
    let dataset = [path(&data), "--images".to_owned(), path(&images)];
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let (command, more): (Vec<String>, Vec<String>) = (words(command), words(more));
    [command, dataset.to_vec(), more].concat()
}

fn json_of(arguments: &[String]) -> Value {
    json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count")
}

/// How many lines of a list of a feature store have each value of a key.
fn lines_by(list: &Path, key: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(list).unwrap_or_default().lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let value = line[key].as_str().expect("a name").to_owned();
        *counts.entry(value).or_default() += 1;
    }
    counts
}

/// The counts of `skipped`; the sums are checked on the way.
fn skipped(check: &Value) -> BTreeMap<String, u64> {
    let skipped = check["skipped"].as_object().expect("reasons");
    let counts: BTreeMap<String, u64> = skipped
        .iter()
        .map(|(reason, skipped)| {
            let examples = skipped["examples"].as_array().expect("examples").len() as u64;
            assert_eq!(examples, count(&skipped["count"]).min(3), "{reason}");
            (reason.clone(), count(&skipped["count"]))
        })
        .collect();
    assert_eq!(
        count(&check["records"]),
        count(&check["would_be_encoded"]) + counts.values().sum::<u64>()
    );
    counts
}

#[test]
fn what_a_check_says_is_what_encoding_does() {
    let home = tempfile::tempdir().expect("a temporary folder");
    for multi_image in ["mean", "first", "skip"] {
        let features = home.path().join(multi_image);
        let policy = ["--multi-image", multi_image];
        let encoder = path(&demo_encoder());
        let output = path(&features);
        let more = ["--backend", "flex", "--encoder", &encoder, "-o", &output];
        let encoded = json_of(&on_quirks(&["encode"], &[&policy[..], &more].concat()));
        let deep = [&policy[..], &["--deep", "--encoder", &encoder]].concat();
        let check = json_of(&on_quirks(&["check"], &deep));

        assert_eq!(check["records"], encoded["records"]);
        assert_eq!(check["would_be_encoded"], encoded["rows"], "{multi_image}");
        assert_eq!(check["fingerprint"], encoded["fingerprints"]["dataset"]);
        let by_reason = lines_by(&features.join("skipped.jsonl"), "reason");
        assert_eq!(skipped(&check), by_reason, "{multi_image}");
        let notes = lines_by(&features.join("notes.jsonl"), "note");
        let left_out = notes.get("image_left_out").copied().unwrap_or_default();
        assert_eq!(
            check["notes"]["image_left_out"]
                .as_u64()
                .unwrap_or_default(),
            left_out,
            "{multi_image}"
        );
        assert_eq!(check["turns_over_context"]["exact"], true);

        // There are fewer images than a sample has.
        let sampled = json_of(&on_quirks(&["check"], &policy));
        assert_eq!(skipped(&sampled), by_reason, "{multi_image}");
    }
}

#[test]
fn a_check_is_one_screen_and_ends_with_the_command_to_run() {
    let arguments = on_quirks(&["check"], &[]);
    let output = ofa(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success());
    assert!(output.stdout.is_empty());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() <= 40, "{text}");
    let last = lines.last().expect("a line");
    assert!(last.starts_with("next: ofa encode "), "{last}");
    assert!(last.contains("annotations.json"), "{last}");
    assert!(last.ends_with(" --encoder ENC -o features"), "{last}");
    for line in &lines[..lines.len() - 1] {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn strict_fails_with_the_report_where_a_record_would_be_skipped() {
    let arguments = on_quirks(&["--json", "check"], &["--strict"]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    fails(&arguments, 1, &["would be skipped", "--strict"]);
    let report: Value = serde_json::from_slice(&ofa(&arguments).stdout).expect("one JSON object");
    assert!(!skipped(&report).is_empty());

    let home = tempfile::tempdir().expect("a temporary folder");
    let data = home.path().join("good.jsonl");
    fs::copy(
        golden("quirks").join("outside.png"),
        home.path().join("a.png"),
    )
    .expect("copied");
    fs::write(
        &data,
        "{\"image\": \"a.png\", \"text\": \"<image> What is this?\"}\n",
    )
    .expect("written");
    let good = json(&["check", &path(&data), "--strict"]);
    assert_eq!(good["would_be_encoded"], 1);
    assert_eq!(good["images_sampled"], 1);
}

#[test]
fn a_wrong_image_folder_is_said_with_an_example_of_where_was_looked() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let data = path(&golden("quirks").join("annotations.json"));
    let wrong = path(home.path());
    let output = ofa(&["check", &data, "--images", &wrong]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("is --images the folder"), "{text}");
    assert!(
        text.contains(&format!("not found under {wrong}\n")),
        "{text}"
    );
    assert!(!text.contains("ofa encode"), "{text}");
    fails(&["check", "nowhere.json"], 1, &["nowhere.json"]);
    fails(&["check", &data, "--encoder", &wrong], 1, &["config.json"]);
}
