//! Whether the documents say what the raw numbers give.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::report::{RAW, discussion, files};
use crate::runs::Evaluation;
use crate::{Error, Result};

/// The names of figures that this crate gives out begin with one of these.
const FIGURES: [&str; 2] = ["relative-", "composition-"];

/// Derives the report and its figures from the raw numbers and compares them, byte for byte, with
/// what stands in the folder of documents.
///
/// # Errors
/// [`Error::Differs`] with a line for each file that is missing, left over or differs, and where;
/// an error of reading.
pub fn check(documents: &Path) -> Result<()> {
    let path = documents.join(RAW);
    let evaluation = Evaluation::read(&path)?;
    let mut differing = Vec::new();
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    differing.extend(difference(RAW, &text, &evaluation.to_json()));
    let expected = files(&evaluation, &discussion(documents)?);
    for file in &expected {
        let path = documents.join(&file.path);
        match fs::read_to_string(&path) {
            Ok(found) => differing.extend(difference(&file.path, &found, &file.text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                differing.push(format!("{}: is not there", file.path));
            }
            Err(error) => return Err(Error::file(&path)(error)),
        }
    }
    let known: BTreeSet<&str> = expected.iter().map(|file| file.path.as_str()).collect();
    if let Ok(entries) = fs::read_dir(documents.join("figures")) {
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("figures/{name}");
            let is_ours = FIGURES.iter().any(|start| name.starts_with(start));
            if is_ours && !known.contains(path.as_str()) {
                differing.push(format!("{path}: no figure of this report"));
            }
        }
    }
    differing.sort();
    if differing.is_empty() {
        Ok(())
    } else {
        Err(Error::Differs(differing))
    }
}

/// Where a text first differs from what it should be.
fn difference(name: &str, found: &str, expected: &str) -> Option<String> {
    if found == expected {
        return None;
    }
    let (mut found_lines, mut expected_lines) = (found.lines(), expected.lines());
    let mut number = 1;
    loop {
        match (found_lines.next(), expected_lines.next()) {
            (Some(found), Some(expected)) if found == expected => number += 1,
            (None, None) => return Some(format!("{name}: line ends differ")),
            (found, expected) => {
                let shown = |line: Option<&str>| match line {
                    None => "the end".to_owned(),
                    Some(line) => format!("`{}`", around(line, found, expected)),
                };
                return Some(format!(
                    "{name}:{number}: expected {}, found {}",
                    shown(expected),
                    shown(found)
                ));
            }
        }
    }
}

/// The part of a long line around the first sign in which two lines differ.
fn around(line: &str, found: Option<&str>, expected: Option<&str>) -> String {
    let same = match (found, expected) {
        (Some(found), Some(expected)) => {
            let pairs = found.chars().zip(expected.chars());
            pairs.take_while(|(one, other)| one == other).count()
        }
        _ => 0,
    };
    line.chars()
        .skip(same.saturating_sub(40))
        .take(100)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::tests::evaluation;
    use crate::report::{DISCUSSION, REPORT, write_report};

    #[test]
    fn a_changed_number_is_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let documents = folder.path();
        let discussion = documents.join(DISCUSSION);
        fs::create_dir_all(discussion.parent().expect("a folder")).expect("made");
        fs::write(&discussion, "By hand.\n").expect("written");
        write_report(&evaluation(), documents).expect("written");
        check(documents).expect("as it was written");

        let report = documents.join(REPORT);
        let text = fs::read_to_string(&report).expect("read");
        assert!(
            text.contains("By hand.") && text.contains("| random | 55.0 ± 2.9 |"),
            "{text}"
        );
        fs::write(&report, text.replace("55.0 ± 2.9", "56.0 ± 2.9")).expect("written");
        let error = check(documents).expect_err("a changed number").to_string();
        assert!(
            error.contains("EVALUATION.md:") && error.contains("56.0 ± 2.9"),
            "{error}"
        );
        fs::write(&report, &text).expect("written");
        check(documents).expect("as it was again");

        let raw = documents.join(RAW);
        let numbers = fs::read_to_string(&raw).expect("read");
        fs::write(&raw, numbers.replace("\"correct\":60", "\"correct\":61")).expect("written");
        let error = check(documents).expect_err("a changed result").to_string();
        assert!(
            error.contains(REPORT) && error.contains("figures/relative-"),
            "{error}"
        );
        fs::write(&raw, &numbers).expect("written");

        let figure = documents.join("figures/relative-shapes-one-pass.svg");
        fs::remove_file(&figure).expect("removed");
        fs::write(documents.join("figures/relative-old.svg"), "").expect("written");
        fs::write(documents.join("figures/of-somebody.svg"), "").expect("written");
        let error = check(documents).expect_err("figures").to_string();
        assert!(error.starts_with("2 of"), "{error}");
        fs::write(&discussion, "Otherwise.\n").expect("written");
        assert!(
            check(documents)
                .expect_err("more")
                .to_string()
                .starts_with("3 of")
        );
    }
}
