//! The main job through the program: encode, train, score and select on a dataset full of quirks.

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ofa_tests::{demo_encoder, golden};
use program::{fails, json, path};
use serde_json::Value;

/// Encodes the quirks with the demo encoder on flex.
fn encode(home: &Path) -> Value {
    let quirks = golden("quirks");
    json(&[
        "encode",
        &path(&quirks.join("annotations.json")),
        "--images",
        &path(&quirks.join("images")),
        "--encoder",
        &path(&demo_encoder()),
        "--backend",
        "flex",
        "-o",
        &path(&home.join("features")),
    ])
}

fn train(home: &Path, name: &str) -> Value {
    json(&[
        "train",
        &path(&home.join("features")),
        "-o",
        &path(&home.join(name)),
        "--clusters",
        "3",
        "--core-ratio",
        "0.5",
        "--epochs",
        "4",
        "--learning-rate",
        "1e-3",
        "--backend",
        "flex",
    ])
}

#[test]
fn every_quirk_meets_its_fate_and_the_subset_is_the_records_own_bytes() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let quirks = golden("quirks");
    let expected: Value =
        serde_json::from_slice(&fs::read(quirks.join("expected.json")).expect("the golden"))
            .expect("JSON");
    let expected: BTreeMap<u64, &str> = expected["records"]
        .as_array()
        .expect("records")
        .iter()
        .map(|record| {
            let position = record["position"].as_u64().expect("a position");
            (position, record["fate"].as_str().expect("a fate"))
        })
        .collect();

    let encoded = encode(home);
    let skipped = fs::read_to_string(home.join("features/skipped.jsonl")).expect("the list");
    let mut found: BTreeMap<u64, String> = (0..expected.len() as u64)
        .map(|position| (position, "scored".to_owned()))
        .collect();
    for line in skipped.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let position = line["index"].as_u64().expect("an index");
        found.insert(
            position,
            line["reason"].as_str().expect("a reason").to_owned(),
        );
    }
    for (position, fate) in &expected {
        assert_eq!(&found[position], fate, "record {position}");
    }
    let scored = expected.values().filter(|fate| **fate == "scored").count() as u64;
    assert_eq!(encoded["rows"], scored);

    train(home, "selector.safetensors");
    let run = json(&[
        "run",
        &path(&quirks.join("annotations.json")),
        "--images",
        &path(&quirks.join("images")),
        "--encoder",
        &path(&demo_encoder()),
        "--backend",
        "flex",
        "--selector",
        &path(&home.join("selector.safetensors")),
        "--ratio",
        "0.4",
        "--text-only",
        "keep",
        "-o",
        &path(&home.join("subset.json")),
    ]);
    let manifest: Value =
        serde_json::from_slice(&fs::read(home.join("subset.manifest.json")).expect("the manifest"))
            .expect("JSON");
    let count = |value: &Value| value.as_u64().expect("a count");
    let reasons: u64 = manifest["skipped"]
        .as_object()
        .expect("counts")
        .values()
        .map(count)
        .sum();
    assert_eq!(
        count(&manifest["records"]),
        count(&manifest["scored"]) + reasons
    );
    assert_eq!(manifest["not_scored"], 0);
    let budget = (scored * 4).div_ceil(10);
    assert_eq!(manifest["chosen"], budget);
    let quotas: u64 = manifest["quotas"]
        .as_array()
        .expect("quotas")
        .iter()
        .map(|quota| count(&quota["quota"]))
        .sum();
    assert_eq!(quotas, budget);
    assert_eq!(run["select"]["written"], manifest["written"]);

    // Every record of the subset stands in the source, in the source's order.
    let source = fs::read(quirks.join("annotations.json")).expect("the source");
    let subset = fs::read(home.join("subset.json")).expect("the subset");
    let open = |name: &str, bytes: &[u8]| {
        let source = ofa_data::MemorySource::new(name, bytes.to_vec());
        ofa_data::Dataset::open(std::sync::Arc::new(source), None).expect("a dataset")
    };
    let (source, subset) = (open("source", &source), open("subset", &subset));
    assert_eq!(subset.len(), count(&manifest["written"]));
    let mut position = 0;
    for chosen in 0..subset.len() {
        let bytes = subset.record_bytes(chosen).expect("a record");
        while source
            .record_bytes(position)
            .expect("the subset is in the source's order")
            != bytes
        {
            position += 1;
        }
        assert!(matches!(expected[&position], "scored" | "text_only"));
        position += 1;
    }
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    encode(home);
    train(home, "a.safetensors");
    train(home, "b.safetensors");
    let read = |name: &str| fs::read(home.join(name)).expect("a file");
    assert_eq!(read("a.safetensors"), read("b.safetensors"));
    assert_eq!(read("a.history.json"), read("b.history.json"));
    for ending in ["parquet", "csv", "jsonl"] {
        let scores = path(&home.join(format!("scores-{ending}.{ending}")));
        json(&[
            "score",
            &path(&home.join("features")),
            "--selector",
            &path(&home.join("a.safetensors")),
            "-o",
            &scores,
        ]);
        let subset = path(&home.join(format!("subset-{ending}.json")));
        let data = path(&golden("quirks").join("annotations.json"));
        json(&[
            "select", &data, "--scores", &scores, "--count", "7", "-o", &subset,
        ]);
    }
    assert_eq!(read("subset-parquet.json"), read("subset-csv.json"));
    assert_eq!(read("subset-parquet.json"), read("subset-jsonl.json"));
}

