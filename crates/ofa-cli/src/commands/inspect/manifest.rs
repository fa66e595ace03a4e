//! A subset by its manifest, and the manifest beside scores.

use std::path::Path;

use anyhow::{Context, Result};
use ofa_pipeline::scores::ScoresOrigin;
use serde_json::Value;

use super::inspection::{Inspection, size};
use super::kind;
use crate::report::grouped;
use crate::shell::quoted;

/// Looks at a subset, or at its manifest where `path` is that.
///
/// The manifest is read as it stands, so that one of a later version tells what it has.
pub(super) fn inspect_subset(path: &Path, manifest: &Path) -> Result<Inspection> {
    let json = kind::read_json(manifest)
        .with_context(|| format!("{}: cannot be read as JSON", manifest.display()))?;
    let is_manifest = path == manifest;
    let mut inspection = match is_manifest {
        true => Inspection::new("subset_manifest", "the manifest of a subset"),
        false => Inspection::new("subset", "a subset that `ofa select` wrote"),
    };
    let count = |key: &str| json[key].as_u64();
    if let (Some(written), Some(records)) = (count("written"), count("records")) {
        inspection.line(
            "records",
            format!("{} of {}", grouped(written), grouped(records)),
        );
    }
    if let Some(scored) = count("scored") {
        let mut said = format!("{} scored", grouped(scored));
        for (reason, count) in json["skipped"].as_object().into_iter().flatten() {
            said += &format!(", {} {reason}", grouped(count.as_u64().unwrap_or(0)));
        }
        if let Some(unknown @ 1..) = count("not_scored") {
            said += &format!(", {} not_scored", grouped(unknown));
        }
        inspection.line("account", said);
    }
    let word = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    for (label, value) in [
        ("budget", &json["budget"]["requested"]),
        ("method", &json["method"]),
        ("seed", &json["seed"]),
        ("text-only", &json["text_only"]),
        ("selector", &json["selector"]),
        ("made by ofa", &json["ofa_version"]),
    ] {
        if !value.is_null() {
            inspection.line(label, word(value));
        }
    }
    let output = &json["output"];
    if let (Some(format), Some(bytes)) = (output["format"].as_str(), output["bytes"].as_u64()) {
        inspection.line("file", format!("{format}, {}", size(bytes)));
        if !is_manifest && path.is_file() {
            let found = std::fs::metadata(path)?.len();
            let whole = output["files"].as_u64() != Some(1) || found == bytes;
            if !whole {
                inspection.line(
                    "changed",
                    format!(
                        "the file has {} now; it is not what was selected",
                        size(found)
                    ),
                );
            }
            inspection.fact("unchanged_length", whole);
        }
    }
    let of = &json["fingerprints"];
    inspection.fingerprint("encoder", "encoder", of["encoder"].as_str());
    inspection.fingerprint("of dataset", "dataset", of["dataset"].as_str());
    inspection.fact("manifest", json);
    if !is_manifest {
        inspection.next(format!("ofa check {}", quoted(path)));
    }
    Ok(inspection)
}

/// Looks at the manifest beside a CSV or JSON Lines of scores.
pub(super) fn inspect_scores(path: &Path) -> Result<Inspection> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let origin = ScoresOrigin::from_json(&bytes, &path.display().to_string())?;
    let mut inspection = Inspection::new("scores_manifest", "the manifest of scores");
    if let Some(records) = origin.dataset_records {
        inspection.line("dataset", format!("{} records", grouped(records)));
    }
    let of = &origin.fingerprints;
    inspection.fingerprint("encoder", "encoder", of.encoder.as_deref());
    inspection.fingerprint("of dataset", "dataset", of.dataset.as_deref());
    inspection.fact("origin", serde_json::to_value(&origin)?);
    Ok(inspection)
}
