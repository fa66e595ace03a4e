//! Scores.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::inspection::{Inspection, size};
use crate::input;
use crate::report::grouped;
use crate::shell::quoted;

/// Looks at a scores file.
pub(super) fn inspect(path: &Path) -> Result<Inspection> {
    let (scores, origin) = input::read_scores_file(path)?;
    let mut inspection = Inspection::new("scores", "scores");
    let rows = scores.rows() as u64;
    let bytes = std::fs::metadata(path)?.len();
    let mut columns = vec!["index", "cluster", "confidence", "entropy", "gate"];
    let optional = [
        ("early_confidence", scores.early_confidence.is_some()),
        ("alignment_margin", scores.alignment_margin.is_some()),
    ];
    columns.extend(
        optional
            .iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| *name),
    );
    let clusters: std::collections::BTreeSet<u32> = scores.cluster.iter().copied().collect();
    inspection.line("records", grouped(rows));
    inspection.line("columns", columns.join(", "));
    inspection.line(
        "clusters",
        format!("{} that have records", grouped(clusters.len() as u64)),
    );
    inspection.line("size", size(bytes));
    inspection.fact("rows", rows);
    inspection.fact("columns", columns);
    inspection.fact("clusters", clusters.len());
    inspection.fact("bytes", bytes);
    let mut confidence = scores.confidence;
    confidence.sort_unstable_by(f32::total_cmp);
    if let (Some(&least), Some(&most)) = (confidence.first(), confidence.last()) {
        let half = confidence.len() / 2;
        let median = match confidence.len() % 2 {
            1 => f64::from(confidence[half]),
            _ => f64::midpoint(confidence[half - 1].into(), confidence[half].into()),
        };
        inspection.line(
            "confidence",
            format!("{least:.4} to {most:.4}, median {median:.4}"),
        );
        inspection.fact(
            "confidence",
            json!({ "min": f64::from(least), "median": median, "max": f64::from(most) }),
        );
    }
    if let Some(records) = origin.dataset_records {
        inspection.line("dataset", format!("{} records", grouped(records)));
        inspection.fact("dataset_records", records);
    }
    inspection.line(
        "selector",
        origin
            .selector
            .as_deref()
            .map_or("not known".to_owned(), |sha256| format!("SHA-256 {sha256}")),
    );
    inspection.fact("selector_sha256", origin.selector);
    let of = origin.fingerprints;
    inspection.fingerprint("encoder", "encoder", of.encoder.as_deref());
    inspection.fingerprint("of dataset", "dataset", of.dataset.as_deref());
    inspection.next(format!(
        "ofa select DATA --scores {} --ratio 0.15 -o subset.json",
        quoted(path)
    ));
    Ok(inspection)
}
