//! `ofa import` through the program, against what PyTorch and NumPy wrote and computed.

mod program;

use std::path::{Path, PathBuf};

use half::f16;
use ofa_core::features::FeatureRows;
use ofa_pipeline::native::open_features;
use ofa_tests::golden;
use program::{fails, json, path};
use safetensors::SafeTensors;
use serde_json::Value;

fn source(name: &str) -> String {
    path(&golden("import").join(name))
}

fn expected(name: &str) -> Value {
    let bytes = std::fs::read(golden("import").join(name)).expect("the golden is committed");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn notes(report: &Value) -> String {
    let notes = report["notes"].as_array().expect("a list");
    notes
        .iter()
        .map(|note| format!("{}\n", note.as_str().expect("text")))
        .collect()
}

/// Imports and gives the report and the output's place.
fn imported(home: &Path, name: &str, arguments: &[&str]) -> (Value, PathBuf) {
    let output = home.join(name.replace('/', "-"));
    let mut line = vec![
        "import".to_owned(),
        source(name),
        "-o".to_owned(),
        path(&output),
    ];
    line.extend(arguments.iter().map(|&argument| argument.to_owned()));
    let line: Vec<&str> = line.iter().map(String::as_str).collect();
    (json(&line), output)
}

/// Checks that every tensor that PyTorch's own safetensors wrote is there, to the bit.
fn assert_same_tensors(found: &Path, expected: &str) {
    let found_bytes = std::fs::read(found).expect("written");
    let expected_bytes = std::fs::read(golden("import").join(expected)).expect("committed");
    let found = SafeTensors::deserialize(&found_bytes).expect("a selector");
    let wanted = SafeTensors::deserialize(&expected_bytes).expect("a golden");
    assert_eq!(found.len(), wanted.len(), "{expected}");
    for (name, tensor) in wanted.tensors() {
        let same = found.tensor(&name).expect("every tensor is there");
        assert_eq!(same.shape(), tensor.shape(), "{expected}: {name}");
        assert_eq!(same.dtype(), tensor.dtype(), "{expected}: {name}");
        assert!(same.data() == tensor.data(), "{expected}: {name}");
    }
}

const SELECTORS: [&str; 6] = [
    "full",
    "data_parallel",
    "static_gate",
    "no_interaction",
    "half_without_config",
    "double",
];

#[test]
fn selectors_come_over_to_the_bit_and_score_as_in_pytorch() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_, features) = imported(home.path(), "features/features.pt", &[]);
    for name in SELECTORS {
        let (report, selector) = imported(home.path(), &format!("selectors/{name}.pt"), &[]);
        assert_eq!(report["kind"], "selector_pt");
        assert_same_tensors(&selector, &format!("selectors/{name}.safetensors"));

        let scores = home.path().join(format!("{name}.jsonl"));
        json(&[
            "score",
            &path(&features),
            "--selector",
            &path(&selector),
            "-o",
            &path(&scores),
        ]);
        let wanted = expected(&format!("selectors/{name}.scores.json"));
        let rows: Vec<Value> = std::fs::read_to_string(&scores)
            .expect("written")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect();
        assert_eq!(rows.len(), wanted["index"].as_array().expect("rows").len());
        for (column, values) in wanted.as_object().expect("columns") {
            for (row, wanted) in rows.iter().zip(values.as_array().expect("values")) {
                let (found, wanted) = (row[column].as_f64(), wanted.as_f64());
                let (found, wanted) = found.zip(wanted).expect("numbers");
                assert!(
                    (found - wanted).abs() <= 1e-6,
                    "{name}, {column}: {found} is not {wanted}"
                );
            }
        }
        let has_early = rows[0].get("early_confidence").is_some();
        assert_eq!(has_early, name == "full");
        assert_eq!(report["early"], has_early);
    }
}

