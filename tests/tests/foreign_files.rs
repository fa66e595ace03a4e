//! Features, scores and lists that another program wrote, as docs/FORMATS.md allows them.

mod program;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use half::f16;
use ofa_core::rng::{Purpose, Rng};
use program::{fails, json, ofa, path};
use safetensors::tensor::{Dtype, TensorView, serialize};

const DIM: usize = 8;

/// Rows of random embeddings in the order of their positions, written as the Python package does.
struct Written {
    positions: Vec<i64>,
    bytes: Vec<u8>,
}

fn features(positions: &[i64], dim: usize, metadata: &[(&str, &str)], broken: bool) -> Written {
    let mut rng = Rng::new(5, Purpose::Baseline, 0, 0);
    let mut values = || -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in positions {
            let row: Vec<f64> = (0..dim).map(|_| rng.unit_f64() - 0.5).collect();
            let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
            let value = |value: f64| f16::from_f64(value / norm).to_le_bytes();
            bytes.extend(row.into_iter().flat_map(value));
        }
        bytes
    };
    let (mut image, text) = (values(), values());
    if broken {
        image[..2].copy_from_slice(&f16::NAN.to_le_bytes());
    }
    let index: Vec<u8> = positions.iter().flat_map(|n| n.to_le_bytes()).collect();
    let shape = vec![positions.len(), dim];
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).expect("it fits");
    let tensors = [
        ("image", view(Dtype::F16, shape.clone(), &image)),
        ("text", view(Dtype::F16, shape, &text)),
        ("index", view(Dtype::I64, vec![positions.len()], &index)),
    ];
    let metadata: HashMap<String, String> = metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let metadata = (!metadata.is_empty()).then_some(metadata);
    Written {
        positions: positions.to_vec(),
        bytes: serialize(tensors, metadata).expect("serialised"),
    }
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> String {
    fs::write(path, bytes).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

/// A dataset of so many records.
fn dataset(home: &Path, records: u64) -> String {
    let lines: Vec<String> = (0..records)
        .map(|n| format!("{{\"id\": {n}, \"conversations\": []}}"))
        .collect();
    write(&home.join("data.jsonl"), format!("{}\n", lines.join("\n")))
}

fn train(features: &str, output: &Path, more: &[&str]) -> Output {
    let output = path(output);
    let mut line = vec![
        "train",
        features,
        "-o",
        &output,
        "--clusters",
        "3",
        "--core-ratio",
        "0.5",
        "--epochs",
        "2",
        "--backend",
        "flex",
    ];
    line.extend(more);
    ofa(&line)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Features of 40 records, a selector of them, and their scores as CSV.
struct Home {
    _folder: tempfile::TempDir,
    home: PathBuf,
    data: String,
    features: String,
    selector: String,
    scores: String,
}

fn home() -> Home {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let home = folder.path().to_owned();
    let data = dataset(&home, 100);
    let positions: Vec<i64> = (0..40).map(|n| 5 + 2 * n).collect();
    let written = features(&positions, DIM, &[("format", "pt")], false);
    assert_eq!(written.positions[0], 5);
    let features = write(&home.join("mine.safetensors"), written.bytes);
    let selector = home.join("selector.safetensors");
    let trained = train(&features, &selector, &[]);
    assert!(trained.status.success(), "{}", stderr(&trained));
    assert!(stderr(&trained).contains("no encoder fingerprint in the features"));
    let scores = path(&home.join("scores.csv"));
    let selector = path(&selector);
    json(&["score", &features, "--selector", &selector, "-o", &scores]);
    Home {
        _folder: folder,
        home,
        data,
        features,
        selector,
        scores,
    }
}

#[test]
fn one_features_file_without_metadata_goes_all_the_way() {
    let at = home();
    let subset = path(&at.home.join("subset.jsonl"));
    let chosen = ofa(&[
        "--json", "select", &at.data, "--scores", &at.scores, "--ratio", "0.15", "-o", &subset,
    ]);
    assert!(chosen.status.success(), "{}", stderr(&chosen));
    assert!(stderr(&chosen).contains("no dataset fingerprint in the scores"));
    let account: serde_json::Value = serde_json::from_slice(&chosen.stdout).expect("one object");
    assert_eq!(account["chosen"], 6);
    assert_eq!(account["scored"], 40);
    assert_eq!(account["not_scored"], 60);
    let text = fs::read_to_string(&subset).expect("the subset");
    assert_eq!(text.lines().count(), 6);
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a record");
        let position = record["id"].as_u64().expect("its position");
        assert!((5..=83).contains(&position) && position % 2 == 1);
    }
}

#[test]
fn a_folder_of_shards_without_a_manifest_is_read_in_order() {
    let at = home();
    let folder = at.home.join("shards");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("manifest.json"), "{\"made by\": \"a script\"}").expect("written");
    for (shard, start) in [(0, 0), (1, 50)] {
        let positions: Vec<i64> = (start..start + 20).collect();
        let shard = folder.join(format!("features-{shard:05}.safetensors"));
        write(&shard, features(&positions, DIM, &[], false).bytes);
    }
    let scores = path(&at.home.join("s.jsonl"));
    json(&[
        "score",
        &path(&folder),
        "--selector",
        &at.selector,
        "-o",
        &scores,
    ]);
    let text = fs::read_to_string(&scores).expect("scores");
    let positions: Vec<u64> = text
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line");
            line["index"].as_u64().expect("a position")
        })
        .collect();
    assert_eq!(positions, (0..20).chain(50..70).collect::<Vec<_>>());
}

