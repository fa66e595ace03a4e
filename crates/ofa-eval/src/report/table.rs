//! Tables of Markdown.

use std::fmt::Write;

use crate::statistics::Estimate;

/// A table whose first column is text and whose others are numbers.
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row(&mut self, first: &str, others: impl IntoIterator<Item = String>) {
        let row = std::iter::once(first.to_owned()).chain(others);
        self.rows.push(row.collect());
    }

    /// The table with an empty line after it.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::new();
        let mut line = |cells: &[String]| {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        };
        line(&self.head);
        let rule = (0..self.head.len()).map(|nth| if nth == 0 { "---" } else { "---:" });
        line(&rule.map(str::to_owned).collect::<Vec<_>>());
        self.rows.iter().for_each(|row| line(row));
        text.push('\n');
        text
    }
}

/// A share in percent with its standard error: `97.3 ± 0.8`; `–` where there is none.
pub(super) fn percent(estimate: Option<Estimate>) -> String {
    match estimate {
        None => "–".to_owned(),
        Some(Estimate {
            mean,
            standard_error: Some(error),
            ..
        }) => format!("{:.1} ± {:.1}", 100.0 * mean, 100.0 * error),
        Some(Estimate { mean, .. }) => share(mean),
    }
}

/// A share in percent without its sign.
pub(super) fn share(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// A difference of shares in points: `+1.2 ± 0.4`.
pub(super) fn points(difference: Estimate) -> String {
    let error = difference.standard_error;
    let error = error.map_or_else(String::new, |error| format!(" ± {:.1}", 100.0 * error));
    format!("{:+.1}{error}", 100.0 * difference.mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_numbers() {
        let mut table = Table::new(["method", "5%"]);
        let estimate = Estimate {
            mean: 0.9731,
            standard_error: Some(0.0079),
            values: 3,
        };
        table.row("random", [percent(Some(estimate))]);
        assert_eq!(
            table.markdown(),
            "| method | 5% |\n| --- | ---: |\n| random | 97.3 ± 0.8 |\n\n"
        );
        assert_eq!(points(estimate), "+97.3 ± 0.8");
        assert_eq!(percent(None), "–");
    }
}