#[test]
fn what_is_said_of_a_selector_is_kept_and_told() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (_, full) = imported(home.path(), "selectors/full.pt", &[]);
    let (_, legacy) = imported(home.path(), "selectors/legacy.pt", &[]);
    assert_same_tensors(&legacy, "selectors/full.safetensors");

    let training = json(&["inspect", &path(&full)])["training"].clone();
    assert_eq!(training["selected_epoch"], 35);
    assert_eq!(training["seed"], 42);
    assert_eq!(training["metrics"]["macro_accuracy"], 0.611);
    assert_eq!(training["metrics"]["coverage"], 121);
    assert_eq!(training["best_loss"], 1.5);
    assert_eq!(training["history"][2]["epoch"], 2);
    assert_eq!(
        training["config"]["encoder"],
        "openai/clip-vit-base-patch32"
    );
    assert_eq!(training["imported"]["file"], "full.pt");
    assert!(training.get("selector_state_dict").is_none());

    for (name, words) in [
        ("data_parallel", "`module.`"),
        ("data_parallel", "no early selector"),
        ("half_without_config", "widened to f32, which is exact"),
        ("double", "of 392 values are not the same"),
    ] {
        let output = home.path().join(format!("{name}-again.safetensors"));
        let file = source(&format!("selectors/{name}.pt"));
        let report = json(&["import", &file, "-o", &path(&output), "--force"]);
        assert!(notes(&report).contains(words), "{}", notes(&report));
    }
}

/// Compares a store with a golden, to the bit unless `ulps` allows more.
fn assert_features(store: &Path, golden: &str, ulps: i32) {
    let wanted = expected(golden);
    let (features, manifest) = open_features(store).expect("a whole store");
    let index: Vec<u64> = (0..features.rows())
        .map(|row| features.index(row))
        .collect();
    assert_eq!(serde_json::json!(index), wanted["index"], "{golden}");
    for row in 0..features.rows() {
        for (name, found) in [("image", features.image(row)), ("text", features.text(row))] {
            let values = wanted[name][row].as_array().expect("a row");
            assert_eq!(found.len(), values.len());
            for (found, wanted) in found.iter().zip(values) {
                let wanted = f16::from_bits(wanted.as_i64().expect("bits") as u16);
                let off = i32::from(found.to_bits()) - i32::from(wanted.to_bits());
                assert!(
                    off.abs() <= ulps,
                    "{golden}, {name} {row}: {found} {wanted}"
                );
            }
        }
    }
    let manifest = manifest.expect("a manifest");
    manifest.check().expect("the counts add up");
    assert_eq!(manifest.fingerprints.dataset, None);
}

#[test]
fn features_come_over_to_the_bit_whatever_their_layout() {
    let home = tempfile::tempdir().expect("a temporary folder");
    for (name, said) in [
        ("features", ""),
        ("legacy", ""),
        ("strided", ""),
        ("unsorted", "sorted by them"),
    ] {
        let (report, store) = imported(home.path(), &format!("features/{name}.pt"), &[]);
        assert_features(&store, "features/expected.json", 0);
        assert_eq!(report["kind"], "features_pt");
        assert_eq!(report["rows"], 12);
        assert_eq!(report["dataset_records"], 20);
        assert_eq!(report["unaccounted"], 8);
        assert!(notes(&report).contains(said), "{name}: {}", notes(&report));
        assert!(!notes(&report).contains("rounded"), "{name}");
    }
}

#[test]
fn rows_that_are_not_normalised_are_and_those_without_a_direction_are_skipped() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let (report, store) = imported(home.path(), "features/f32.pt", &[]);
    // The order in which squares are added may tip a value that lies between two of f16.
    assert_features(&store, "features/f32.json", 1);
    assert_eq!(report["normalised"], 10);
    assert_eq!(report["skipped"]["embedding_not_finite"], 2);
    let said = notes(&report);
    for words in [
        "f32 are rounded to f16",
        "not of length 1",
        "no record_indices",
    ] {
        assert!(said.contains(words), "{said}");
    }
    let skipped = std::fs::read_to_string(store.join("skipped.jsonl")).expect("a list");
    let lines: Vec<Value> = skipped
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect();
    assert_eq!(lines[0]["index"], 3);
    assert_eq!(lines[1]["index"], 5);
    assert_eq!(lines[0]["reason"], "embedding_not_finite");
    assert!(
        skipped.contains("text embedding has NaN or an infinity in column 2"),
        "{skipped}"
    );
    assert!(
        skipped.contains("image embedding is all zeros"),
        "{skipped}"
    );
}