#[test]
fn features_that_cannot_be_used_are_refused() {
    let at = home();
    let out = path(&at.home.join("out.csv"));
    let score = |features: &str, words: &[&str]| {
        fails(
            &["score", features, "--selector", &at.selector, "-o", &out],
            1,
            words,
        );
        assert!(!Path::new(&out).exists());
        assert!(!at.home.join("out.csv.part").exists());
    };
    let file = |name: &str, bytes: &[u8]| write(&at.home.join(name), bytes);
    let wide = features(&[0, 1, 2], 9, &[], false).bytes;
    score(&file("wide.safetensors", &wide), &["9", "8"]);
    let nan = features(&[3, 4, 5], DIM, &[], true).bytes;
    let nan = file("nan.safetensors", &nan);
    score(&nan, &["nan.safetensors", "not finite", "record 3"]);
    let trained = train(&nan, &at.home.join("n.safetensors"), &[]);
    assert_eq!(trained.status.code(), Some(1), "{}", stderr(&trained));
    assert!(
        stderr(&trained).contains("not finite"),
        "{}",
        stderr(&trained)
    );
    let whole = fs::read(&at.features).expect("read");
    score(
        &file("cut.safetensors", &whole[..whole.len() - 1]),
        &["cut.safetensors", "whole safetensors file"],
    );
    let twice = features(&[3, 3], DIM, &[], false).bytes;
    score(
        &file("twice.safetensors", &twice),
        &["`index`, row 1", "above 3", "3"],
    );
    let other = [("format", "tf")];
    score(
        &file("tf.safetensors", &features(&[0], DIM, &other, false).bytes),
        &["ofa-features", "tf"],
    );
    score("nowhere", &["nowhere"]);
    fails(
        &["score", &at.features, "--selector", &nan, "-o", &out],
        1,
        &["nan.safetensors"],
    );
    // An encoder that the selector was not trained with.
    let of = |encoder| features(&[0, 1, 2, 3, 4, 5], DIM, &[("encoder", encoder)], false).bytes;
    let ours = file("ours.safetensors", &of("aaaa"));
    let selector = at.home.join("ours-selector.safetensors");
    let trained = train(&ours, &selector, &[]);
    assert!(trained.status.success(), "{}", stderr(&trained));
    let theirs = file("theirs.safetensors", &of("bbbb"));
    let line = ["score", &theirs, "--selector", &path(&selector), "-o", &out];
    fails(&line, 1, &["aaaa", "bbbb", "--force"]);
    let forced: Vec<&str> = line.iter().copied().chain(["--force"]).collect();
    json(&forced);
}

#[test]
fn scores_that_cannot_be_used_are_refused() {
    let at = home();
    let subset = at.home.join("subset.jsonl");
    let select = |scores: &str, status: i32, words: &[&str]| {
        let line = [
            "select",
            &at.data,
            "--scores",
            scores,
            "--count",
            "2",
            "-o",
            &path(&subset),
        ];
        fails(&line, status, words);
        assert!(!subset.exists());
    };
    let head = "index,cluster,confidence,entropy,gate\n";
    let file = |name: &str, rows: &str| write(&at.home.join(name), format!("{head}{rows}"));
    select(
        &file("beyond.csv", "1,0,0.5,1,1\n100,0,0.5,1,1\n"),
        1,
        &["record 100", "100"],
    );
    select(&file("nan.csv", "1,0,NaN,1,1\n2,0,0.5,1,1\n"), 1, &["NaN"]);
    select(&file("twice.csv", "1,0,0.5,1,1\n1,0,0.5,1,1\n"), 1, &["1"]);
    select(&file("few.csv", "1,0,0.5,1,1\n"), 1, &["2", "1"]);
    select(&file("none.csv", ""), 1, &["no"]);
    let whole = fs::read_to_string(&at.scores).expect("read");
    let cut = &whole[..whole.len() - 20];
    select(
        &write(&at.home.join("cut.csv"), cut),
        1,
        &["cut.csv", "line 41"],
    );
    select("scores.txt", 2, &[".parquet, .csv or .jsonl"]);
    // Sorted by confidence, as a table program leaves them, they choose the same.
    let mut rows: Vec<&str> = whole.lines().skip(1).collect();
    rows.sort_by_key(|row| row.split(',').nth(2).map(str::to_owned));
    let head = whole.lines().next().expect("a header");
    let table = format!("{head}\n{}\n", rows.join("\n"));
    let sorted = write(&at.home.join("sorted.csv"), table);
    let choose = |scores: &str, name: &str| {
        let subset = path(&at.home.join(name));
        json(&[
            "select", &at.data, "--scores", scores, "--count", "9", "-o", &subset,
        ]);
        fs::read(subset).expect("the subset")
    };
    assert_eq!(choose(&sorted, "a.jsonl"), choose(&at.scores, "b.jsonl"));
}

