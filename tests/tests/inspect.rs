//! `ofa inspect` through the program: every kind of file, told from its content.

mod program;

use std::path::Path;
use std::process::Output;

use ofa_tests::{demo_encoder, golden};
use program::{fails, json, ofa, path};
use serde_json::{Value, json as value};

/// What is said to people.
fn told(place: &str) -> String {
    let output: Output = ofa(&["inspect", place]);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    assert!(output.stdout.is_empty());
    text
}

fn assert_told(place: &str, words: &[&str]) {
    let text = told(place);
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// The whole chain on imported features, for something to look at.
fn chain(home: &Path) {
    let at = |name: &str| path(&home.join(name));
    let features = path(&golden("import/features/f32.pt"));
    json(&["import", &features, "-o", &at("features")]);
    let train = ["train", &at("features"), "-o", &at("selector.safetensors")];
    let small = ["--clusters", "2", "--epochs", "5", "--backend", "flex"];
    json(&[&train[..], &small].concat());
    for scores in ["scores.parquet", "scores.csv", "lines.jsonl"] {
        let score = ["score", &at("features"), "--selector"];
        json(
            &[
                &score[..],
                &[&at("selector.safetensors"), "-o", &at(scores)],
            ]
            .concat(),
        );
    }
    let records: Vec<Value> = (0..12)
        .map(|record| value!({ "id": record, "image": "a.png", "instruction": "Look." }))
        .collect();
    std::fs::write(at("data.json"), value!(records).to_string()).expect("written");
    let scores = at("scores.csv");
    let select = [
        "select",
        &at("data.json"),
        "--scores",
        &scores,
        "--count",
        "4",
    ];
    json(&[&select[..], &["-o", &at("subset.json")]].concat());
}

#[test]
fn every_file_of_the_chain_is_told_and_leads_to_the_next() {
    let home = tempfile::tempdir().expect("a temporary folder");
    chain(home.path());
    let at = |name: &str| path(&home.path().join(name));
    let inspect = |name: &str| json(&["inspect", &at(name)]);
    let leads = |report: &Value, command: &str| {
        let next = report["next"].to_string();
        assert!(next.contains(command), "{next}");
    };

    let features = inspect("features");
    assert_eq!(features["kind"], "features");
    assert_eq!(features["finished"], true);
    assert_eq!(features["rows"], 10);
    assert_eq!(features["dim"], 8);
    assert_eq!(features["skipped"]["embedding_not_finite"], 2);
    assert_eq!(features["encoder_fingerprint"], Value::Null);
    leads(&features, "ofa train");
    let shard = inspect("features/features-00000.safetensors");
    assert_eq!(
        (&shard["kind"], &shard["rows"]),
        (&features["kind"], &features["rows"])
    );

    let selector = inspect("selector.safetensors");
    assert_eq!(selector["kind"], "selector");
    assert_eq!(selector["config"]["num_clusters"], 2);
    assert_eq!(selector["config"]["feature_dim"], 8);
    assert_eq!(selector["config"]["fusion_mode"], "full");
    assert_eq!(selector["early"], true);
    // h 256, gate 128, d 8, K 2.
    let parameters = 2 * (256 * 8 + 256) + 256 * 8 + 1 + (128 * 24 + 128 + 128 + 1) + 512 + 2 * 257;
    assert_eq!(selector["parameters"], parameters);
    assert!(
        selector["history"]
            .as_str()
            .expect("a path")
            .ends_with("selector.history.json")
    );
    leads(&selector, "ofa score");
    leads(&selector, "ofa run");
    let kept = selector["training"]["selected_epoch"]
        .as_u64()
        .expect("an epoch");
    let chart = format!("macro accuracy by epoch, {kept} kept\n");
    let text = told(&at("selector.safetensors"));
    for word in ["a selector", "2 (K)", "full", &chart] {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
    // The line of the chart.
    assert!(
        text.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)),
        "{text}"
    );

    let history = inspect("selector.history.json");
    assert_eq!(history["kind"], "training_history");
    assert_eq!(history["epochs"], 5);
    assert_eq!(history["training"]["selected_epoch"], kept);

    for name in ["scores.parquet", "scores.csv", "lines.jsonl"] {
        let scores = inspect(name);
        assert_eq!(scores["kind"], "scores", "{name}");
        assert_eq!(scores["rows"], 10);
        let confidence = &scores["confidence"];
        let [least, median, most] =
            ["min", "median", "max"].map(|key| confidence[key].as_f64().expect("a number"));
        assert!(0.5 <= least && least <= median && median <= most && most <= 1.0);
        assert_eq!(scores["selector_sha256"], selector["sha256"]);
        leads(&scores, "ofa select");
    }
    assert_eq!(inspect("scores.manifest.json")["kind"], "scores_manifest");

    let subset = inspect("subset.json");
    assert_eq!(subset["kind"], "subset");
    assert_eq!(subset["manifest"]["written"], 4);
    assert_eq!(subset["unchanged_length"], true);
    assert_eq!(inspect("subset.manifest.json")["kind"], "subset_manifest");
    assert_told(&at("subset.json"), &["4 of 12", "confidence"]);
    std::fs::write(at("subset.json"), "[]").expect("written");
    assert_eq!(inspect("subset.json")["unchanged_length"], false);
    assert_told(&at("subset.json"), &["not what was selected"]);

    let dataset = inspect("data.json");
    assert_eq!(dataset["kind"], "dataset");
    assert_eq!(dataset["records"], 12);
    leads(&dataset, "ofa check");
}

