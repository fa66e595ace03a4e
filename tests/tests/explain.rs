//! `ofa explain` through the program, against a naive recomputation from the scores.

mod forms;
mod program;

use std::fs;
use std::path::PathBuf;

use forms::encode;
use ofa_tests::{demo_encoder, golden};
use program::{fails, json, ofa, path};
use serde_json::Value;

/// A dataset with its features and scores; the scores also as values.
struct Scored {
    _home: tempfile::TempDir,
    folder: PathBuf,
    data: String,
    features: String,
    scores: String,
    lines: Vec<Value>,
}

impl Scored {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().to_owned();
        let image = |name: &str| golden("formats").join("text/images/coco").join(name);
        for name in ["a.png", "b.jpg"] {
            fs::copy(image(name), folder.join(name)).expect("copied");
        }
        let mut lines = String::new();
        for n in 0..40 {
            let picture = ["a.png", "b.jpg"][n % 2];
            lines.push_str(&format!(
                "{{\"id\": \"r{n}\", \"image\": \"{picture}\", \"text\": \"What is {}?\"}}\n",
                n * n % 17
            ));
        }
        lines.push_str("{\"text\": \"No image\"}\n{\"image\": \"gone.png\", \"text\": \"Gone\"}\n");
        let data = folder.join("data.jsonl");
        fs::write(&data, lines).expect("written");
        let features = folder.join("features");
        encode(&data, None, &[], &features);
        let selector = path(&folder.join("selector.safetensors"));
        let (data, features) = (path(&data), path(&features));
        json(&[
            "train",
            &features,
            "-o",
            &selector,
            "--clusters",
            "3",
            "--core-ratio",
            "0.9",
            "--epochs",
            "2",
            "--backend",
            "flex",
        ]);
        let scores = path(&folder.join("scores.jsonl"));
        json(&["score", &features, "--selector", &selector, "-o", &scores]);
        let lines = fs::read_to_string(&scores).expect("scores");
        Self {
            _home: home,
            folder,
            data,
            features,
            lines: (lines.lines())
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect(),
            scores,
        }
    }

    fn explain(&self, index: u64, more: &[&str]) -> Value {
        let index = index.to_string();
        let line = ["explain", &self.data, &index, "--scores", &self.scores];
        json(&[&line[..], &["--features", &self.features], more].concat())
    }

    fn select(&self, name: &str, more: &[&str]) -> (String, Vec<u64>) {
        let target = path(&self.folder.join(format!("{name}.indices")));
        let line = [
            "select",
            &self.data,
            "--scores",
            &self.scores,
            "--output-format",
            "indices",
        ];
        let rest = ["--features", &self.features, "-o", &target];
        json(&[&line[..], &rest, more].concat());
        let positions = fs::read_to_string(&target).expect("positions");
        let positions = positions
            .lines()
            .map(|line| line.parse().expect("a number"));
        (
            path(&self.folder.join(format!("{name}.manifest.json"))),
            positions.collect(),
        )
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn ranks_and_membership_are_those_of_the_scores_and_the_subset() {
    let scored = Scored::new();
    let (manifest, positions) = scored.select("s", &["--ratio", "0.3"]);
    assert_eq!(positions.len(), 12);
    for line in &scored.lines {
        let index = line["index"].as_u64().expect("an index");
        let by_manifest = scored.explain(index, &["--from", &manifest]);
        let by_budget = scored.explain(index, &["--ratio", "0.3"]);
        for explained in [&by_manifest, &by_budget] {
            assert_eq!(
                explained["in_subset"],
                positions.contains(&index),
                "{index}"
            );
        }
        let explained = &by_manifest["scored"];
        assert_eq!(
            explained["chosen"]["quota"],
            by_budget["scored"]["chosen"]["quota"]
        );
        assert_eq!(
            explained["chosen"]["cut"],
            by_budget["scored"]["chosen"]["cut"]
        );
        let of_cluster: Vec<&Value> = (scored.lines.iter())
            .filter(|other| other["cluster"] == line["cluster"])
            .collect();
        let before = |other: &&&Value| {
            let key = |line: &Value| (number(&line["confidence"]), line["index"].as_u64());
            key(other) < key(line)
        };
        let rank = of_cluster.iter().filter(before).count() + 1;
        assert_eq!(explained["rank"], rank, "{index}");
        assert_eq!(explained["cluster_size"], of_cluster.len());
        let quota = explained["chosen"]["quota"].as_u64().expect("a quota");
        assert_eq!(rank as u64 <= quota, positions.contains(&index));
        // The budget that it is said to take does take it.
        let ratio = explained["taken_from_ratio"].as_str().expect("a ratio");
        let there = scored.explain(index, &["--ratio", ratio]);
        assert_eq!(there["in_subset"], true);
        assert_eq!(there["scored"]["chosen"]["budget"], explained["taken_from"]);
        let one_less = explained["taken_from"].as_u64().expect("a budget") - 1;
        if one_less > 0 {
            let there = scored.explain(index, &["--count", &one_less.to_string()]);
            assert_eq!(there["in_subset"], false);
        }
    }
}

#[test]
fn neighbours_are_the_nearest_of_the_cluster() {
    let scored = Scored::new();
    let (manifest, positions) = scored.select("s", &["--count", "10"]);
    let shard = fs::read(format!("{}/features-00000.safetensors", scored.features)).expect("read");
    let shard = safetensors::SafeTensors::deserialize(&shard).expect("safetensors");
    let tensor = |name: &str| -> Vec<f64> {
        let bytes = shard.tensor(name).expect("a tensor").data().to_vec();
        bytes
            .chunks(2)
            .map(|half| half::f16::from_le_bytes([half[0], half[1]]).to_f64())
            .collect()
    };
    let (image, text) = (tensor("image"), tensor("text"));
    let dim = image.len() / scored.lines.len();
    let joint = |row: usize| -> Vec<f64> {
        let at = row * dim..(row + 1) * dim;
        let values = [&image[at.clone()], &text[at]].concat();
        let length = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        values.iter().map(|v| v / length).collect()
    };
    let cosine =
        |a: usize, b: usize| -> f64 { joint(a).iter().zip(joint(b)).map(|(x, y)| x * y).sum() };
    for row in [0, 13, 39] {
        let of = |row: usize| scored.lines[row]["index"].as_u64().expect("an index");
        let explained = scored.explain(of(row), &["--from", &manifest, "--neighbours", "4"]);
        let found = explained["scored"]["neighbours"]
            .as_array()
            .expect("neighbours");
        let mut others: Vec<f64> = (0..scored.lines.len())
            .filter(|&other| other != row)
            .filter(|&other| scored.lines[other]["cluster"] == scored.lines[row]["cluster"])
            .map(|other| cosine(row, other))
            .collect();
        others.sort_by(|a, b| b.total_cmp(a));
        assert_eq!(found.len(), others.len().min(4));
        for (neighbour, similarity) in found.iter().zip(&others) {
            assert!((number(&neighbour["similarity"]) - similarity).abs() < 1e-9);
            let index = neighbour["index"].as_u64().expect("an index");
            assert_eq!(neighbour["in_subset"], positions.contains(&index));
            let other = (0..scored.lines.len()).find(|&other| of(other) == index);
            let other = other.expect("a scored record");
            assert!((cosine(row, other) - similarity).abs() < 1e-9);
        }
        // Equal ones are in dataset order.
        for pair in found.windows(2) {
            if pair[0]["similarity"] == pair[1]["similarity"] {
                assert!(pair[0]["index"].as_u64() < pair[1]["index"].as_u64());
            }
        }
    }
}

#[test]
fn nothing_is_said_of_neighbours_that_were_not_asked_for() {
    let scored = Scored::new();
    let same = |one: &Value, other: &Value| one["cluster"] == other["cluster"];
    let size = |one: &Value| (scored.lines.iter()).filter(|line| same(line, one)).count();
    let shared = scored.lines.iter().find(|line| size(line) > 1);
    let index = shared.expect("a cluster of several")["index"].to_string();
    let line = ["explain", &scored.data, &index, "--scores", &scored.scores];
    let with = ["--features", &scored.features];
    let said = |more: &[&str]| -> String {
        let output = ofa(&[&line[..], more].concat());
        assert!(output.status.success());
        // Words for people go there; nothing but JSON would be on stdout.
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(said(&with).contains("Most like it in its cluster:"));
    assert!(said(&[]).contains("Its nearest neighbours need --features."));
    for more in [&with[..], &[]] {
        let said = said(&[more, &["--neighbours", "0"]].concat());
        let silent = ["no other record", "neighbours", "Most like it"];
        assert!(!silent.iter().any(|words| said.contains(words)), "{said}");
    }
}

#[test]
fn other_methods_are_told_from_the_positions_of_the_manifest() {
    let scored = Scored::new();
    let list = path(&scored.folder.join("list.txt"));
    fs::write(&list, "7\n").expect("written");
    for more in [
        &["--count", "10", "--method", "random", "--seed", "3"][..],
        &["--count", "10", "--method", "kdpp"],
        &["--count", "10", "--pin", &list],
        &["--count", "10", "--exclude", &list, "--text-only", "keep"],
    ] {
        let name = format!(
            "s{}",
            more.len() + more.iter().map(|word| word.len()).sum::<usize>()
        );
        let (manifest, positions) = scored.select(&name, more);
        for index in 0..42 {
            let explained = scored.explain(index, &["--from", &manifest]);
            assert_eq!(
                explained["in_subset"],
                positions.contains(&index),
                "{more:?}, {index}"
            );
            if explained["scored"].is_object() {
                assert_eq!(
                    explained["scored"]["chosen"]["cut"],
                    Value::Null,
                    "{more:?}"
                );
            }
        }
        // Without positions, ranks do not tell.
        let mut json: Value =
            serde_json::from_slice(&fs::read(&manifest).expect("read")).expect("JSON");
        json.as_object_mut().expect("an object").remove("positions");
        fs::write(&manifest, json.to_string()).expect("written");
        let line = [
            "explain",
            &scored.data,
            "7",
            "--scores",
            &scored.scores,
            "--from",
            &manifest,
        ];
        let text = String::from_utf8_lossy(&ofa(&line).stderr).into_owned();
        assert!(text.contains("cannot be told"), "{text}");
    }
}

#[test]
fn a_record_without_a_score_has_its_reason() {
    let scored = Scored::new();
    let text_only = scored.explain(40, &["--ratio", "0.3"]);
    assert_eq!(text_only["skipped"]["reason"], "text_only");
    assert_eq!(text_only["in_subset"], false);
    assert_eq!(text_only["human_turns"][0], "No image");
    let gone = scored.explain(41, &[]);
    assert_eq!(gone["skipped"]["reason"], "image_missing");
    assert!(
        gone["skipped"]["detail"]
            .as_str()
            .expect("words")
            .contains("gone.png")
    );
    assert_eq!(gone["in_subset"], Value::Null);
    // Without the list it is said where the reason is.
    let line = ["explain", &scored.data, "41", "--scores", &scored.scores];
    let text = String::from_utf8_lossy(&ofa(&line).stderr).into_owned();
    assert!(text.contains("give --features"), "{text}");
}

#[test]
fn wrong_questions_are_refused() {
    let scored = Scored::new();
    let ask = |index: &str, more: &[&str], status: i32, words: &[&str]| {
        let line = ["explain", &scored.data, index, "--scores", &scored.scores];
        fails(&[&line[..], more].concat(), status, words);
    };
    ask("42", &[], 1, &["data.jsonl", "no record 42", "42 records"]);
    ask("0", &["--ratio", "0.1", "--count", "3"], 2, &["--count"]);
    ask("0", &["--count", "41"], 1, &["41", "40"]);
    ask(
        "0",
        &["--from", &scored.data],
        1,
        &["data.jsonl", "manifest"],
    );
    let other = scored.folder.join("other.jsonl");
    fs::write(&other, "{\"image\": \"a.png\", \"text\": \"Other\"}\n").expect("written");
    let other = path(&other);
    fails(
        &["explain", &other, "0", "--scores", &scored.scores],
        1,
        &["the dataset", "the scores", "--force"],
    );
    // A shard of other records has no features for it.
    let features = path(&scored.folder.join("other-features"));
    json(&[
        "encode",
        &other,
        "--encoder",
        &path(&demo_encoder()),
        "--backend",
        "flex",
        "-o",
        &features,
    ]);
    ask(
        "5",
        &["--features", &features, "--force"],
        1,
        &["record", "features"],
    );
}
