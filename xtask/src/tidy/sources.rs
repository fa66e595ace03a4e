//! What may stand in a source file, and where.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::command::root;

/// Longest source file, in lines: a file has one subject.
const MOST_LINES: usize = 700;

/// Names that say nothing of what a file holds.
const EMPTY_NAMES: [&str; 8] = [
    "util", "utils", "helper", "helpers", "manager", "common", "misc", "shared",
];

/// Crates whose code must run in a browser: files and the clock are reached through traits.
const PORTABLE: [&str; 6] = [
    "ofa-core",
    "ofa-data",
    "ofa-clip",
    "ofa-train",
    "ofa-pipeline",
    "ofa-world",
];

/// What portable code does not name outside of a `native` module.
const NATIVE_ONLY: [&str; 6] = [
    "std::fs",
    "std::path",
    "std::thread",
    "std::net",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Crates that may have a `native` module.
const HAVE_NATIVE: [&str; 2] = ["ofa-data", "ofa-pipeline"];

pub(super) fn check() -> Result<Vec<String>> {
    let root = root();
    let mut broken = Vec::new();
    for path in source_files(&root)? {
        let place = path.strip_prefix(&root).unwrap_or(&path);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        check_file(place, &text, &mut broken);
    }
    Ok(broken)
}

fn source_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "xtask"] {
        let entries = WalkDir::new(root.join(folder))
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                let name = entry.file_name().to_string_lossy();
                name != "target" && name != "node_modules" && !name.starts_with('.')
            });
        for entry in entries {
            let entry = entry?;
            if entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "rs")
            {
                files.push(entry.into_path());
            }
        }
    }
    Ok(files)
}

fn check_file(place: &Path, text: &str, broken: &mut Vec<String>) {
    let name = place.file_stem().unwrap_or_default().to_string_lossy();
    let folders: Vec<String> = place
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let place = place.display();
    if folders
        .iter()
        .map(String::as_str)
        .chain([&*name])
        .any(|name| EMPTY_NAMES.contains(&name))
    {
        broken.push(format!("{place}: the name says nothing of the subject"));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        broken.push(format!(
            "{place}: {lines} lines, at most {MOST_LINES}: split it by subject"
        ));
    }
    let in_portable_crate = folders.first().is_some_and(|folder| folder == "crates")
        && folders
            .get(1)
            .is_some_and(|name| PORTABLE.contains(&name.as_str()))
        && folders.get(2).is_some_and(|folder| folder == "src");
    let in_native_module = folders
        .get(1)
        .is_some_and(|name| HAVE_NATIVE.contains(&name.as_str()))
        && folders
            .iter()
            .skip(3)
            .any(|part| part == "native" || part == "native.rs");
    // Tests of a portable crate run natively and may use whatever they like.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for (number, line) in (1..).zip(code.lines()) {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        if in_portable_crate && !in_native_module {
            for word in NATIVE_ONLY.iter().filter(|word| names(line, word)) {
                broken.push(format!(
                    "{place}:{number}: {word} outside of a `native` module"
                ));
            }
        }
    }
    for (number, line) in (1..).zip(text.lines()) {
        // Spelt in two halves, so that this file keeps its own rule.
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("HA", "CK"),
        ] {
            if line.contains(word) {
                broken.push(format!(
                    "{place}:{number}: {word}: do it, or write an issue"
                ));
            }
        }
    }
}

/// Whether a line of code names a path, whole or put together as `std::{fs, io}`.
fn names(line: &str, path: &str) -> bool {
    if line.contains(path) {
        return true;
    }
    let Some((parent, last)) = path.rsplit_once("::") else {
        return false;
    };
    let Some((_, list)) = line.split_once(&format!("{parent}::{{")) else {
        return false;
    };
    let list = list.split('}').next().unwrap_or_default();
    list.split(',').any(|item| {
        let item = item.trim();
        item == last
            || item.starts_with(&format!("{last}::"))
            || item.starts_with(&format!("{last} "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(place: &str, text: &str) -> Vec<String> {
        let mut broken = Vec::new();
        check_file(Path::new(place), text, &mut broken);
        broken
    }

    #[test]
    fn each_rule_catches_what_it_is_for() {
        assert_eq!(
            broken("crates/ofa-core/src/quota.rs", "use std::fmt;\n").len(),
            0
        );
        assert_eq!(
            broken("crates/ofa-core/src/quota.rs", "use std::fs;\n").len(),
            1
        );
        for grouped in [
            "use std::{fs, io};\n",
            "use std::{io, path::Path};\n",
            "use std::time::{Duration, Instant};\n",
        ] {
            assert_eq!(broken("crates/ofa-core/src/quota.rs", grouped).len(), 1);
        }
        assert_eq!(
            broken("crates/ofa-core/src/quota.rs", "use std::{fmt, io};\n").len(),
            0
        );
        assert_eq!(
            broken("crates/ofa-core/src/native/mod.rs", "use std::fs;\n").len(),
            1
        );
        assert_eq!(
            broken("crates/ofa-data/src/native/mod.rs", "use std::fs;\n").len(),
            0
        );
        assert_eq!(
            broken("crates/ofa-cli/src/main.rs", "use std::fs;\n").len(),
            0
        );
        assert_eq!(
            broken(
                "crates/ofa-core/src/quota.rs",
                "#[cfg(test)]\nuse std::fs;\n"
            )
            .len(),
            0
        );
        assert_eq!(broken("crates/ofa-core/src/utils.rs", "").len(), 1);
        assert_eq!(broken("crates/ofa-core/src/utils/mod.rs", "").len(), 1);
        assert_eq!(
            broken("tests/tests/a.rs", &"\n".repeat(MOST_LINES + 1)).len(),
            1
        );
        assert_eq!(
            broken("tests/tests/a.rs", concat!("// TO", "DO later")).len(),
            1
        );
    }
}
