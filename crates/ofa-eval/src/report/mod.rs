//! `docs/EVALUATION.md` with its figures, made whole from the raw numbers.

mod figures;
mod prose;
mod sections;
mod table;

use std::fs;
use std::path::Path;

use crate::analysis::Reading;
use crate::arms::{Protocol, Realm};
use crate::runs::Evaluation;
use crate::written_file::write;
use crate::{Error, Result};

/// The raw numbers below the folder of documents.
pub const RAW: &str = "evaluation/runs.json";

/// The part that a person writes, below the folder of documents.
pub const DISCUSSION: &str = "evaluation/discussion.md";

/// The report, below the folder of documents.
pub const REPORT: &str = "EVALUATION.md";

/// A file of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFile {
    /// Below the folder of documents, with `/`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// All files that follow from the raw numbers and the discussion.
#[must_use]
pub fn files(evaluation: &Evaluation, discussion: &str) -> Vec<ReportFile> {
    let readings: Vec<Reading<'_>> = (evaluation.realms.iter())
        .flat_map(|facts| {
            let reading = |protocol| Reading::new(evaluation, facts, protocol);
            Protocol::ALL.into_iter().filter_map(reading)
        })
        .collect();
    let mut text = sections::head(evaluation);
    text.push_str(&prose::outcome(&readings));
    let mut drawn = Vec::new();
    for realm in Realm::ALL {
        let of_realm: Vec<&Reading<'_>> = (readings.iter())
            .filter(|reading| reading.realm() == realm)
            .collect();
        if of_realm.is_empty() {
            continue;
        }
        text.push_str(&sections::realm(&of_realm, &mut drawn));
    }
    text.push_str(&sections::ablations(&readings));
    if !discussion.trim().is_empty() {
        text.push_str("## Discussion\n\n");
        text.push_str(discussion.trim());
        text.push_str("\n\n");
    }
    text.push_str(&sections::how_to_repeat());
    let mut files = vec![ReportFile {
        path: REPORT.to_owned(),
        text,
    }];
    files.extend(drawn.into_iter().map(|figure| ReportFile {
        path: figure_path(&figure.name),
        text: figure.svg,
    }));
    files
}

fn figure_path(name: &str) -> String {
    format!("figures/{name}.svg")
}

/// Writes the raw numbers and every file that follows from them; the discussion is only read.
///
/// # Errors
/// Where nothing was measured, or a file cannot be read or written.
pub fn write_report(evaluation: &Evaluation, documents: &Path) -> Result<()> {
    if evaluation.realms.is_empty() || evaluation.runs.is_empty() {
        return Err(Error::Nothing {
            what: "the evaluation's folder".to_owned(),
            purpose: "report",
        });
    }
    let raw = evaluation.to_json();
    write(&documents.join(RAW), raw.as_bytes())?;
    for file in files(evaluation, &discussion(documents)?) {
        write(&documents.join(&file.path), file.text.as_bytes())?;
    }
    Ok(())
}

/// The hand-written part; nothing where there is none.
pub(crate) fn discussion(documents: &Path) -> Result<String> {
    let path = documents.join(DISCUSSION);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(Error::file(&path)),
    }
}