#[test]
fn what_exists_is_refused_and_inputs_are_never_written_over() {
    let at = home();
    let subset = path(&at.home.join("subset.jsonl"));
    let select = [
        "select", &at.data, "--scores", &at.scores, "--count", "2", "-o",
    ];
    let to = |output| {
        select
            .iter()
            .copied()
            .chain([output])
            .collect::<Vec<&str>>()
    };
    json(&to(&subset));
    fails(&to(&subset), 1, &["exists already", "--force"]);
    let forced = |output| [to(output), vec!["--force"]].concat();
    json(&forced(&subset));
    // The manifest alone is in the way as well.
    fs::remove_file(&subset).expect("removed");
    fails(&to(&subset), 1, &["subset.manifest.json", "exists already"]);
    fails(&forced(&at.data), 1, &["is an input"]);
    fails(&forced(&at.scores), 1, &["is an input"]);
    // A subset whose manifest would take the place of the scores' own.
    let clash = path(&at.home.join("scores.jsonl"));
    fails(&forced(&clash), 1, &["scores.manifest.json", "is an input"]);
    let score = ["score", &at.features, "--selector", &at.selector, "-o"];
    let score = |output| score.iter().copied().chain([output]).collect::<Vec<&str>>();
    fails(&score(&at.scores), 1, &["exists already"]);
    let forced = [score(&at.selector), vec!["--force"]].concat();
    fails(&forced, 2, &[".parquet"]);
    let trained = train(&at.features, Path::new(&at.features), &["--force"]);
    assert!(
        stderr(&trained).contains("is an input"),
        "{}",
        stderr(&trained)
    );
    let trained = train(&at.features, Path::new("/dev/null/x.safetensors"), &[]);
    assert_eq!(trained.status.code(), Some(1));
    assert!(
        stderr(&trained).contains("cannot be written"),
        "{}",
        stderr(&trained)
    );
}

/// The partial file of an output is a device that is always full.
#[test]
fn a_full_disk_is_an_error_that_leaves_nothing() {
    let at = home();
    let check = |line: &[&str], names: &[&str]| {
        let (full, others) = names.split_first().expect("a name");
        let part = at.home.join(format!("{full}.part"));
        std::os::unix::fs::symlink("/dev/full", &part).expect("linked");
        fails(line, 1, &[full, "No space left"]);
        assert!(!part.is_symlink());
        for name in others.iter().chain([full]) {
            assert!(!at.home.join(name).exists(), "{name}");
        }
    };
    let place = |name: &str| path(&at.home.join(name));
    let subset = place("subset.jsonl");
    let select = [
        "select", &at.data, "--scores", &at.scores, "--count", "9", "-o", &subset,
    ];
    check(&select, &["subset.jsonl", "subset.manifest.json"]);
    check(&select, &["subset.manifest.json", "subset.jsonl"]);
    for name in ["s.parquet", "s.csv", "s.jsonl"] {
        let scores = place(name);
        let score = [
            "score",
            &at.features,
            "--selector",
            &at.selector,
            "-o",
            &scores,
        ];
        check(&score, &[name, "s.manifest.json"]);
    }
    let selector = place("x.safetensors");
    let train = [
        "train",
        &at.features,
        "-o",
        &selector,
        "--clusters",
        "3",
        "--core-ratio",
        "0.5",
        "--epochs",
        "1",
        "--backend",
        "flex",
    ];
    check(&train, &["x.safetensors", "x.history.json"]);
    check(&train, &["x.history.json", "x.safetensors"]);
}
