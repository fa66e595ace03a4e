//! Which files may be committed: none that a build left behind.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::root;

/// Largest committed file, in bytes: the demo encoder's weights are just below. What is larger is made when
/// it is needed.
const MOST_BYTES: u64 = 4 << 20;

/// What stands among a crate's sources: Rust, and what it takes in with `include_str!`.
const SOURCES: [&str; 2] = [".rs", ".css"];

pub(super) fn check() -> Result<Vec<String>> {
    let root = root();
    // An unpacked archive of the sources has no list of what is committed.
    if !root.join(".git").exists() {
        return Ok(Vec::new());
    }
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(&root)
        .output()
        .context("`git` could not be started; is it installed?")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`git ls-files` failed: {}", said.trim());
    }
    let mut broken = Vec::new();
    for place in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        // One that was removed and not yet committed has no length.
        let length = root.join(place).metadata().map_or(0, |file| file.len());
        check_file(place, length, &mut broken);
    }
    Ok(broken)
}

fn check_file(place: &str, length: u64, broken: &mut Vec<String>) {
    if length > MOST_BYTES {
        broken.push(format!(
            "{place}: {length} bytes are committed, at most {MOST_BYTES}: have it made when it is needed"
        ));
    }
    let mut parts = place.split('/');
    let is_source = parts.next() == Some("crates") && parts.nth(1) == Some("src");
    if is_source && !SOURCES.iter().any(|ending| place.ends_with(ending)) {
        broken.push(format!(
            "{place}: no source, but committed among sources ({}): take it out of git",
            SOURCES.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_catches_what_it_is_for() {
        let broken = |place: &str, length: u64| {
            let mut broken = Vec::new();
            check_file(place, length, &mut broken);
            broken.len()
        };
        assert_eq!(broken("crates/ofa-core/src/dpp/mod.rs", 10_000), 0);
        assert_eq!(
            broken("crates/ofa-pipeline/src/report/style.css", 10_000),
            0
        );
        assert_eq!(broken("crates/ofa-core/Cargo.toml", 1_000), 0);
        assert_eq!(broken("crates/ofa-web/src/ofa_web.wasm", 1_000), 1);
        assert_eq!(broken("crates/ofa-core/src/target/debug/ofa", 1_000), 1);
        assert_eq!(broken("assets/model.safetensors", MOST_BYTES), 0);
        assert_eq!(broken("assets/model.safetensors", MOST_BYTES + 1), 1);
    }
}
