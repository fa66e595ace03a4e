//! A pool of scored records with features, made here: the program is to choose from it.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use half::f16;
use ofa_core::rng::{Purpose, Rng};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use serde_json::Value;

use crate::program::{json, path};

/// Records of the pool, all of them with a score but each tenth, which is text-only.
pub(crate) const RECORDS: u64 = 600;

const DIM: usize = 12;

/// A dataset, its features in one file and in a folder of several, and its scores.
pub(crate) struct Pool {
    _home: tempfile::TempDir,
    pub(crate) home: PathBuf,
    pub(crate) data: String,
    /// One file.
    pub(crate) features: String,
    /// The same rows cut into shards.
    pub(crate) shards: String,
    pub(crate) scores: String,
    /// The scores by position.
    pub(crate) rows: HashMap<u64, Row>,
}

/// A record's scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) cluster: u32,
    pub(crate) confidence: f32,
    pub(crate) early_confidence: f32,
    pub(crate) alignment_margin: f32,
}

impl Pool {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path().to_owned();
        let mut rng = Rng::new(7, Purpose::Baseline, 0, 0);
        let (mut lines, mut csv) = (String::new(), String::new());
        csv.push_str("index,cluster,confidence,entropy,gate,early_confidence,alignment_margin\n");
        let (mut rows, mut embeddings) = (HashMap::new(), vec![]);
        for position in 0..RECORDS {
            let text_only = position % 10 == 9;
            let image = if text_only {
                ""
            } else {
                "\"image\": \"a.png\", "
            };
            // Each id twice but those of the first hundred.
            let id = if position < 100 {
                position
            } else {
                1000 + position / 2
            };
            writeln!(
                lines,
                "{{\"id\": \"r{id}\", {image}\"text\": \"What is {position}?\"}}"
            )
            .expect("a string");
            if text_only {
                continue;
            }
            let mut unit = || rng.unit_f64() as f32;
            let row = Row {
                cluster: (unit() * unit() * 5.0) as u32,
                confidence: (unit() * 64.0).floor() / 64.0,
                early_confidence: unit(),
                alignment_margin: unit() - 0.5,
            };
            writeln!(
                csv,
                "{position},{},{},1,0.5,{},{}",
                row.cluster, row.confidence, row.early_confidence, row.alignment_margin
            )
            .expect("a string");
            rows.insert(position, row);
            let mut half = || (0..DIM).map(|_| f16::from_f32(unit() - 0.4)).collect();
            embeddings.push((position, half(), half()));
        }
        let write = |name: &str, bytes: &[u8]| {
            fs::write(home.join(name), bytes).expect("written");
            path(&home.join(name))
        };
        let data = write("data.jsonl", lines.as_bytes());
        let scores = write("scores.csv", csv.as_bytes());
        let features = write("features.safetensors", &shard(&embeddings));
        let shards = home.join("shards");
        fs::create_dir(&shards).expect("a folder");
        for (nth, rows) in embeddings.chunks(97).enumerate() {
            let name = format!("features-{nth:05}.safetensors");
            fs::write(shards.join(name), shard(rows)).expect("written");
        }
        Self {
            _home: folder,
            data,
            features,
            shards: path(&shards),
            scores,
            rows,
            home,
        }
    }

    /// Writes a file for the program to read.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.home.join(name), text).expect("written");
        path(&self.home.join(name))
    }

    /// The line `ofa select … -o NAME`, without features.
    pub(crate) fn line<'a>(&'a self, output: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let line = ["select", &self.data, "--scores", &self.scores, "-o", output];
        [&line[..], more].concat()
    }

    /// Selects and gives the account and the positions.
    pub(crate) fn select(&self, name: &str, more: &[&str]) -> (Value, Vec<u64>) {
        let output = path(&self.home.join(name));
        let features = ["--features", self.features.as_str()];
        let account = json(&[&self.line(&output, more)[..], &features].concat());
        (account, self.positions(name))
    }

    /// What a subset holds, by its records and by its manifest, which must agree.
    pub(crate) fn positions(&self, name: &str) -> Vec<u64> {
        let text = fs::read_to_string(self.home.join(name)).expect("the subset");
        let position = |line: &str| {
            let record: Value = serde_json::from_str(line).expect("a record");
            let text = record["text"].as_str().expect("its text");
            let number = text.trim_start_matches("What is ").trim_end_matches('?');
            number.parse().expect("a position")
        };
        let positions: Vec<u64> = text.lines().map(position).collect();
        let manifest = self.manifest(name);
        let listed: Vec<u64> =
            serde_json::from_value(manifest["positions"].clone()).expect("positions");
        assert_eq!(listed, positions);
        positions
    }

    pub(crate) fn manifest(&self, name: &str) -> Value {
        let name = name.replace(".jsonl", ".manifest.json");
        let bytes = fs::read(self.home.join(name)).expect("the manifest");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

/// A position with its image and text embedding.
type Embedded = (u64, Vec<f16>, Vec<f16>);

fn shard(rows: &[Embedded]) -> Vec<u8> {
    let half = |part: fn(&Embedded) -> &Vec<f16>| -> Vec<u8> {
        let values = rows.iter().flat_map(part);
        values.flat_map(|value| value.to_le_bytes()).collect()
    };
    let (image, text) = (half(|row| &row.1), half(|row| &row.2));
    let index: Vec<u8> = (rows.iter())
        .flat_map(|row| i64::to_le_bytes(row.0 as i64))
        .collect();
    let shape = vec![rows.len(), DIM];
    let view = |dtype, shape, data| TensorView::new(dtype, shape, data).expect("it fits");
    let tensors = [
        ("image", view(Dtype::F16, shape.clone(), &image)),
        ("text", view(Dtype::F16, shape, &text)),
        ("index", view(Dtype::I64, vec![rows.len()], &index)),
    ];
    serialize(tensors, None).expect("serialised")
}
