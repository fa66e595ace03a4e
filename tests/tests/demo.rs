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

/// What `encode` must say of each record, from what is known of it.
fn reason_known(truth: &Value) -> Option<&'static str> {
    match (truth["source"].as_str(), truth["image_dirt"].as_str()) {
        (Some("text_only" | "plain_text"), _) => Some("text_only"),
        (_, Some("missing")) => Some("image_missing"),
        (_, Some("truncated" | "empty" | "not_an_image")) => Some("image_unreadable"),
        _ => None,
    }
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
        "It knows nothing else",
        "the world `things`",
        "$ ofa encode",
        "$ ofa score",
        "$ ofa select",
        "What to try next",
        "subset.json",
    ] {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
    assert!(
        !said.contains("$ ofa train"),
        "the selector is the bundled one"
    );

    let world = folder.path().join("things-42-400");
    let again = json(&["demo", "--records", "400", "-o", &output]);
    assert_eq!(again["run"]["encode"]["records_resumed"], 400);
    assert_eq!(again["realm"], "things");
    for name in ["subset.manifest.json", "report.html"] {
        assert!(world.join(name).exists(), "{name}");
    }

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
        assert_eq!(truth["realm"], "things");
        let expected = reason_known(truth);
        let found = skipped.get(&position).map(String::as_str);
        assert_eq!(found, expected, "record {position}: {truth}");
        *kinds.entry(expected).or_insert(0) += 1;
    }
    assert!(kinds.len() >= 3, "the world has some of most: {kinds:?}");
    assert_eq!(again["run"]["select"]["scored"], kinds[&None]);
}

#[test]
fn the_demo_trains_a_selector_on_the_first_world_when_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = path(folder.path());
    let trained = json(&["demo", "--records", "300", "--train", "-o", &output]);
    assert!(trained["run"]["train"]["selected_epoch"].as_u64().is_some());
    assert!(
        folder
            .path()
            .join("shapes-42-300/selector.safetensors")
            .exists()
    );
    assert!(folder.path().join("things-42-300/subset.json").exists());
    assert!(!folder.path().join("demo-selector").exists());
}

#[test]
fn the_dataset_alone_is_written_into_the_folder_itself() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("pool");
    let line = [
        "demo",
        "--data-only",
        "--realm",
        "shapes",
        "--records",
        "60",
    ];
    let written = json(&[&line[..], &["-o", &path(&output)]].concat());
    assert_eq!(written["records"], 60);
    let data = fs::read_to_string(output.join("data.json")).expect("read");
    let records: Vec<Value> = serde_json::from_str(&data).expect("an array");
    assert_eq!(records.len(), 60);
    assert_eq!(lines(&output.join("truth.jsonl"))[0]["realm"], "shapes");
    assert!(!output.join("features").exists());
}

#[test]
fn what_cannot_be_made_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, "here").expect("written");
    let output = path(&file);
    fails(
        &["demo", "--records", "0", "-o", &output],
        2,
        &["--records"],
    );
    fails(
        &["demo", "--realm", "fruit", "-o", &output],
        2,
        &["shapes", "things"],
    );
    let below = path(&file.join("below"));
    for place in [&output, &below] {
        for more in [&["--data-only"][..], &[]] {
            let line = ["demo", "--records", "10", "-o", place];
            let remedy = "choose another one with -o/--output";
            fails(&[&line[..], more].concat(), 1, &[place, remedy]);
        }
    }
    assert_eq!(fs::read_to_string(&file).expect("read"), "here");
}

#[test]
fn a_file_in_the_place_of_one_of_its_folders_is_left_alone() {
    for name in ["things-42-10", "demo-selector", "demo-encoder"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = path(folder.path());
        let file = folder.path().join(name);
        fs::write(&file, "here").expect("written");
        let line = ["demo", "--records", "10", "-o", &output];
        fails(&line, 1, &[&path(&file), "choose another one with -o"]);
        assert_eq!(fs::read_to_string(&file).expect("read"), "here");
    }
}

#[test]
fn an_encoder_of_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let encoder = folder.path().join("demo-encoder");
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
