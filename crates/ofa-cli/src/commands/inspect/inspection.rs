//! What is told of a file: facts for people and for machines, and what to do next.

use std::fmt::{Display, Write as _};
use std::path::Path;

use serde_json::{Map, Value};

use crate::report::Report;

/// What was found.
pub(super) struct Inspection {
    kind: &'static str,
    words: String,
    lines: Vec<(&'static str, String)>,
    facts: Map<String, Value>,
    chart: Option<String>,
    next: Vec<String>,
}

impl Inspection {
    /// Begins an account: the kind for machines, and in words.
    pub(super) fn new(kind: &'static str, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
            lines: vec![],
            facts: Map::new(),
            chart: None,
            next: vec![],
        }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, label: &'static str, text: impl Display) {
        self.lines.push((label, text.to_string()));
    }

    /// Adds a fact for machines.
    pub(super) fn fact(&mut self, key: &str, value: impl Into<Value>) {
        self.facts.insert(key.to_owned(), value.into());
    }

    /// Adds a fingerprint, or says that there is none.
    pub(super) fn fingerprint(&mut self, label: &'static str, of: &str, found: Option<&str>) {
        self.line(
            label,
            found.unwrap_or("not known: taken to be the right one wherever it is compared"),
        );
        self.fact(&format!("{of}_fingerprint"), found);
    }

    /// Adds a chart below the lines.
    pub(super) fn chart(&mut self, chart: String) {
        self.chart = Some(chart);
    }

    /// Adds a command to run next.
    pub(super) fn next(&mut self, command: impl Into<String>) {
        self.next.push(command.into());
    }

    /// The report of the command.
    pub(super) fn report(self, path: &Path) -> Report {
        let mut text = format!("{}: {}\n", path.display(), self.words);
        let width = self.lines.iter().map(|(label, _)| label.len()).max();
        let width = width.unwrap_or(0) + 2;
        for (label, line) in &self.lines {
            writeln!(text, "  {label:width$}{line}").expect("a string takes everything");
        }
        if let Some(chart) = &self.chart {
            write!(text, "\n{chart}").expect("a string takes everything");
        }
        if !self.next.is_empty() {
            text.push_str("\nnext:\n");
            for command in &self.next {
                writeln!(text, "  {command}").expect("a string takes everything");
            }
        }
        let mut json = Map::new();
        json.insert("kind".to_owned(), self.kind.into());
        json.insert("path".to_owned(), path.display().to_string().into());
        json.extend(self.facts);
        json.insert("next".to_owned(), self.next.into());
        Report::new(&json, text)
    }
}

/// A length as people read it.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn lengths_have_the_unit_that_suits_them() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1_000), "1.0 kB");
        assert_eq!(size(999_999), "1.0 MB");
        assert_eq!(size(1_420_000_000), "1.4 GB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
    }
}