#[test]
fn clip_retrieval_and_datacomp_come_over_in_the_order_of_their_parts() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let rows = |store: &Path| -> Vec<(Vec<f16>, Vec<f16>)> {
        let (features, _) = open_features(store).expect("a whole store");
        (0..features.rows())
            .inspect(|&row| assert_eq!(features.index(row), row as u64))
            .map(|row| (features.image(row).to_vec(), features.text(row).to_vec()))
            .collect()
    };
    let (_, first) = imported(home.path(), "features/features.pt", &[]);
    let (features, _) = open_features(&first).expect("a whole store");
    let wanted: Vec<_> = (0..12)
        .map(|row| (features.image(row).to_vec(), features.text(row).to_vec()))
        .collect();

    let (report, store) = imported(home.path(), "clip_retrieval", &[]);
    assert_eq!(report["kind"], "clip_retrieval");
    assert_eq!(rows(&store), wanted);
    let (report, store) = imported(home.path(), "datacomp", &[]);
    assert_eq!(report["kind"], "data_comp");
    assert!(notes(&report).contains("b32 are taken of b32, l14"));
    assert_eq!(rows(&store), wanted);

    let output = home.path().join("l14");
    let folder = source("datacomp");
    let report = json(&[
        "import",
        &folder,
        "-o",
        &path(&output),
        "--embedding",
        "l14",
    ]);
    assert_eq!(report["dim"], 16);
    let l14 = rows(&output);
    // Made as the image's values in reverse.
    for (image, text) in &l14 {
        assert!(image.iter().eq(text.iter().rev()));
    }
    let nowhere = path(&home.path().join("x"));
    let words = ["h14_img and h14_txt", "b32, l14"];
    fails(
        &["import", &folder, "-o", &nowhere, "--embedding", "h14"],
        1,
        &words,
    );
}

#[test]
fn what_cannot_be_trusted_is_refused_by_name_and_leaves_nothing() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = home.path().join("out");
    for (name, words) in [
        // Hostile pickles.
        (
            "code.pt",
            &["posix.system", "byte ", "Nothing of the file was run"][..],
        ),
        ("opcode.pt", &["byte 22", "opcode 0x69"]),
        ("truncated.pt", &["byte 3", "data ends"]),
        ("underflow.pt", &["byte 3", "empty stack"]),
        ("memo.pt", &["byte 3", "value 7", "never stored"]),
        (
            "beyond_storage.pt",
            &["image_features", "[3, 8]", "storage of 16 elements"],
        ),
        ("huge.pt", &["image_features", "beyond any file"]),
        (
            "lying_storage.pt",
            &["8796093022208 elements", "32 bytes are there"],
        ),
        ("repeated.pt", &["repeats the elements"]),
        ("no_storage.pt", &["storage 7 is not in the file"]),
        ("negative.pt", &["expected a count, found -2"]),
        ("cut.pt", &["zip"]),
        // Features that contradict themselves.
        ("duplicates.pt", &["1 (rows 1 and 11)", "4 (rows 4 and 6)"]),
        ("negative_index.pt", &["row 0", "-1"]),
        ("float_index.pt", &["whole numbers", "F32"]),
        ("few_indices.pt", &["11 positions", "12 rows"]),
        ("other_rows.pt", &["12 rows", "text_features has 10"]),
        ("other_width.pt", &["4 wide", "8 wide"]),
        ("transposed.pt", &["contiguous()"]),
        ("no_text.pt", &["text_features", "missing"]),
        ("integers.pt", &["expected floats, found I32"]),
        // Selectors that contradict themselves.
        (
            "config_differs.pt",
            &["hidden_dim 7", "image_branch.0.weight", "[6, 8]"],
        ),
        (
            "centers_differ.pt",
            &["num_clusters 4", "cluster_centers", "[5, 16]"],
        ),
        ("other_mode.pt", &["fusion_mode", "attention"]),
        ("no_centers.pt", &["cluster_centers are missing"]),
        ("no_gate.pt", &["gate.2.bias"]),
        ("nan.pt", &["cluster_centers", "NaN"]),
        // What is none of what is read.
        (
            "state_dict.pt",
            &["selector_state_dict", "image_branch.0.weight"],
        ),
        ("list.pt", &["found a list"]),
        ("alone.npy", &["give the folder"]),
        ("unpaired.npz", &["b32_txt", "b32_img.npy"]),
        // Arrays.
        ("fortran", &["fortran_order", "ascontiguousarray"]),
        (
            "other_text",
            &["img_emb_0.npy", "12", "text_emb_0.npy", "9"],
        ),
        (
            "other_table",
            &["metadata_0.parquet", "11", "img_emb_0.npy", "12"],
        ),
        ("unequal.npz", &["b32_img.npy", "12", "b32_txt.npy", "9"]),
        ("big_endian.npz", &["`>f4`"]),
        ("objects.npz", &["`|O`"]),
    ] {
        let source = source(&format!("refused/{name}"));
        let mut said = vec![source.as_str()];
        said.extend(words);
        fails(&["import", &source, "-o", &path(&output)], 1, &said);
        assert!(!output.exists(), "{name} left something");
    }
}

