//! A feature store, finished or not, or one features file.

use std::path::Path;

use anyhow::Result;
use ofa_core::features::FeatureRows;
use ofa_pipeline::Error;
use ofa_pipeline::native::open_features;
use serde_json::json;

use super::inspection::{Inspection, size};
use crate::input;
use crate::report::grouped;
use crate::shell::quoted;

/// Looks at features.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let words = match path.is_dir() {
        true => "a feature store",
        false => "one features file",
    };
    let (features, manifest) = match open_features(path) {
        Ok(opened) => opened,
        Err(
            error @ (Error::Unfinished { .. }
            | Error::MergeUnfinished { .. }
            | Error::ImportUnfinished { .. }),
        ) => {
            let mut inspection = Inspection::new("features", format!("{words}, not finished"));
            inspection.line("state", &error);
            inspection.fact("finished", false);
            inspection.fact("state", error.to_string());
            return Ok(inspection);
        }
        Err(error) => return Err(error.into()),
    };
    let mut inspection = Inspection::new("features", words);
    let (rows, dim) = (features.rows() as u64, features.dim());
    inspection.line("records", grouped(rows));
    inspection.line("width", format!("embeddings {dim} wide (d)"));
    let (files, bytes) = shards(path);
    inspection.line("shards", grouped(files));
    inspection.line("size", size(bytes));
    inspection.fact("finished", true);
    inspection.fact("rows", rows);
    inspection.fact("dim", dim);
    inspection.fact("shards", files);
    inspection.fact("bytes", bytes);
    let mut skipped = std::collections::BTreeMap::<String, u64>::new();
    match &manifest {
        Some(manifest) => {
            skipped.clone_from(&manifest.skipped);
            inspection.line(
                "dataset",
                format!("{} records", grouped(manifest.dataset_records)),
            );
            inspection.fact("dataset_records", manifest.dataset_records);
            inspection.fact("unaccounted", manifest.unaccounted);
            if manifest.unaccounted > 0 {
                let count = grouped(manifest.unaccounted);
                inspection.line("not said", format!("what became of {count} records"));
            }
            let range = manifest.range.clone();
            if range != (0..manifest.dataset_records) {
                inspection.line("part", format!("records {} to {}", range.start, range.end));
                inspection.next(format!(
                    "ofa merge {} OTHER PARTS -o features",
                    quoted(path)
                ));
            }
        }
        None => {
            for line in input::skipped_records(path)?.unwrap_or_default() {
                *skipped.entry(line.reason).or_default() += 1;
            }
        }
    }
    if !skipped.is_empty() {
        let counts = skipped
            .iter()
            .map(|(reason, count)| format!("{} {reason}", grouped(*count)));
        inspection.line("skipped", counts.collect::<Vec<_>>().join(", "));
    }
    inspection.fact("skipped", json!(skipped));
    let fingerprints = features.fingerprints();
    inspection.fingerprint("encoder", "encoder", fingerprints.encoder.as_deref());
    inspection.fingerprint("of dataset", "dataset", fingerprints.dataset.as_deref());
    let name = quoted(path);
    inspection.next(format!("ofa train {name} -o selector.safetensors"));
    inspection.next(format!(
        "ofa score {name} --selector selector.safetensors -o scores.parquet"
    ));
    Ok(inspection)
}

/// How many shards there are, and their length together.
fn shards(path: &Path) -> (u64, u64) {
    if path.is_file() {
        return (1, path.metadata().map_or(0, |metadata| metadata.len()));
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let lengths = entries.filter_map(|entry| {
        let name = entry.file_name();
        let name = name.to_str()?;
        let is_shard = name.starts_with("features-") && name.ends_with(".safetensors");
        is_shard.then(|| entry.metadata().map_or(0, |metadata| metadata.len()))
    });
    lengths.fold((0, 0), |(files, bytes), len| (files + 1, bytes + len))
}