#[test]
fn bad_input_is_refused_with_what_is_wrong() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path();
    let rows = encode(home)["rows"].as_u64().expect("a count");
    let (rows, above) = (rows.to_string(), (rows + 1).to_string());
    train(home, "selector.safetensors");
    let features = path(&home.join("features"));
    let selector = path(&home.join("selector.safetensors"));
    let scores = path(&home.join("scores.parquet"));
    json(&["score", &features, "--selector", &selector, "-o", &scores]);
    let data = path(&golden("quirks").join("annotations.json"));
    let subset = path(&home.join("subset.json"));
    let encoder = path(&demo_encoder());

    let select = |budget: &[&str], status: i32, words: &[&str]| {
        let mut line = vec!["select", data.as_str(), "--scores", &scores, "-o", &subset];
        line.extend(budget);
        fails(&line, status, words);
    };
    select(&["--ratio", "0"], 2, &["0"]);
    select(&["--ratio", "1.5"], 2, &["above 1"]);
    select(
        &["--count", "1000"],
        1,
        &["1000", &format!("only {rows} have a score")],
    );
    select(&[], 2, &["--ratio"]);
    fails(
        &[
            "select",
            "nowhere.json",
            "--scores",
            &scores,
            "--ratio",
            "0.5",
            "-o",
            &subset,
        ],
        1,
        &["nowhere.json"],
    );
    let k = [
        "train",
        &features,
        "-o",
        "x.safetensors",
        "--clusters",
        &above,
    ];
    fails(&k, 1, &[&format!("{above} clusters"), &rows]);
    fails(
        &["train", &features, "-o", &selector],
        1,
        &["exists already", "--force"],
    );
    fails(
        &[
            "encode",
            &data,
            "--encoder",
            "nowhere",
            "-o",
            &path(&home.join("f")),
        ],
        1,
        &["nowhere"],
    );

    // The features of one dataset are not continued with another.
    let other = home.join("other.json");
    fs::write(&other, b"[{\"image\": \"a.png\"}]").expect("written");
    fails(
        &[
            "encode",
            &path(&other),
            "--encoder",
            &encoder,
            "--backend",
            "flex",
            "-o",
            &features,
        ],
        1,
        &["dataset fingerprint"],
    );
    fails(
        &[
            "select",
            &path(&other),
            "--scores",
            &scores,
            "--count",
            "1",
            "-o",
            &subset,
        ],
        1,
        &["dataset fingerprint", "--force"],
    );

    // JSON that breaks off, with the byte.
    let broken = home.join("broken.json");
    fs::write(&broken, b"[{\"id\": 1}, {\"id\": ").expect("written");
    fails(
        &[
            "encode",
            &path(&broken),
            "--encoder",
            &encoder,
            "-o",
            &path(&home.join("f")),
        ],
        1,
        &["broken.json", "19"],
    );

    // Encoder folders with something missing or broken.
    let folder = home.join("encoder");
    fs::create_dir(&folder).expect("made");
    for name in [
        "config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "model.safetensors",
    ] {
        let attempt = [
            "encode",
            data.as_str(),
            "--encoder",
            &path(&folder),
            "-o",
            &path(&home.join("f")),
        ];
        fails(&attempt, 1, &[name]);
        fs::copy(demo_encoder().join(name), folder.join(name)).expect("copied");
    }
    let weights = fs::read(folder.join("model.safetensors")).expect("weights");
    fs::write(
        folder.join("model.safetensors"),
        &weights[..weights.len() / 2],
    )
    .expect("written");
    let attempt = [
        "encode",
        data.as_str(),
        "--encoder",
        &path(&folder),
        "-o",
        &path(&home.join("f")),
    ];
    fails(&attempt, 1, &["model.safetensors"]);
    let config = fs::read_to_string(folder.join("config.json")).expect("config");
    fs::write(folder.join("model.safetensors"), &weights).expect("written");
    fs::write(
        folder.join("config.json"),
        config.replace("\"projection_dim\": 128", "\"projection_dim\": 129"),
    )
    .expect("written");
    fails(&attempt, 1, &["129"]);
    assert!(
        !home.join("f").exists(),
        "nothing is left of a run that was refused"
    );
    assert!(!Path::new(&subset).exists());
}