#[test]
fn an_output_that_stands_is_kept_and_no_input_is_written_to() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| path(&home.path().join(name));
    let (selector, features) = (source("selectors/full.pt"), source("features/features.pt"));
    std::fs::copy(&selector, at("selector.pt")).expect("copied");
    let before = std::fs::read(at("selector.pt")).expect("read");
    let itself = [
        "import",
        &at("selector.pt"),
        "-o",
        &at("selector.pt"),
        "--force",
    ];
    fails(&itself, 1, &["is an input"]);
    assert_eq!(std::fs::read(at("selector.pt")).expect("read"), before);

    json(&["import", &selector, "-o", &at("s.safetensors")]);
    fails(
        &["import", &selector, "-o", &at("s.safetensors")],
        1,
        &["--force"],
    );
    json(&["import", &selector, "-o", &at("s.safetensors"), "--force"]);

    json(&["import", &features, "-o", &at("features")]);
    fails(
        &["import", &features, "-o", &at("features")],
        1,
        &["--force"],
    );
    json(&["import", &features, "-o", &at("features"), "--force"]);
    fails(
        &["import", &features, "-o", &at("s.safetensors")],
        1,
        &["is a file"],
    );
    fails(
        &["import", &selector, "-o", &at("features")],
        1,
        &["is a folder"],
    );
    let missing = at("missing.pt");
    fails(&["import", &missing, "-o", &at("x")], 1, &["missing.pt"]);
}

#[test]
fn imported_features_are_trained_on_scored_and_selected_from() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| path(&home.path().join(name));
    json(&[
        "import",
        &source("features/features.pt"),
        "-o",
        &at("features"),
    ]);
    let train = [
        "train",
        &at("features"),
        "-o",
        &at("s.safetensors"),
        "--clusters",
        "2",
    ];
    json(&[&train[..], &["--epochs", "2", "--backend", "flex"]].concat());
    json(&[
        "import",
        &source("selectors/full.pt"),
        "-o",
        &at("full.safetensors"),
    ]);
    let score = [
        "score",
        &at("features"),
        "--selector",
        &at("full.safetensors"),
    ];
    json(&[&score[..], &["-o", &at("scores.parquet")]].concat());

    // A dataset of which the features know 20 records, 5 of the others being text-only.
    let records: Vec<Value> = (0..24)
        .map(|record| {
            let turns = serde_json::json!([{ "from": "human", "value": format!("Say {record}") }]);
            match record {
                2 | 6 | 7 | 20 | 23 => serde_json::json!({ "id": record, "conversations": turns }),
                _ => serde_json::json!({ "id": record, "image": "a.png", "conversations": turns }),
            }
        })
        .collect();
    std::fs::write(at("data.json"), serde_json::json!(records).to_string()).expect("written");
    let (data, scores, features) = (at("data.json"), at("scores.parquet"), at("features"));
    let select = [
        "select",
        &data,
        "--scores",
        &scores,
        "--features",
        &features,
    ];
    let (excluded, kept) = (at("a.json"), at("b.json"));
    json(&[&select[..], &["--ratio", "0.5", "-o", &excluded]].concat());
    let keep = ["--ratio", "0.5", "--text-only", "keep", "-o", &kept];
    json(&[&select[..], &keep].concat());
    let manifest = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(at(name)).expect("written")).expect("JSON")
    };
    let excluded = manifest("a.manifest.json");
    assert_eq!(excluded["records"], 24);
    assert_eq!(excluded["scored"], 12);
    assert_eq!(excluded["not_scored"], 12);
    assert_eq!(excluded["written"], 6);
    let kept = manifest("b.manifest.json");
    assert_eq!(kept["text_only_kept"], 5);
    assert_eq!(kept["not_scored"], 7);
    assert_eq!(kept["written"], 11);
}
