//! A selector, and the history of its training.

use std::path::Path;

use anyhow::{Context, Result};
use ofa_core::selector::SelectorWeights;
use serde_json::Value;

use super::inspection::{Inspection, size};
use super::{chart, kind};
use crate::commands::train::history_path;
use crate::input;
use crate::report::grouped;
use crate::shell::quoted;

/// Looks at a selector file.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let (selector, sha256) = input::read_selector(path)?;
    let config = selector.config;
    let mut inspection = Inspection::new("selector", "a selector");
    let bytes = std::fs::metadata(path)?.len();
    let counted = |weights: &SelectorWeights| -> u64 {
        SelectorWeights::tensor_shapes(&config)
            .iter()
            .filter_map(|tensor| weights.tensor(tensor.name))
            .map(|values| values.len() as u64)
            .sum()
    };
    let parameters = counted(&selector.weights);
    inspection.line(
        "clusters",
        format!("{} (K)", grouped(config.num_clusters as u64)),
    );
    inspection.line(
        "width",
        format!(
            "embeddings {} wide (d), hidden {}, gate {}",
            config.feature_dim, config.hidden_dim, config.gate_hidden_dim
        ),
    );
    inspection.line("fusion mode", config.fusion_mode);
    inspection.line(
        "early selector",
        match selector.early {
            Some(_) => "yes: scores have early_confidence, which the alignment filter needs",
            None => "no",
        },
    );
    inspection.line(
        "size",
        format!("{}, {} parameters", size(bytes), grouped(parameters)),
    );
    let training = selector.training.clone().unwrap_or(Value::Null);
    said_of_training(&mut inspection, &training);
    let of = |key| selector.training_text(key);
    inspection.fingerprint("encoder", "encoder", of("encoder_fingerprint"));
    inspection.fingerprint("trained on", "dataset", of("dataset_fingerprint"));
    inspection.fact("bytes", bytes);
    inspection.fact("sha256", sha256);
    inspection.fact("config", serde_json::to_value(config)?);
    inspection.fact("parameters", parameters);
    inspection.fact("early", selector.early.is_some());
    inspection.fact("training", training);
    let history = history_path(path);
    if let Some(json) = kind::read_json(&history) {
        inspection.line("history", history.display());
        inspection.fact("history", history.display().to_string());
        if let Some(chart) = chart::accuracy(&json) {
            inspection.chart(chart);
        }
    }
    let name = quoted(path);
    inspection.next(format!(
        "ofa score FEATURES --selector {name} -o scores.parquet"
    ));
    inspection.next(format!(
        "ofa run DATA --images DIR --encoder ENC --selector {name} --ratio 0.15 -o subset.json"
    ));
    Ok(inspection)
}

/// Looks at the history beside a selector.
pub(super) fn inspect_history(path: &Path) -> Result<Inspection> {
    let json = kind::read_json(path)
        .with_context(|| format!("{}: cannot be read as JSON", path.display()))?;
    let mut inspection = Inspection::new("training_history", "the history of a training run");
    let epochs = json["epochs"].as_array().map_or(0, Vec::len);
    inspection.line("epochs", epochs);
    inspection.fact("epochs", epochs);
    let selected = json["selected_epoch"].clone();
    let mut training = serde_json::json!({ "selected_epoch": selected });
    if let Some(number) = selected.as_u64()
        && let Some(epoch) = json["epochs"].get(number.saturating_sub(1) as usize)
    {
        training["metrics"] = epoch.clone();
    }
    said_of_training(&mut inspection, &training);
    inspection.fact("training", training);
    for (label, of) in [("encoder", "encoder"), ("trained on", "dataset")] {
        let found = json[format!("{of}_fingerprint")].as_str();
        inspection.fingerprint(label, of, found);
    }
    if let Some(chart) = chart::accuracy(&json) {
        inspection.chart(chart);
    }
    Ok(inspection)
}

/// The epoch that was kept and its measures, as far as they are there.
fn said_of_training(inspection: &mut Inspection, training: &Value) {
    if let Some(epoch) = training["selected_epoch"].as_u64() {
        let metrics = &training["metrics"];
        let mut said = vec![format!("{epoch} kept")];
        let number = |value: &Value| value.as_f64().filter(|value| value.is_finite());
        if let Some(value) = number(&metrics["macro_accuracy"]) {
            said.push(format!("macro accuracy {value:.3}"));
        }
        if let Some(clusters) = metrics["coverage"].as_u64() {
            said.push(format!("{clusters} clusters predicted"));
        }
        if let Some(value) = number(&metrics["confidence"]["median"]) {
            said.push(format!("median confidence {value:.4}"));
        }
        inspection.line("epoch", said.join(", "));
    }
    if let Some(file) = training["imported"]["file"].as_str() {
        inspection.line("imported from", file);
    }
}
