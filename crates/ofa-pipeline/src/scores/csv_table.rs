//! Scores as comma-separated values.

use std::io::Write;

use ofa_core::score::Scores;

use super::columns::{ScoreLine, collect, lines};
use crate::error::{Error, Result};

pub(super) fn write(scores: &Scores, name: &str, out: &mut dyn Write) -> Result<()> {
    let refuse = |error: csv::Error| Error::Scores {
        name: name.to_owned(),
        problem: format!("cannot be written: {error}"),
    };
    let mut table = csv::Writer::from_writer(out);
    let mut header = vec!["index", "cluster", "confidence", "entropy", "gate"];
    header.extend(scores.early_confidence.as_ref().map(|_| "early_confidence"));
    header.extend(scores.alignment_margin.as_ref().map(|_| "alignment_margin"));
    table.write_record(&header).map_err(refuse)?;
    for line in lines(scores) {
        // Rust prints the shortest digits that read back to the same f32.
        let mut row = vec![
            line.index.to_string(),
            line.cluster.to_string(),
            line.confidence.to_string(),
            line.entropy.to_string(),
            line.gate.to_string(),
        ];
        row.extend(line.early_confidence.map(|value| value.to_string()));
        row.extend(line.alignment_margin.map(|value| value.to_string()));
        table.write_record(&row).map_err(refuse)?;
    }
    table.flush().map_err(|error| refuse(error.into()))
}

pub(super) fn read(bytes: &[u8], name: &str) -> Result<Scores> {
    let refuse = |problem: String| Error::Scores {
        name: name.to_owned(),
        problem,
    };
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let header = table
        .headers()
        .map_err(|error| refuse(format!("line 1: {error}")))?;
    for column in ["index", "cluster", "confidence", "entropy", "gate"] {
        if !header.iter().any(|name| name == column) {
            return Err(refuse(format!(
                "line 1: expected a column `{column}`, found {:?}",
                header.iter().collect::<Vec<_>>()
            )));
        }
    }
    collect(
        (2..)
            .zip(table.deserialize::<ScoreLine>())
            .map(|(number, line)| {
                line.map_err(|error| {
                    let line = error.position().map_or(number, csv::Position::line);
                    refuse(format!("line {line}: {error}"))
                })
            }),
    )
}
