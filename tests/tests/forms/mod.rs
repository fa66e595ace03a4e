//! One small dataset in many forms, and what the program makes of each.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ofa_tests::{demo_encoder, golden};
use serde_json::Value;

use crate::program::{json, path};

/// The folder of the forms.
pub(crate) fn formats() -> PathBuf {
    golden("formats")
}

/// What encoding gave: a name of every tensor to its bytes, and the reasons of skipped records.
#[derive(Debug, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) tensors: BTreeMap<String, Vec<u8>>,
    pub(crate) skipped: BTreeMap<u64, String>,
}

pub(crate) fn encode(
    data: &Path,
    images: Option<&Path>,
    more: &[&str],
    features: &Path,
) -> Encoded {
    let (data, features_path, encoder) = (path(data), path(features), path(&demo_encoder()));
    let mut line = vec![
        "encode",
        &data,
        "--encoder",
        &encoder,
        "--backend",
        "flex",
        "-o",
        &features_path,
    ];
    let images = images.map(path);
    if let Some(images) = &images {
        line.extend(["--images", images]);
    }
    line.extend(more);
    json(&line);
    let bytes = fs::read(features.join("features-00000.safetensors")).expect("a shard");
    let shard = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let tensors = shard
        .tensors()
        .into_iter()
        .map(|(name, tensor)| (name, tensor.data().to_vec()))
        .collect();
    let list = fs::read_to_string(features.join("skipped.jsonl")).expect("the list");
    let skipped = list
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let reason = line["reason"].as_str().expect("a reason").to_owned();
            (line["index"].as_u64().expect("an index"), reason)
        })
        .collect();
    Encoded { tensors, skipped }
}

/// Scores for every record that has features, made by a selector that is trained on them.
pub(crate) fn scores(features: &Path, home: &Path) -> PathBuf {
    let (features, selector) = (path(features), path(&home.join("selector.safetensors")));
    let scores = home.join("scores.parquet");
    if !home.join("selector.safetensors").exists() {
        json(&[
            "train",
            &features,
            "-o",
            &selector,
            "--clusters",
            "2",
            "--core-ratio",
            "0.9",
            "--epochs",
            "2",
            "--backend",
            "flex",
        ]);
    }
    json(&[
        "score",
        &features,
        "--selector",
        &selector,
        "-o",
        &path(&scores),
        "--force",
    ]);
    scores
}

/// What `ofa select DATA --scores SCORES -o OUTPUT`, with more arguments, says of itself.
pub(crate) fn select(data: &Path, scores: &Path, output: &Path, more: &[&str]) -> Value {
    let [data, scores, output] = [data, scores, output].map(path);
    let line = ["select", &data, "--scores", &scores, "-o", &output];
    json(&[&line[..], more].concat())
}

/// The records of a file as JSON values.
pub(crate) fn records(bytes: &[u8]) -> Vec<Value> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).unwrap_or_else(|_| {
        serde_json::Deserializer::from_slice(bytes)
            .into_iter()
            .map(|record| record.expect("JSON"))
            .collect()
    })
}