#[test]
fn encoders_and_files_of_other_programs_are_told() {
    let encoder = json(&["inspect", &path(&demo_encoder())]);
    assert_eq!(encoder["kind"], "encoder");
    assert_eq!(encoder["dim"], 128);
    assert_eq!(encoder["image_tower"]["patch_size"], 16);
    assert_eq!(
        encoder["encoder_fingerprint"].as_str().map(str::len),
        Some(64)
    );

    for (name, format, said) in [
        ("selectors/full.pt", "selector_pt", "4 (K)"),
        ("features/features.pt", "features_pt", "12"),
        ("features/legacy.pt", "features_pt", "12"),
        ("clip_retrieval", "clip_retrieval", "8 wide"),
        ("datacomp", "data_comp", "b32, l14"),
        ("datacomp/1b.npz", "data_comp", "5"),
    ] {
        let place = path(&golden("import").join(name));
        let report = json(&["inspect", &place]);
        assert_eq!(report["kind"], "foreign", "{name}");
        assert_eq!(report["format"], format, "{name}");
        assert_told(&place, &[said, "ofa import"]);
    }
}

#[test]
fn a_store_that_is_not_finished_is_told_as_such() {
    let home = tempfile::tempdir().expect("a temporary folder");
    chain(home.path());
    let features = home.path().join("features");
    std::fs::create_dir(features.join(".encode")).expect("made");
    std::fs::write(features.join(".encode/importing"), "").expect("written");
    let report = json(&["inspect", &path(&features)]);
    assert_eq!(report["finished"], false);
    assert_told(
        &path(&features),
        &["not finished", "run the same `ofa import` again"],
    );
    let selector = path(&home.path().join("selector.safetensors"));
    let scores = path(&home.path().join("x.csv"));
    let score = [
        "score",
        &path(&features),
        "--selector",
        &selector,
        "-o",
        &scores,
    ];
    fails(&score, 1, &["ended before its end"]);
}

#[test]
fn what_is_not_known_is_refused_with_what_was_looked_for() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| path(&home.path().join(name));
    std::fs::write(at("notes.txt"), "nothing of ours").expect("written");
    std::fs::write(at("empty"), "").expect("written");
    std::fs::create_dir(at("folder")).expect("made");
    for name in ["notes.txt", "empty", "folder"] {
        let words = [name, "not known", "selector.pt", "a dataset"];
        fails(&["inspect", &at(name)], 1, &words);
    }
    fails(&["inspect", &at("gone")], 1, &["gone", "no such file"]);
    let weights = path(&demo_encoder().join("model.safetensors"));
    fails(
        &["inspect", &weights],
        1,
        &["neither a selector", "give the folder"],
    );
    let code = path(&golden("import/refused/code.pt"));
    fails(&["inspect", &code], 1, &["posix.system"]);
}
